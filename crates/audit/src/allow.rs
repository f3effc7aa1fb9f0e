//! The settings file: what is audited, and what somebody has looked at and allows, each with the reason.

use serde::Deserialize;

use crate::{Error, Finding, Result, Subject, lints};

/// A settings file, committed beside the migrations.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Roles of the application.
    #[serde(default)]
    roles: Vec<String>,
    /// Names of the key column.
    #[serde(default)]
    keys: Vec<String>,
    /// Schemas.
    #[serde(default)]
    schemas: Vec<String>,
    /// What a policy may say.
    #[serde(default)]
    policies: Vec<String>,
    /// The catalogue as it was reviewed, in each state it may be in.
    #[serde(default)]
    fingerprints: Vec<String>,
    /// What is allowed.
    #[serde(default)]
    pub allow: Vec<Allowed>,
}

/// One allowance.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    /// The check.
    pub lint: String,
    /// The object as the finding names it; a `*` stands for anything.
    pub object: String,
    /// What may be found, where only that much was looked at: any of these, a `*` standing for anything.
    #[serde(default = "anything")]
    pub what: Vec<String>,
    /// Why it is right, for the next person who asks.
    pub reason: String,
}

impl Settings {
    /// Reads the file's text.
    ///
    /// # Errors
    /// When it is no TOML of this form, names an unknown check, or gives no reason.
    pub fn parse(text: &str) -> Result<Self> {
        let settings: Self = toml::from_str(text).map_err(|error| Error::Settings(error.to_string()))?;
        for line in &settings.allow {
            if !lints().iter().any(|lint| lint.id == line.lint) {
                return Err(Error::Settings(format!("allow: there is no check {:?}", line.lint)));
            }
            if line.reason.trim().len() < 20 {
                let Allowed { lint, object, .. } = line;
                return Err(Error::Settings(format!(
                    "allow {lint} {object}: give the reason, in 20 characters or more"
                )));
            }
        }
        Ok(settings)
    }

    /// What is to be audited.
    pub fn subject(&self) -> Subject {
        let or = |given: &Vec<String>, otherwise: Vec<String>| if given.is_empty() { otherwise } else { given.clone() };
        let usual = Subject::default();
        Subject {
            roles: self.roles.clone(),
            keys: or(&self.keys, usual.keys),
            schemas: self.schemas.clone(),
            policies: or(&self.policies, usual.policies),
            fingerprints: self.fingerprints.clone(),
        }
    }
}

impl Allowed {
    pub(crate) fn covers(&self, finding: &Finding) -> bool {
        self.lint == finding.lint
            && matches(&self.object, &finding.object)
            && self.what.iter().any(|what| matches(what, &finding.what))
    }
}

fn anything() -> Vec<String> {
    vec!["*".to_owned()]
}

/// Whether a pattern with `*` in it matches the whole of a text.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| matches(after, &rest[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text, expected) in [
            ("a.b", "a.b", true),
            ("a.b", "a.bc", false),
            ("a.*", "a.bc", true),
            ("*", "", true),
            ("*.x seen", "a.x seen", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abcd", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn an_allowance_names_a_check_and_a_reason() {
        let line = |lint: &str, reason: &str| {
            Settings::parse(&format!("[[allow]]\nlint = \"{lint}\"\nobject = \"a\"\nreason = \"{reason}\""))
        };
        assert!(line("L03", "a directory table, read before a tenant is known").is_ok());
        assert!(
            line("L99", "a directory table, read before a tenant is known").unwrap_err().to_string().contains("L99")
        );
        assert!(line("L03", "because").unwrap_err().to_string().contains("give the reason"));
        assert!(Settings::parse("alow = 1").unwrap_err().to_string().contains("alow"));
    }
}
