//! Signatures of webhooks: making and checking them, without a clock or a network of their own.

pub mod stripe;
pub mod svix;
