//! Facts about the product, on a real Postgres, as the application's role.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod asked_by_postgres;
mod audit_log;
mod directory;
mod inbound_events;
mod jobs;
mod membership;
mod permissions;
mod plans;
mod procedures;
mod runs;
