//! Email addresses as people type and paste them.

use std::fmt;

/// Most addresses of one paste that are looked at.
pub const MOST_ADDRESSES: usize = 500;

/// An address that mail can be sent to, in small letters. Two that are equal reach the same mailbox.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Trims, takes `mailto:` and pointed brackets away, makes small letters; or says what is wrong.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let text = match (text.rfind('<'), text.ends_with('>')) {
            (Some(at), true) => &text[at + 1..text.len() - 1],
            _ => text,
        };
        let text = text.strip_prefix("mailto:").unwrap_or(text).trim();
        if !text.is_ascii() {
            return Err("has letters outside a to z; if it was copied, type it by hand");
        }
        if text.chars().any(|c| c.is_ascii_whitespace() || c.is_ascii_control()) {
            return Err("has a space in it");
        }
        let Some((local, domain)) = text.rsplit_once('@') else { return Err("has no @") };
        if local.contains('@') {
            return Err("has more than one @");
        }
        let atom = |part: &str| !part.is_empty() && part.bytes().all(is_atom);
        if local.len() > 64 || !local.split('.').all(atom) {
            return Err("is not an address before the @");
        }
        let label = |part: &str| {
            !part.is_empty()
                && part.len() <= 63
                && !part.starts_with('-')
                && !part.ends_with('-')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let top = domain.rsplit('.').next().unwrap_or_default();
        let is_number = top.bytes().all(|b| b.is_ascii_digit());
        if !domain.contains('.') || !domain.split('.').all(label) || is_number {
            return Err("is not an address after the @");
        }
        if text.len() > 254 {
            return Err("is longer than an address can be");
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// In small letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What RFC 5322 allows in an unquoted word.
fn is_atom(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

/// The parts of a text that each hold one address: between commas, semicolons and line breaks, names in quotes kept whole.
/// Each part once, however often it stands there, and [`MOST_ADDRESSES`] at the most; the flag says whether there were more.
pub fn parts(text: &str) -> (Vec<String>, bool) {
    let mut parts: Vec<String> = Vec::new();
    let (mut part, mut quoted, mut bracketed) = (String::new(), false, false);
    for c in text.chars().chain(['\n']) {
        match c {
            '"' => quoted = !quoted,
            '<' if !quoted => bracketed = true,
            '>' if !quoted => bracketed = false,
            _ => {}
        }
        // A line break ends everything: a quotation that is never closed does not swallow the rest.
        let ends = matches!(c, '\n' | '\r') || (matches!(c, ',' | ';') && !quoted && !bracketed);
        if !ends {
            part.push(c);
            continue;
        }
        (quoted, bracketed) = (false, false);
        // Lists of bare addresses may have nothing but spaces between them.
        let words: Vec<&str> = part.split_whitespace().collect();
        let plain = words.len() > 1 && words.iter().all(|word| word.contains('@'));
        let found: Vec<String> =
            if plain { words.into_iter().map(str::to_owned).collect() } else { vec![part.trim().to_owned()] };
        for one in found.into_iter().filter(|one| !one.is_empty()) {
            if !parts.iter().any(|there| there.eq_ignore_ascii_case(&one)) {
                parts.push(one);
            }
        }
        part.clear();
    }
    let more = parts.len() > MOST_ADDRESSES;
    parts.truncate(MOST_ADDRESSES);
    (parts, more)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, &'static str> {
        EmailAddress::parse(text).map(|address| address.to_string())
    }

    #[test]
    fn addresses_are_taken_as_mail_programs_write_them() {
        for text in ["Ada@Acme.Example", " ada@acme.example ", "Ada B. <ada@acme.example>", "mailto:ada@acme.example"] {
            assert_eq!(parse(text).as_deref(), Ok("ada@acme.example"), "{text}");
        }
        for text in ["ada+ops@acme.example", "o'neill@acme.example", "a_b.c@x-y.acme.example"] {
            assert_eq!(parse(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        let long = format!("{}@acme.example", "a".repeat(65));
        let longer = format!("a@{}.example", vec!["a".repeat(60); 5].join("."));
        for (text, why) in [
            ("", "no @"),
            ("ada", "no @"),
            ("ada@", "after"),
            ("@acme.example", "before"),
            ("ada@acme", "after"),
            ("ada@acme..example", "after"),
            ("ada@-acme.example", "after"),
            ("ada@127.0.0.1", "after"),
            ("ada@@acme.example", "more than one"),
            ("\"a@b\"@acme.example", "more than one"),
            ("ada b@acme.example", "space"),
            (".ada@acme.example", "before"),
            ("ada.@acme.example", "before"),
            ("аda@acme.example", "letters"),
            ("ada@аcme.example", "letters"),
            ("ada＠acme.example", "letters"),
            ("a\u{202e}da@acme.example", "letters"),
            (long.as_str(), "before"),
            (longer.as_str(), "longer"),
        ] {
            let refused = parse(text).unwrap_err();
            assert!(refused.contains(why), "{text}: {refused}");
        }
    }

    #[test]
    fn a_pasted_list_falls_into_its_addresses() {
        let (found, more) = parts(
            "\"Brandt, Ada\" <ada@acme.example>; max@acme.example,MAX@acme.example\r\n\n rita@acme.example ben@acme.example\n\"open <x@y.example>",
        );
        assert_eq!(
            found,
            [
                "\"Brandt, Ada\" <ada@acme.example>",
                "max@acme.example",
                "rita@acme.example",
                "ben@acme.example",
                "\"open <x@y.example>"
            ]
        );
        assert!(!more);
        let many: String = (0..600).map(|n| format!("p{n}@acme.example\n")).collect();
        let (found, more) = parts(&many);
        assert_eq!((found.len(), more), (MOST_ADDRESSES, true));
    }
}
