//! The name of a file within its organisation's folder.

use std::fmt;

/// `exports/0192….zip`: a kind and a name, in small letters, digits and `-_.`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(String);

/// The text is not such a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a file's name is a kind, a slash, and small letters, digits or -_. after it")]
pub struct InvalidName;

impl Name {
    /// Refuses whatever could lead anywhere else.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let letters = |part: &str| {
            part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.'))
        };
        let plain = |part: &str| (1..=100).contains(&part.len()) && !part.starts_with('.') && letters(part);
        match text.split_once('/') {
            Some((kind, name)) if plain(kind) && plain(name) => Ok(Self(text.to_owned())),
            _ => Err(InvalidName),
        }
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_the_folder() {
        assert!(Name::parse("exports/0192a-b.zip").is_ok());
        for bad in
            ["", "a", "/a", "a/", "../a", "a/..", "a/../b", "a/b/c", "a/.b", "A/b", "a/b#1", "a/b\0", "a\\b/c", "a/é"]
        {
            assert_eq!(Name::parse(bad), Err(InvalidName), "{bad:?}");
        }
    }
}
