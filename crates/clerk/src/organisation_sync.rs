//! Which organisation an address is about, by patterns, so that the session can follow the address.
//!
//! A pattern is a path in which `:id` or `:slug` stands for one segment or part of one, any other `:name` for something
//! that does not matter, and `(.*)` for anything: `/orgs/:slug`, `/orgs/:id/(.*)`. Letters of either case match, and so
//! does a slash at the end. What else the JavaScript SDK's patterns can express is refused when the pattern is read.

use serde::Deserialize;

/// Patterns as they are written. Unknown members are ignored.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrganisationPatterns {
    /// Addresses that are about an organisation.
    #[serde(default)]
    pub organization_patterns: Vec<String>,
    /// Addresses at which no organisation should be active.
    #[serde(default)]
    pub personal_account_patterns: Vec<String>,
}

/// A pattern that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no pattern: `:name` and `(.*)` are all there is")]
pub struct InvalidPattern(pub String);

/// Patterns ready for use.
#[derive(Debug, Clone, Default)]
pub(crate) struct OrganisationSync {
    organisation: Vec<Pattern>,
    personal: Vec<Pattern>,
}

/// What should be active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    Id(String),
    Slug(String),
    Personal,
}

impl Target {
    /// As a handshake asks for it; empty is the personal account.
    pub(crate) fn parameter(&self) -> &str {
        match self {
            Self::Id(text) | Self::Slug(text) => text,
            Self::Personal => "",
        }
    }
}

impl OrganisationSync {
    pub(crate) fn new(patterns: &OrganisationPatterns) -> Result<Self, InvalidPattern> {
        let read = |list: &[String]| list.iter().map(|text| Pattern::parse(text)).collect::<Result<_, _>>();
        Ok(Self {
            organisation: read(&patterns.organization_patterns)?,
            personal: read(&patterns.personal_account_patterns)?,
        })
    }

    /// Organisations before the personal account, and within one match the id before the slug.
    pub(crate) fn target(&self, path: &str) -> Option<Target> {
        let found = self.organisation.iter().find_map(|pattern| pattern.matches(path));
        if let Some(names) = found {
            let value = |wanted: &str| names.iter().rev().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
            if let Some(id) = value("id") {
                return Some(Target::Id(id.to_owned()));
            }
            if let Some(slug) = value("slug") {
                return Some(Target::Slug(slug.to_owned()));
            }
        }
        self.personal.iter().any(|pattern| pattern.matches(path).is_some()).then_some(Target::Personal)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Name(String),
    Anything,
}

#[derive(Debug, Clone)]
struct Pattern(Vec<Part>);

impl Pattern {
    fn parse(text: &str) -> Result<Self, InvalidPattern> {
        let invalid = || InvalidPattern(text.to_owned());
        let (mut parts, mut rest) = (Vec::new(), text);
        while let Some(first) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("(.*)") {
                parts.push(Part::Anything);
                rest = after;
            } else if first == ':' {
                let end = rest[1..].find(|char: char| !char.is_ascii_alphanumeric() && char != '_');
                let name = &rest[1..end.map_or(rest.len(), |end| end + 1)];
                if name.is_empty() {
                    return Err(invalid());
                }
                parts.push(Part::Name(name.to_owned()));
                rest = &rest[1 + name.len()..];
            } else if "(){}[]*+?\\".contains(first) {
                return Err(invalid());
            } else {
                let end = rest.find(|char: char| ":(){}[]*+?\\".contains(char)).unwrap_or(rest.len());
                parts.push(Part::Text(rest[..end].to_owned()));
                rest = &rest[end..];
            }
        }
        Ok(Self(parts))
    }

    /// What the names stand for, if the whole path fits.
    fn matches<'a>(&'a self, path: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
        let mut names = Vec::new();
        fits(&self.0, path, &mut names).then_some(names)
    }
}

/// The shortest text for each name, but as much as "anything" can take.
fn fits<'a>(parts: &'a [Part], path: &'a str, names: &mut Vec<(&'a str, &'a str)>) -> bool {
    let Some((part, others)) = parts.split_first() else {
        return path.is_empty() || path == "/";
    };
    let ends = |path: &'a str| path.char_indices().map(|(at, char)| at + char.len_utf8());
    match part {
        Part::Text(text) => {
            let Some((start, rest)) = path.split_at_checked(text.len()) else {
                return false;
            };
            start.eq_ignore_ascii_case(text) && fits(others, rest, names)
        }
        Part::Name(name) => {
            for end in ends(path) {
                if path[..end].ends_with('/') {
                    return false;
                }
                names.push((name, &path[..end]));
                if fits(others, &path[end..], names) {
                    return true;
                }
                names.pop();
            }
            false
        }
        Part::Anything => {
            let mut at: Vec<usize> = std::iter::once(0).chain(ends(path)).collect();
            at.reverse();
            at.into_iter().any(|end| fits(others, &path[end..], names))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(organisation: &[&str], personal: &[&str], path: &str) -> Option<Target> {
        let list = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        let patterns = OrganisationPatterns {
            organization_patterns: list(organisation),
            personal_account_patterns: list(personal),
        };
        OrganisationSync::new(&patterns).unwrap().target(path)
    }

    #[test]
    fn patterns_by_id_by_slug_and_for_nobody() {
        let id = |text: &str| Some(Target::Id(text.into()));
        let slug = |text: &str| Some(Target::Slug(text.into()));
        let both = ["/orgs-by-slug/:slug", "/orgs-by-slug/:slug/(.*)", "/orgs-by-id/:id", "/orgs-by-id/:id/(.*)"];
        for (path, expected) in [
            ("/orgs-by-id/org_1", id("org_1")),
            ("/orgs-by-id/org_1/", id("org_1")),
            ("/ORGS-by-id/org_1", id("org_1")),
            ("/orgs-by-id/org_1/settings/members", id("org_1")),
            ("/orgs-by-slug/acme", slug("acme")),
            ("/orgs-by-slug/acme/settings", slug("acme")),
            ("/orgs-by-slug/a%20b", slug("a%20b")),
            ("/orgs-by-slug", None),
            ("/orgs-by-slug/", None),
            ("/x/orgs-by-slug/acme", None),
            ("/", None),
        ] {
            assert_eq!(target(&both, &[], path), expected, "{path}");
        }
        assert_eq!(target(&both, &["/", "/me", "/me/(.*)"], "/me/x"), Some(Target::Personal));
        assert_eq!(target(&both, &["/(.*)"], "/orgs-by-id/org_1"), id("org_1"));
        assert_eq!(target(&both, &["/(.*)"], "/elsewhere"), Some(Target::Personal));
        assert_eq!(target(&["/o/:slug/:id"], &[], "/o/acme/org_1"), id("org_1"));
        // A name that is neither says nothing, and a pattern that cannot match is inert.
        assert_eq!(target(&["/o/:name"], &[], "/o/acme"), None);
        assert_eq!(target(&["orgs/:id"], &[], "/orgs/org_1"), None);
        assert_eq!(target(&["/:slug-:rest/x"], &[], "/acme-corp/x"), slug("acme"));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in ["/orgs/:", "/orgs/(", "/orgs/:id(\\d+)", "/orgs/{x}?", "/orgs/:id?", "/orgs/*", "/a)"] {
            let patterns = OrganisationPatterns { organization_patterns: vec![text.into()], ..Default::default() };
            assert_eq!(OrganisationSync::new(&patterns).unwrap_err(), InvalidPattern(text.into()));
        }
    }
}
