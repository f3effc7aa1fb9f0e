//! Versions of Postgres, and which patch levels lack a known repair.

use std::fmt;

/// The oldest major version whose row security does all we use.
pub(crate) const OLDEST_MAJOR: u32 = 15;

/// First minor version of each major one with the security repairs of November 2026.
/// Older ones hold holes through which somebody who can run SQL gets round row security.
const REPAIRED: &[(u32, u32)] = &[(15, 20), (16, 16), (17, 12), (18, 6)];

/// A version as `postgres --version` tells it, for example 17.12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// The number that decides about the format of the data.
    pub major: u32,
    /// The patch level; 0 for betas and release candidates.
    pub minor: u32,
}

impl Version {
    /// Reads `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, `… 18beta2`, `… 17.12`.
    pub(crate) fn parse(told: &str) -> Option<Self> {
        let number = told.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
        let mut parts = number.splitn(2, '.');
        let digits = |text: &str| {
            let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            text[..end].parse::<u32>().ok()
        };
        Some(Self { major: digits(parts.next()?)?, minor: parts.next().and_then(digits).unwrap_or(0) })
    }

    /// The first patch level of this major version with the known repairs, where ours is older.
    pub fn lacks_repairs_until(self) -> Option<Self> {
        REPAIRED
            .iter()
            .map(|&(major, minor)| Self { major, minor })
            .find(|repaired| repaired.major == self.major && self < *repaired)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    fn version(major: u32, minor: u32) -> Version {
        Version { major, minor }
    }

    #[test]
    fn reads_what_the_distributions_print() {
        for (told, expected) in [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", version(15, 18)),
            ("postgres (PostgreSQL) 17.12", version(17, 12)),
            ("postgres (PostgreSQL) 18beta2", version(18, 0)),
            ("postgres (PostgreSQL) 9.6.24", version(9, 6)),
        ] {
            assert_eq!(Version::parse(told), Some(expected), "{told}");
        }
        assert_eq!(Version::parse("command not found"), None);
    }

    #[test]
    fn names_the_patch_level_that_is_missing() {
        assert_eq!(version(15, 18).lacks_repairs_until(), Some(version(15, 20)));
        assert_eq!(version(15, 20).lacks_repairs_until(), None);
        assert_eq!(version(18, 0).lacks_repairs_until(), Some(version(18, 6)));
        assert_eq!(version(19, 0).lacks_repairs_until(), None);
    }
}
