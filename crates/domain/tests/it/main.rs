//! Facts about the product, on a real Postgres, as the application's role.

mod directory;
mod inbound_events;
mod membership;
mod procedures;
mod runs;
