//! A token that signs a person in once.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{SignInTokenStatus, or_default};

/// A sign-in token. Whoever has its text can sign in as the person.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInToken {
    /// `sit_…`
    pub id: String,
    /// Whom it signs in.
    pub user_id: String,
    /// What became of it.
    #[serde(default, deserialize_with = "or_default")]
    pub status: SignInTokenStatus,
    /// The text; only when it was just made.
    #[serde(default)]
    pub token: Option<String>,
    /// A link with the text in it.
    #[serde(default)]
    pub url: Option<String>,
}

impl fmt::Debug for SignInToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SignInToken")
            .field("id", &self.id)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
