//! Words with few values today: an unknown one is kept, never refused.

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $value:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$of])* $value,)+
            /// A word of Clerk's not listed here.
            Other(String),
        }

        impl $name {
            /// The word as Clerk writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$value => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$value,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::Other(String::new())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Ok(Self::from(&*text))
            }
        }
    };
}

words! {
    /// What became of an invitation.
    InvitationStatus {
        /// Nobody has answered it.
        Pending = "pending",
        /// The person is a member now, or was.
        Accepted = "accepted",
        /// Taken back.
        Revoked = "revoked",
        /// Nobody answered in time.
        Expired = "expired",
    }
}

words! {
    /// What became of a session.
    SessionState {
        /// Goes on.
        Active = "active",
        /// Signed in, but owing a task.
        Pending = "pending",
        /// Ended by the Backend API.
        Revoked = "revoked",
        /// Ended by the person.
        Ended = "ended",
        /// Too old.
        Expired = "expired",
        /// Taken off its client.
        Removed = "removed",
        /// Unused for too long.
        Abandoned = "abandoned",
        /// Another one took its place.
        Replaced = "replaced",
    }
}

words! {
    /// What became of a sign-in token.
    SignInTokenStatus {
        /// Nobody has used it.
        Pending = "pending",
        /// Used.
        Accepted = "accepted",
        /// Taken back.
        Revoked = "revoked",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_word_is_kept_as_it_is() {
        let word: InvitationStatus = serde_json::from_str("\"snoozed\"").unwrap();
        assert_eq!(word, InvitationStatus::Other("snoozed".into()));
        assert_eq!(serde_json::to_string(&word).unwrap(), "\"snoozed\"");
        let word: SessionState = serde_json::from_str(r#""\u0061ctive""#).unwrap();
        assert_eq!(word, SessionState::Active);
    }
}
