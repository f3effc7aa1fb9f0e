//! Why an audit could not be made, in one line each.

/// The audit could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings file cannot be used.
    #[error("{0}")]
    Settings(String),
    /// The URL cannot be read.
    #[error("not a Postgres URL (postgresql://role@host/database): {0}")]
    Url(String),
    /// Nobody answers there, or nobody lets us in.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// The server is older than row-level security as we know it.
    #[error("PostgreSQL {0} is too old to be audited: 15 or newer is needed")]
    TooOld(String),
    /// There is nothing to look at.
    #[error("the database has no table of its own: is it the right one, and is it migrated?")]
    Empty,
    /// Nothing in it looks like a tenant's.
    #[error("no table has a column {0}: name the column that holds the tenant with --key")]
    NoKey(String),
    /// Nobody to protect the rows from.
    #[error("{0}: name the roles of the application with --role")]
    NoRole(String),
    /// A check failed; what it would have found is not known.
    #[error("check {lint} could not be made: {source}")]
    Check {
        /// Which one.
        lint: &'static str,
        /// What the driver says.
        #[source]
        source: tokio_postgres::Error,
    },
}
