//! Whether it is the person themselves who asks, and has lately shown so: for what takes data out, costs money, hands an
//! organisation over or cannot be undone.

use crate::{Error, Result};

/// How many minutes ago somebody may have proven who they are, at the time their token was made.
const FRESH: u64 = 10;

/// Who sits there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The person signed in lately.
    Fresh,
    /// The person signed in long ago, or nothing is known of it.
    Stale,
    /// Somebody acts in their name.
    Impersonated,
}

impl Presence {
    /// Of a person who proved who they are so many minutes ago, if they are known to have.
    pub fn since(minutes: Option<u64>) -> Self {
        if minutes.is_some_and(|minutes| minutes <= FRESH) { Self::Fresh } else { Self::Stale }
    }

    /// Refuses whoever is not there in person. To be asked after everything else, so that it tells outsiders nothing.
    pub fn require(self) -> Result<()> {
        match self {
            Self::Fresh => Ok(()),
            Self::Stale => Err(Error::NotFresh),
            Self::Impersonated => Err(Error::Impersonated),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_minutes_are_fresh_and_what_is_not_known_is_not() {
        for (minutes, expected) in [
            (Some(0), Presence::Fresh),
            (Some(10), Presence::Fresh),
            (Some(11), Presence::Stale),
            (Some(u64::MAX), Presence::Stale),
            (None, Presence::Stale),
        ] {
            assert_eq!(Presence::since(minutes), expected, "{minutes:?}");
        }
        assert!(Presence::Fresh.require().is_ok());
        assert!(matches!(Presence::Stale.require(), Err(Error::NotFresh)));
        assert!(matches!(Presence::Impersonated.require(), Err(Error::Impersonated)));
    }
}
