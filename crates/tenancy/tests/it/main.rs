//! The boundary, looked at from outside: as the application's own role, on a real Postgres.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod contexts;
mod doors;
mod hardening;
mod isolate;
mod leftovers;
mod live;
mod mutation;
mod roles;
mod round_trips;
mod statements;
mod streams;
mod walls;
