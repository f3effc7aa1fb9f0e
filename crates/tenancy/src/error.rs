//! What can go wrong at the database, in words that name the defect.

use tokio_postgres::error::SqlState;

/// A database error. Its text may name tables and constraints: log it, never show it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The role is too strong to be trusted with tenants' rows.
    #[error("refusing to work as database role {role:?}: it {defect}. {remedy}")]
    RoleTooStrong {
        /// The role of the connection.
        role: String,
        /// What it is or may do.
        defect: String,
        /// What to do about it.
        remedy: &'static str,
    },
    /// Server and database do not agree about signed contexts.
    #[error("{0}")]
    Context(String),
    /// The connection URL cannot be read.
    #[error("not a Postgres URL (postgresql://role@host/database): {0}")]
    Url(String),
    /// No connection became free in time: answer "busy", not "broken".
    #[error("no database connection became free in time")]
    Busy,
    /// The server cannot be reached, or went away.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// A tenant table was touched outside an organisation.
    #[error(
        "statement {statement} touched a tenant table outside an organisation: open it through Database::in_organisation"
    )]
    OutsideOrganisation {
        /// Name of the statement.
        statement: &'static str,
    },
    /// A constraint said no.
    #[error("statement {statement} broke constraint {constraint}")]
    Constraint {
        /// Name of the statement.
        statement: &'static str,
        /// Name of the constraint.
        constraint: String,
    },
    /// Anything else.
    #[error("statement {statement} failed: {source}")]
    Statement {
        /// Name of the statement.
        statement: &'static str,
        /// What the driver says.
        #[source]
        source: tokio_postgres::Error,
    },
    /// A migration failed or does not fit what was applied before.
    #[error("migration: {0}")]
    Migration(String),
}

impl Error {
    /// Puts the statement's name on a driver error and finds the cases that deserve their own word.
    pub(crate) fn of(statement: &'static str, source: tokio_postgres::Error) -> Self {
        if source.is_closed() {
            return Self::Unreachable(source.to_string());
        }
        let Some(db) = source.as_db_error() else {
            return Self::Statement { statement, source };
        };
        let outside = db.code() == &SqlState::UNDEFINED_OBJECT && db.message().contains("app.current_org_id");
        match db.constraint() {
            Some(name) if name.ends_with("_written_inside_an_organisation") => Self::OutsideOrganisation { statement },
            Some(name) => Self::Constraint { statement, constraint: name.to_owned() },
            None if outside => Self::OutsideOrganisation { statement },
            None if db.code() == &SqlState::ADMIN_SHUTDOWN => Self::Unreachable(db.message().to_owned()),
            None => Self::Statement { statement, source },
        }
    }

    /// The constraint that refused, where one did.
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Constraint { constraint, .. } => Some(constraint),
            _ => None,
        }
    }

    /// Whether trying again soon may help.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Busy | Self::Unreachable(_))
    }
}
