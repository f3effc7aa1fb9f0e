//! The ways the product says no.

use std::fmt;

use crate::Permission;

/// What a person did not get, and why. The web layer turns each into one answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not exist, or it is not the caller's to see: one answer for both.
    #[error("not found")]
    NotFound,
    /// The session was ended, though its last token is still good.
    #[error("the session has ended")]
    SessionEnded,
    /// A member without the permission.
    #[error("needs the permission {0}")]
    Forbidden(Permission),
    /// A rule forbids it, whoever asks: their own rights are in the way.
    #[error("refused {code}: {message}")]
    Refused {
        /// Stable name for programs.
        code: &'static str,
        /// Why, and the way out, for people.
        message: String,
    },
    /// Somebody acts in the person's name, and this is theirs alone.
    #[error("not for whoever acts in somebody's name")]
    Impersonated,
    /// The person proved too long ago who they are.
    #[error("needs a sign-in of the last minutes")]
    NotFresh,
    /// The plan does not include it, or no more of it.
    #[error("limit reached {code}: {message}")]
    LimitReached {
        /// Stable name for programs.
        code: &'static str,
        /// The limit, the use and the way out, for people.
        message: String,
    },
    /// Fields to put right.
    #[error("invalid: {0}")]
    Invalid(#[from] FieldErrors),
    /// The state of things is in the way.
    #[error("conflict {code}: {message}")]
    Conflict {
        /// Stable name for programs.
        code: &'static str,
        /// What happened and what to do, for people.
        message: String,
    },
    /// The database failed.
    #[error(transparent)]
    Database(#[from] tenancy::Error),
}

/// What is wrong with which field, in words for the person who typed it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldErrors(pub Vec<(&'static str, String)>);

impl FieldErrors {
    /// One field, one message.
    pub fn one(field: &'static str, message: impl Into<String>) -> Self {
        Self(vec![(field, message.into())])
    }

    /// The first message for a field.
    pub fn message(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| *name == field).map(|(_, message)| message.as_str())
    }

    /// Both values, or the complaints about both.
    pub fn both<A, B>(a: Result<A, Self>, b: Result<B, Self>) -> Result<(A, B), Self> {
        match (a, b) {
            (Ok(a), Ok(b)) => Ok((a, b)),
            (Err(mut a), Err(b)) => {
                a.0.extend(b.0);
                Err(a)
            }
            (Err(a), Ok(_)) => Err(a),
            (Ok(_), Err(b)) => Err(b),
        }
    }
}

impl fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (field, message)) in self.0.iter().enumerate() {
            write!(f, "{}{field}: {message}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl std::error::Error for FieldErrors {}
