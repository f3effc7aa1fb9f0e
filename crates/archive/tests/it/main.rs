//! What is written can be read, and what was tampered with cannot.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod hostile;
mod round_trip;
mod written;
