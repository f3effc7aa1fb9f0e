//! The crate against an instance of Clerk played on loopback.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod authenticate;
mod backend;
mod instance;
mod keys;
#[path = "../../src/signing.rs"]
mod signing;
