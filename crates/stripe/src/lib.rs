//! Stripe: a typed client of the calls that billing by subscription needs, and the envelope of its webhooks.
//!
//! This crate knows nothing of the product: whose a customer is, is metadata that callers give. Amounts are counted in
//! the smallest unit ([`Money`]), every change carries a key by which Stripe knows it again ([`Idempotency`]), and words
//! that Stripe may add to are open.

mod change;
pub mod client;
mod config;
mod error;
mod error_code;
mod form;
mod http_client;
mod idempotency;
mod money;
pub mod types;
pub mod webhooks;
mod words;

pub use change::Change;
pub use client::{API_VERSION, Stripe};
pub use config::{Config, ConfigError, ConfigParts, Mode};
pub use error::{ApiError, Error, ErrorCode, ErrorKind};
pub use idempotency::{Idempotency, InvalidKey};
pub use money::{Currency, InvalidCurrency, Money};
pub use webhooks::Event;
