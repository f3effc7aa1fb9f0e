//! A real Postgres, created, used, stopped and started again.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod cluster;
mod program;
