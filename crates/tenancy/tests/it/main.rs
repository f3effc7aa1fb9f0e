//! The boundary, looked at from outside: as the application's own role, on a real Postgres.

mod doors;
mod isolate;
mod mutation;
mod roles;
mod round_trips;
mod statements;
mod walls;
