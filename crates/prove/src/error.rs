//! Why a proof could not be made at all. What an attack finds is no error: it stands in the report.

/// The proof could not run; says nothing about isolation.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something has to be given or changed first; a sentence for the person at the terminal.
    #[error("{0}")]
    CannotRun(String),
    /// The machinery of the boundary could not be set up in the scratch database.
    #[error(transparent)]
    Tenancy(#[from] tenancy::Error),
    /// The product refused to fill the scratch database.
    #[error("filling the scratch database: {0}")]
    Domain(#[from] domain::Error),
    /// A statement of the proof's own failed, as opposed to one of the attacks.
    #[error("{doing}: {}", described(.source))]
    Postgres {
        /// What was being done.
        doing: String,
        /// What the driver says.
        source: tokio_postgres::Error,
    },
}

/// The result of everything the proof does on its own account.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Puts words to a driver error.
    pub(crate) fn doing(doing: impl Into<String>) -> impl FnOnce(tokio_postgres::Error) -> Self {
        let doing = doing.into();
        |source| Self::Postgres { doing, source }
    }
}

/// The server's own words; the driver says only "db error".
pub(crate) fn described(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(db) => format!("{} ({})", db.message(), db.code().code()),
        None => error.to_string(),
    }
}
