//! What can go wrong with files.

use std::io::ErrorKind;

/// Why a file was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is none of that name.
    #[error("there is no such file")]
    Missing,
    /// No room is left.
    #[error("no space is left where files are kept")]
    Full,
    /// Anything else.
    #[error("files cannot be reached: {0}")]
    Store(#[source] std::io::Error),
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::Missing,
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Store(error),
        }
    }
}
