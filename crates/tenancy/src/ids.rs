//! The two ids that come from Clerk. Parsed once at the edge, so that their text is safe wherever it is written.

use std::fmt;
use std::sync::Arc;

/// The text is not an id of this kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id of this kind is {0} followed by letters and digits")]
pub struct InvalidId(&'static str);

macro_rules! clerk_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Accepts the prefix followed by 1 to 96 ASCII letters or digits, and nothing else.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                match text.strip_prefix($prefix) {
                    Some(rest)
                        if (1..=96).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_alphanumeric()) =>
                    {
                        Ok(Self(text.into()))
                    }
                    _ => Err(InvalidId($prefix)),
                }
            }

            /// The id as Clerk writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
    };
}

clerk_id! {
    /// A Clerk organisation id (`org_…`): the tenant identifier everywhere.
    OrganisationId, "org_"
}
clerk_id! {
    /// A Clerk user id (`user_…`).
    UserId, "user_"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_prefix_and_letters_and_digits_pass() {
        assert!(OrganisationId::parse("org_2abcDEF9").is_ok());
        for bad in ["", "org_", "user_1", "org_a'b", "org_a b", "org_a\0", "ORG_a", "org_é", "org_a-b", "org_a\n"] {
            assert!(OrganisationId::parse(bad).is_err(), "{bad:?}");
        }
        assert!(OrganisationId::parse(&format!("org_{}", "a".repeat(97))).is_err());
    }
}
