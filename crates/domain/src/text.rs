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
    let count = text.chars().count();
    if count < *length.start() {
        return Err(FieldErrors::one(field, "Write something here."));
    }
    if count > *length.end() {
        let most = length.end();
        return Err(FieldErrors::one(field, format!("Shorten this to {most} characters; it has {count}.")));
    }
    Ok(text.to_owned())
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
        for (text, why) in
            [("", "empty"), ("   ", "blank"), ("a\0b", "NUL"), ("a\nb", "line break"), ("abcdef", "long")]
        {
            assert!(clean("name", text, 1..=5, false).is_err(), "{why}");
        }
    }
}
