//! Evidence: what a step asks to be written down, and what was.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::FieldErrors;
use crate::text::clean;

/// Fields of one step, at most.
const MOST_FIELDS: usize = 10;
/// Choices of one field, at most.
const MOST_CHOICES: usize = 20;

/// What may be written into a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    /// A line of text.
    Text,
    /// A decimal number.
    Number,
    /// One of the field's choices.
    Choice,
    /// A day of the calendar, `2026-11-24`.
    Date,
}

/// Something to write down in a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Names it within its step; kept when the label changes.
    pub key: String,
    /// What people read, 1 to 80 characters.
    pub label: String,
    /// What may be written.
    pub kind: FieldKind,
    /// Whether the step cannot be ticked without it.
    #[serde(default)]
    pub required: bool,
    /// Of a choice: what can be chosen.
    #[serde(default)]
    pub choices: Vec<String>,
}

/// What was written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldValue {
    /// The field.
    pub key: String,
    /// As it is stored: numbers with a point, days as `2026-11-24`.
    pub value: String,
}

impl FieldKind {
    /// All of them, in the order forms offer them.
    pub const ALL: [Self; 4] = [Self::Text, Self::Number, Self::Choice, Self::Date];

    /// As written in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Choice => "choice",
            Self::Date => "date",
        }
    }

    /// From its written form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl Field {
    /// What was typed, as it is stored; nothing where nothing was typed. The message is for this field.
    pub fn parse(&self, typed: &str) -> Result<Option<String>, String> {
        let Ok(typed) = clean("value", typed, 0..=1000, false) else {
            return Err("Plain text on one line, 1,000 characters at most.".to_owned());
        };
        if typed.is_empty() {
            return Ok(None);
        }
        match self.kind {
            FieldKind::Text => Ok(Some(typed)),
            FieldKind::Number => number(&typed).map(Some),
            FieldKind::Choice if self.choices.contains(&typed) => Ok(Some(typed)),
            FieldKind::Choice => Err(format!("Choose one of: {}.", self.choices.join(", "))),
            FieldKind::Date => match typed.parse::<Date>() {
                Ok(day) => Ok(Some(day.to_string())),
                Err(_) => Err("Write a day that exists, as 2026-11-24.".to_owned()),
            },
        }
    }
}

/// A decimal number as people type it: a comma is a point, spaces part thousands.
fn number(typed: &str) -> Result<String, String> {
    let plain: String = typed.chars().filter(|c| !c.is_whitespace()).map(|c| if c == ',' { '.' } else { c }).collect();
    let digits = plain.strip_prefix(['-', '+', '\u{2212}']).unwrap_or(&plain);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(part) || plain.len() > 40 {
        return Err("Write a number, as 128.40.".to_owned());
    }
    let negative = digits.len() < plain.len() && !plain.starts_with('+');
    Ok(if negative { format!("-{digits}") } else { digits.to_owned() })
}

/// Checks what a step is to ask for. Field `fields`.
pub(super) fn checked(fields: &[Field]) -> Result<Vec<Field>, FieldErrors> {
    let refused = |message: String| FieldErrors::one("fields", message);
    if fields.len() > MOST_FIELDS {
        return Err(refused(format!("A step asks for {MOST_FIELDS} things at most. Split it in two.")));
    }
    let mut checked: Vec<Field> = Vec::with_capacity(fields.len());
    for field in fields {
        let number = checked.len() + 1;
        let text = |text: &str, length| clean("fields", text, length, false);
        let label = text(&field.label, 1..=80)
            .map_err(|_| refused(format!("Give field {number} a name of 80 characters at most.")))?;
        if checked.iter().any(|other| other.label.eq_ignore_ascii_case(&label)) {
            return Err(refused(format!("“{label}” is asked for twice. Give each field a name of its own.")));
        }
        let mut choices = Vec::new();
        if field.kind == FieldKind::Choice {
            for choice in &field.choices {
                let choice = text(choice, 0..=80)
                    .map_err(|_| refused(format!("Shorten the choices of “{label}” to 80 characters each.")))?;
                if !choice.is_empty() && !choices.contains(&choice) {
                    choices.push(choice);
                }
            }
            if !(2..=MOST_CHOICES).contains(&choices.len()) {
                return Err(refused(format!("Give “{label}” 2 to {MOST_CHOICES} choices, parted by commas.")));
            }
        }
        let taken = |key: &str| key.is_empty() || checked.iter().any(|other| other.key == key);
        let key =
            if taken(&field.key) || !field.key.bytes().all(|byte| byte.is_ascii_alphanumeric()) || field.key.len() > 20
            {
                (1..).map(|n| format!("f{n}")).find(|key| !taken(key) && fields.iter().all(|other| other.key != *key))
            } else {
                Some(field.key.clone())
            };
        checked.push(Field {
            key: key.unwrap_or_default(),
            label,
            kind: field.kind,
            required: field.required,
            choices,
        });
    }
    Ok(checked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(label: &str, kind: FieldKind, choices: &[&str]) -> Field {
        let choices = choices.iter().map(|&choice| choice.to_owned()).collect();
        Field { key: String::new(), label: label.to_owned(), kind, required: false, choices }
    }

    #[test]
    fn what_is_typed_is_stored_in_one_form() {
        let number = field("Difference", FieldKind::Number, &[]);
        for (typed, stored) in
            [("128.40", "128.40"), ("1 280,5", "1280.5"), ("+3", "3"), ("-0.01", "-0.01"), ("\u{2212}7", "-7")]
        {
            assert_eq!(number.parse(typed), Ok(Some(stored.to_owned())), "{typed}");
        }
        for typed in ["1.2.3", "1e5", "NaN", "--1", ".", "1.", "12 €", "=1+1"] {
            assert!(number.parse(typed).is_err(), "{typed}");
        }
        let day = field("Delivered", FieldKind::Date, &[]);
        assert_eq!(day.parse("2028-02-29"), Ok(Some("2028-02-29".to_owned())));
        for typed in ["2026-02-31", "2027-02-29", "tomorrow", "24.11.2026"] {
            assert!(day.parse(typed).is_err(), "{typed}");
        }
        let choice = field("Checked", FieldKind::Choice, &["All", "Top 20"]);
        assert_eq!(choice.parse("Top 20"), Ok(Some("Top 20".to_owned())));
        assert!(choice.parse("top 20").is_err() && choice.parse("").is_ok_and(|value| value.is_none()));
    }

    #[test]
    fn fields_have_keys_of_their_own_that_last() {
        let mut fields = checked(&[field("A", FieldKind::Text, &[]), field("B", FieldKind::Date, &[])]).unwrap();
        assert_eq!((fields[0].key.as_str(), fields[1].key.as_str()), ("f1", "f2"));
        fields.remove(0);
        fields.push(field("C", FieldKind::Text, &[]));
        let fields = checked(&fields).unwrap();
        assert_eq!((fields[0].key.as_str(), fields[1].key.as_str()), ("f2", "f1"));
    }

    #[test]
    fn what_cannot_be_asked_for_is_named() {
        for fields in [
            vec![field("", FieldKind::Text, &[])],
            vec![field("A", FieldKind::Text, &[]), field("a", FieldKind::Text, &[])],
            vec![field("A", FieldKind::Choice, &["one", " one "])],
            (0..11).map(|n| field(&n.to_string(), FieldKind::Text, &[])).collect(),
        ] {
            assert!(checked(&fields).is_err(), "{fields:?}");
        }
    }
}
