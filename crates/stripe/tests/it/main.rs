//! The crate against a Stripe played on loopback.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod answers;
mod lists;
mod requests;
mod retries;
mod server;
mod turns;
