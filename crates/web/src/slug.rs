//! An organisation's web address: what it may look like, and what one could be called instead.

use domain::FieldErrors;

const SHORTEST: usize = 2;
const LONGEST: usize = 48;

/// Words that are or may become pages of ours, or that would mislead.
#[rustfmt::skip]
const RESERVED: &[&str] = &[
    "about", "account", "admin", "api", "app", "assets", "auth", "billing", "blog", "clerk", "contact", "create",
    "dashboard", "docs", "download", "export", "feedback", "healthz", "help", "home", "invitations", "invite",
    "legal", "login", "logout", "mail", "me", "new", "org", "organisation", "organisations", "organization",
    "organizations", "orgs", "plans", "pricing", "privacy", "profile", "readyz", "root", "security", "settings",
    "sign-in", "sign-out", "sign-up", "static", "status", "stripe", "support", "switch", "system", "tenantry",
    "terms", "theme", "undefined", "user", "users", "webhooks", "www",
];

/// A web address of the right form that is not reserved. Whether it is free others know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slug(String);

impl Slug {
    /// Small letters are made of large ones; anything else wrong is said. Field `slug`.
    pub(crate) fn parse(text: &str) -> Result<Self, FieldErrors> {
        let text = text.trim().to_ascii_lowercase();
        let wrong = |message: String| Err(FieldErrors::one("slug", message));
        if !is_address(&text) {
            return wrong("Use small letters, digits and single hyphens between them.".to_owned());
        }
        if !(SHORTEST..=LONGEST).contains(&text.len()) {
            return wrong(format!("Use {SHORTEST} to {LONGEST} characters; this has {}.", text.len()));
        }
        if RESERVED.contains(&text.as_str()) {
            return wrong(format!("{text} is kept for our own pages. Choose another."));
        }
        Ok(Self(text))
    }

    /// From a name: `Café Müller & Co` becomes `cafe-muller-co`; `None` where too little is left.
    pub(crate) fn suggest(name: &str) -> Option<Self> {
        let plain: String = name.chars().map(|c| c.to_ascii_lowercase()).map(plain_letter).collect();
        let words: Vec<&str> = plain.split(' ').filter(|word| !word.is_empty()).collect();
        let mut text = words.join("-");
        text.truncate(LONGEST);
        Self::parse(text.trim_end_matches('-')).ok()
    }

    /// The same with a number at its end.
    pub(crate) fn numbered(&self, number: u32) -> Option<Self> {
        let end = format!("-{number}");
        let mut text = self.0.clone();
        text.truncate(LONGEST - end.len());
        Self::parse(&format!("{}{end}", text.trim_end_matches('-'))).ok()
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether text could be the address of an organisation at all: what cannot is never asked of the database.
pub(crate) fn is_address(text: &str) -> bool {
    let parts_are_words = || text.split('-').all(|part| !part.is_empty());
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.len() <= 128 && text.bytes().all(letters) && parts_are_words()
}

/// Letters that decompose to a plain one lose their mark; the rest that is no letter or digit parts words.
fn plain_letter(c: char) -> char {
    match c {
        'a'..='z' | '0'..='9' => c,
        'à'..='å' | 'À'..='Å' => 'a',
        'ç' | 'Ç' => 'c',
        'è'..='ë' | 'È'..='Ë' => 'e',
        'ì'..='ï' | 'Ì'..='Ï' => 'i',
        'ñ' | 'Ñ' => 'n',
        'ò'..='ö' | 'ø' | 'Ò'..='Ö' | 'Ø' => 'o',
        'ù'..='ü' | 'Ù'..='Ü' => 'u',
        'ý' | 'ÿ' | 'Ý' => 'y',
        _ => ' ',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_length_and_reserved_words_are_checked() {
        assert_eq!(Slug::parse(" Bolt-Cycles ").unwrap().as_str(), "bolt-cycles");
        for bad in ["", "a", "-a", "a-", "a--b", "a b", "a_b", "é", "a/b", "a\0b", "api", "Sign-In", &"a".repeat(49)] {
            assert!(Slug::parse(bad).is_err(), "{bad:?}");
        }
        assert!(RESERVED.is_sorted());
    }

    #[test]
    fn a_name_suggests_an_address() {
        let suggest = |name: &str| Slug::suggest(name).map(|slug| slug.as_str().to_owned());
        assert_eq!(suggest("Bolt Cycles").as_deref(), Some("bolt-cycles"));
        assert_eq!(suggest("  Café Müller & Söhne, 1923 ").as_deref(), Some("cafe-muller-sohne-1923"));
        assert_eq!(suggest("日本"), None);
        assert_eq!(suggest("API"), None);
        assert_eq!(suggest(&"ab ".repeat(40)).map(|text| text.len()), Some(47));
        assert_eq!(Slug::parse("bolt").unwrap().numbered(2).unwrap().as_str(), "bolt-2");
        assert_eq!(Slug::parse(&"a".repeat(48)).unwrap().numbered(12).unwrap().as_str().len(), 48);
    }

    #[test]
    fn what_is_no_address_is_known_at_once() {
        for (text, expected) in [("acme", true), ("a", true), ("api", true), ("", false), ("A", false), ("a\0", false)]
        {
            assert_eq!(is_address(text), expected, "{text:?}");
        }
    }
}
