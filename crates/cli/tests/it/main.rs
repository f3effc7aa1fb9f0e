//! The program `tenantry` from outside: what it says, and how it ends.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod bad_configuration;
mod database;
mod killed;
mod org;
mod program;
mod prove_isolation;
