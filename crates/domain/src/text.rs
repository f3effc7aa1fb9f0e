//! Text that people type, parsed once at the edge.

use crate::FieldErrors;

/// Trims, unifies line ends and refuses what no person types; `lines` allows line breaks and tabs.
pub(crate) fn clean(
    field: &'static str,
    text: &str,
    length: std::ops::RangeInclusive<usize>,
    lines: bool,
) -> Result<String, FieldErrors> {
    let text = text.replace("\r\n", "\n");
    let text = text.trim();
    let allowed = |c: char| !c.is_control() || (lines && matches!(c, '\n' | '\t'));
    if !text.chars().all(allowed) {
        return Err(FieldErrors::one(field, "Remove the control characters; plain text only."));
    }
    if text.chars().any(turns_text_around) {
        return Err(FieldErrors::one(field, "Remove the characters that turn text around."));
    }
    let count = if text.chars().all(is_invisible) { 0 } else { text.chars().count() };
    if count < *length.start() {
        return Err(FieldErrors::one(field, "Write something here."));
    }
    if count > *length.end() {
        let most = length.end();
        return Err(FieldErrors::one(field, format!("Shorten this to {most} characters; it has {count}.")));
    }
    Ok(text.to_owned())
}

/// A pattern for `ilike` that finds these words anywhere, as they were typed.
pub(crate) fn containing(words: &str) -> String {
    let mut pattern = String::from("%");
    for c in words.trim().chars().take(100) {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        if c != '\0' {
            pattern.push(c);
        }
    }
    if pattern.len() > 1 {
        pattern.push('%');
    }
    pattern
}

/// Characters that make what follows read backwards: a name must not be able to rewrite its neighbours.
fn turns_text_around(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Blank in every font: a name of these alone is no name.
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}')
}

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $field:literal, $length:expr, lines: $lines:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Trimmed and checked, or a message for the field.
            pub fn parse(text: &str) -> Result<Self, $crate::FieldErrors> {
                $crate::text::clean($field, text, $length, $lines).map(Self)
            }

            /// The text as it is stored.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}
pub(crate) use text_type;

text_type! {
    /// Free text under a title: up to 4,000 characters, line breaks kept, may be empty. Field `details`.
    Details, "details", 0..=4000, lines: true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_trimmed_and_bounded_in_characters() {
        assert_eq!(clean("name", "  Café \r\n", 1..=5, true).unwrap(), "Café");
        for (text, why) in [
            ("", "empty"),
            ("   ", "blank"),
            ("a\0b", "NUL"),
            ("a\nb", "line break"),
            ("abcdef", "long"),
            ("\u{200b}\u{feff}", "invisible"),
            ("a\u{202e}b", "turned around"),
        ] {
            assert!(clean("name", text, 1..=5, false).is_err(), "{why}");
        }
    }
}
