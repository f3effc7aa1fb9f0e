//! The tenant boundary: the only crate that holds database connections.
//!
//! There are two doors. [`Database::in_organisation`] sees one organisation's rows, because Postgres shows no
//! others; [`Database::system`] sees the directory tables and no tenant's rows. There is no third.

mod actor;
mod bootstrap;
mod connection;
mod context;
mod database;
mod error;
mod gate;
mod hardening;
mod ids;
mod listen;
mod live;
mod migrations;
mod organisation;
mod parameter;
mod signing;
mod statement;
mod system;
mod tables;
mod transaction;

pub use actor::Actor;
pub use bootstrap::bootstrap;
pub use connection::Statements;
pub use context::{ContextKey, InvalidContextKey};
pub use database::{Database, PoolOptions};
pub use error::Error;
pub use hardening::Hardening;
pub use ids::{InvalidId, OrganisationId, UserId};
pub use listen::Listener;
pub use live::{Live, Wakes};
pub use migrations::{migrate, pending_migrations};
pub use organisation::OrgScope;
pub use parameter::Parameter;
pub use signing::{Signing, forget_context_key, plain_contexts, sign_contexts, signing};
pub use statement::{Query, Statement, Tables};
pub use system::{SystemReason, SystemScope};
pub use tables::{Column, CopiedRows, Shape, Table};
pub use tokio_postgres::{Row, types};
pub use transaction::{Rows, Transaction};

/// The result of everything that talks to the database.
pub type Result<T, E = Error> = std::result::Result<T, E>;
