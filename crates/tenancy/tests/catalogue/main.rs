//! The attack catalogue (docs/attacks.md), row by row: what Postgres does where nobody thought of it, and what happens
//! to the same attack in Tenantry's own database.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod complete;
mod context;
mod dump;
mod functions;
mod grants;
mod machine;
mod oracles;
mod policies;
mod pooler;
mod reading;
mod references;
mod roles;
mod session;
mod session_state;
mod shapes;
mod views;
