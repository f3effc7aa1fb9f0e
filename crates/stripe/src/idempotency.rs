//! The key by which Stripe knows a change it was already asked for.

use std::fmt;

use uuid::Uuid;

/// Stripe takes no longer key.
const LONGEST: usize = 255;

/// Goes with every change. Asked twice with the same key, Stripe answers the second time what it answered the first,
/// for at least a day; asked for something else with the same key, it refuses.
#[derive(Clone, PartialEq, Eq)]
pub struct Idempotency(String);

/// The text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key is 1 to 255 visible characters")]
pub struct InvalidKey;

impl Idempotency {
    /// A fixed key: names what is to be done, not the attempt, such as `org:org_1:customer:v1`. Whoever tries again
    /// after a crash must find the same one, so it is made of what is stored, never of chance. What cannot be a key is
    /// refused by the call.
    #[must_use]
    pub fn key(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A new key each time, for what is meant to be new each time: a way into the portal, a preview. Never for what
    /// costs somebody money.
    #[must_use]
    pub fn fresh() -> Self {
        Self(format!("tenantry-{}", Uuid::new_v4()))
    }

    pub(crate) fn checked(&self) -> Result<&str, InvalidKey> {
        let plausible = (1..=LONGEST).contains(&self.0.len()) && self.0.bytes().all(|byte| byte.is_ascii_graphic());
        if plausible { Ok(&self.0) } else { Err(InvalidKey) }
    }
}

impl fmt::Debug for Idempotency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Idempotency({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_short_and_visible() {
        for (text, good) in [
            ("org:org_1:customer:v1", true),
            ("", false),
            ("a b", false),
            ("a\r\nb", false),
            ("é", false),
            (&"k".repeat(255), true),
            (&"k".repeat(256), false),
        ] {
            assert_eq!(Idempotency::key(text).checked().is_ok(), good, "{text}");
        }
        assert!(Idempotency::fresh().checked().is_ok());
        assert_ne!(Idempotency::fresh(), Idempotency::fresh());
    }
}
