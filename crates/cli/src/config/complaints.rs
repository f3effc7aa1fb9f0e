//! What is wrong with a configuration, collected so that one start tells all of it.

use std::fmt;

/// The configuration cannot be used: exit code 2.
#[derive(Debug)]
pub(crate) struct BadConfiguration(Vec<String>);

impl BadConfiguration {
    /// One thing that is wrong, in full sentences.
    pub(crate) fn one(complaint: impl Into<String>) -> Self {
        Self(vec![complaint.into()])
    }
}

impl fmt::Display for BadConfiguration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for BadConfiguration {}

/// Whether a wrong value may be shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    Value,
    /// Secrets, and URLs that may hold a password.
    Nothing,
}

/// Takes values one after the other, and remembers what was wrong with them.
#[derive(Default)]
pub(crate) struct Complaints(Vec<String>);

impl Complaints {
    /// A variable that has to be there. `form` completes "It should look like".
    pub(crate) fn required<T>(
        &mut self,
        name: &str,
        form: &str,
        shown: Shown,
        value: Option<&str>,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        if value.is_none_or(|value| value.trim().is_empty()) {
            self.0.push(format!("{name} is missing. It should look like {form}"));
            return None;
        }
        self.optional(name, form, shown, value, parse)
    }

    /// A variable that may be left out. Empty counts as left out.
    pub(crate) fn optional<T>(
        &mut self,
        name: &str,
        form: &str,
        shown: Shown,
        value: Option<&str>,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = value.map(str::trim).filter(|value| !value.is_empty())?;
        let parsed = parse(value);
        if parsed.is_none() {
            let what = match shown {
                Shown::Value => format!("{name} is {value:?}"),
                Shown::Nothing => format!("{name} is set, to something else than it should be"),
            };
            self.0.push(format!("{what}. It should look like {form}"));
        }
        parsed
    }

    /// Something wrong between several variables.
    pub(crate) fn add(&mut self, complaint: impl Into<String>) {
        self.0.push(complaint.into());
    }

    /// Everything, if it was right. `build` returns nothing exactly where a required value is missing.
    pub(crate) fn finish<T>(self, build: impl FnOnce() -> Option<T>) -> Result<T, BadConfiguration> {
        if !self.0.is_empty() {
            return Err(BadConfiguration(self.0));
        }
        Ok(build().expect("a required value that is missing was complained about"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_named_and_no_secret_shown() {
        let mut complaints = Complaints::default();
        let number = |text: &str| text.parse::<u16>().ok();
        assert_eq!(complaints.required("PORT", "8080", Shown::Value, Some(" 80 "), number), Some(80));
        complaints.required("LISTEN", "8080", Shown::Value, Some("eighty"), number);
        complaints.required("SECRET", "1234", Shown::Nothing, Some("hunter2"), number);
        complaints.required("MISSING", "8080", Shown::Value, Some(""), number);
        assert_eq!(complaints.optional("LEFT_OUT", "8080", Shown::Value, None, number), None);
        let told = complaints.finish(|| Some(())).unwrap_err().to_string();
        assert_eq!(
            told,
            "LISTEN is \"eighty\". It should look like 8080\n\
             SECRET is set, to something else than it should be. It should look like 1234\n\
             MISSING is missing. It should look like 8080"
        );
    }
}
