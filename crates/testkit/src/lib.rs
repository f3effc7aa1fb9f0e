//! What tests stand on: a database of their own, the people of the product, a server without a socket.
//!
//! A dev-dependency only. Panics are its way of saying that a test cannot go on.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod clerk_account;
mod database;
mod dice;
mod directory;
mod mail_server;
mod people;
mod pgbouncer;
mod relay;
mod signer;
mod stripe_nowhere;

pub use clerk_account::{Account, ClerkAccount, Lost};
pub use database::{CONTEXT_KEY, TestDatabase};
pub use dice::{Dice, number_from};
pub use directory::directory_told;
pub use mail_server::{Delivered, MailAnswer, MailServer};
pub use people::{Organisation, Person, World, organisation, user};
pub use pgbouncer::PgBouncer;
pub use relay::Relay;
pub use signer::signer;
pub use stripe_nowhere::stripe_nowhere;
pub use tokio_postgres::Client;
