//! What runs are called: words, and in braces what changes from one to the next.

use jiff::civil::Date;

use super::runs::RunName;
use crate::FieldErrors;
use crate::text::clean;

/// What can stand in braces, with what it becomes on 24 November 2026.
pub const PLACEHOLDERS: [(&str, &str); 5] = [
    ("date", "Tue 24 Nov 2026"),
    ("week", "week 48, 2026"),
    ("month", "November 2026"),
    ("quarter", "Q4 2026"),
    ("year", "2026"),
];

/// How runs of a procedure are named: `Month-end close, {month}`. Up to 120 characters; empty where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunPattern(String);

impl RunPattern {
    /// Checked. Field `run_name`.
    pub fn parse(text: &str) -> Result<Self, FieldErrors> {
        let text = clean("run_name", text, 0..=120, false)?;
        for (index, part) in text.split('{').enumerate() {
            let word = part.split_once('}').map(|(word, _)| word);
            let known = word.is_some_and(|word| PLACEHOLDERS.iter().any(|(known, _)| *known == word));
            let closed_alone = part.split_once('}').map_or(part, |(_, rest)| rest).contains('}');
            if (index > 0 && !known) || (index == 0 && part.contains('}')) || closed_alone {
                let known: Vec<String> = PLACEHOLDERS.iter().map(|(word, _)| format!("{{{word}}}")).collect();
                let message = format!("Only {} may stand in braces.", known.join(", "));
                return Err(FieldErrors::one("run_name", message));
            }
        }
        Ok(Self(text))
    }

    /// As stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// One that was stored: what is not known in it stays as it is.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The name of a run of this procedure on that day; cut at 120 characters.
    pub fn name(&self, procedure: &str, day: Date) -> String {
        let mut name = if self.0.is_empty() { format!("{procedure}, {{date}}") } else { self.0.clone() };
        let week = day.iso_week_date();
        for (word, becomes) in [
            ("{date}", day.strftime("%a %-d %b %Y").to_string()),
            ("{week}", format!("week {}, {}", week.week(), week.year())),
            ("{month}", day.strftime("%B %Y").to_string()),
            ("{quarter}", format!("Q{} {}", (day.month() + 2) / 3, day.year())),
            ("{year}", day.year().to_string()),
        ] {
            name = name.replace(word, &becomes);
        }
        name.chars().take(120).collect()
    }

    /// The same as a name that is sure to be one.
    pub fn run_name(&self, procedure: &str, day: Date) -> RunName {
        let name = self.name(procedure, day);
        RunName::parse(&name).unwrap_or_else(|_| RunName::on(day))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_name_says_when_it_was() {
        for (pattern, day, expected) in [
            ("", date(2026, 11, 24), "Close, Tue 24 Nov 2026"),
            ("Month-end close, {month}", date(2026, 11, 24), "Month-end close, November 2026"),
            ("{week}", date(2026, 11, 24), "week 48, 2026"),
            // The week of a day may be of another year.
            ("{week}", date(2027, 1, 1), "week 53, 2026"),
            ("{quarter} and {year}", date(2026, 1, 1), "Q1 2026 and 2026"),
        ] {
            assert_eq!(RunPattern::parse(pattern).unwrap().name("Close", day), expected);
        }
        for (word, becomes) in PLACEHOLDERS {
            let pattern = RunPattern::parse(&format!("{{{word}}}")).unwrap();
            assert_eq!(pattern.name("", date(2026, 11, 24)), becomes);
        }
        assert_eq!(RunPattern::default().name(&"x".repeat(120), date(2026, 11, 24)).chars().count(), 120);
    }

    #[test]
    fn what_stands_in_braces_is_known() {
        for pattern in ["{day}", "{month", "month}", "{}", "{ month }", "{{month}}", "{month}}"] {
            assert!(RunPattern::parse(pattern).is_err(), "{pattern}");
        }
    }
}
