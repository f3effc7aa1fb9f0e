//! The audit, looked at through databases that are broken on purpose.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod attack;
mod bad_input;
mod fixtures;
mod others;
mod ours;
mod scratch;
