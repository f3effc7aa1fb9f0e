//! Facts about the product, on a real Postgres, as the application's role.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod asked_by_postgres;
mod audit_log;
mod directory;
mod exports;
mod imports;
mod inbound_events;
mod jobs;
mod lifecycle;
mod membership;
mod permissions;
mod plans;
mod procedures;
mod races;
mod reports;
mod rules;
mod runs;
mod schedules;
mod work;

/// A number from the environment, for tests that can go on for longer, or the same way again.
fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().unwrap())
}
