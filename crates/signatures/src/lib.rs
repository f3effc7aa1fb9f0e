//! Signatures, of webhooks and of erasure records: making and checking them, without a clock or a network of their own.

pub mod erasure;
pub mod stripe;
pub mod svix;
