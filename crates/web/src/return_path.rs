//! Where to go back to after a detour: a path of ours and nothing else, whoever wrote it.

use http::HeaderMap;
use http::header::REFERER;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::Config;

/// The longest path that is remembered over a detour.
const LONGEST: usize = 2048;

/// What may stand unescaped in a query's value.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// A path with its query that begins with one slash: it cannot leave the origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReturnPath(String);

impl ReturnPath {
    /// Accepts a path of this origin, also when written as a whole URL of it; anything else is `None`.
    pub(crate) fn parse(config: &Config, text: &str) -> Option<Self> {
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        if text.len() > LONGEST || !plain {
            return None;
        }
        let is_path = text.starts_with('/') && !text.starts_with("//");
        let base = &config.public_base_url;
        let url = if is_path { base.join(text) } else { Url::parse(text) }.ok()?;
        if url.origin() != base.origin() || !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let path = url.path();
        // `/.//elsewhere` is a path by itself, and another host once somebody resolves it again.
        if !path.starts_with('/') || path.starts_with("//") {
            return None;
        }
        Some(Self(url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))))
    }

    /// The page a form or a fragment was asked from: htmx says so, other requests have a referrer.
    pub(crate) fn of_page(config: &Config, headers: &HeaderMap) -> Option<Self> {
        let named = headers.get("hx-current-url").or_else(|| headers.get(REFERER));
        Self::parse(config, named?.to_str().ok()?)
    }

    /// The path and query.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The whole address, for Clerk's pages.
    pub(crate) fn absolute(&self, config: &Config) -> String {
        format!("{}{}", config.origin(), self.0)
    }

    /// As the value of a parameter.
    pub(crate) fn escaped(&self) -> String {
        utf8_percent_encode(&self.0, VALUE).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::config;

    #[test]
    fn only_paths_of_ours_pass() {
        let config = config("https://app.example.com");
        for (text, expected) in [
            ("/orgs/acme/runs?before=1", Some("/orgs/acme/runs?before=1")),
            ("/", Some("/")),
            ("/a#b", Some("/a")),
            ("https://app.example.com/a?b=c", Some("/a?b=c")),
            ("https://app.example.com", Some("/")),
            ("/%2F%2Fevil.test", Some("/%2F%2Fevil.test")),
            ("//evil.test", None),
            ("///evil.test", None),
            ("/\\evil.test", None),
            ("\\\\evil.test", None),
            ("/.//evil.test", None),
            ("/a/..//evil.test", None),
            ("https://evil.test/", None),
            ("https://app.example.com.evil.test/", None),
            ("https://app.example.com@evil.test/", None),
            ("https://user@app.example.com/", None),
            ("http://app.example.com/", None),
            ("javascript:alert(1)", None),
            ("data:text/html,x", None),
            ("orgs/acme", None),
            ("", None),
            (" /a", None),
            ("/a\tb", None),
            ("/a\nb", None),
            ("/é", None),
        ] {
            let parsed = ReturnPath::parse(&config, text);
            assert_eq!(parsed.as_ref().map(ReturnPath::as_str), expected, "{text:?}");
        }
        assert!(ReturnPath::parse(&config, &format!("/{}", "a".repeat(LONGEST))).is_none());
    }

    #[test]
    fn a_path_is_escaped_as_a_parameter() {
        let path = ReturnPath::parse(&config("https://app.example.com"), "/a?b=c&d=%20").unwrap();
        assert_eq!(path.escaped(), "/a%3Fb%3Dc%26d%3D%2520");
        assert_eq!(path.absolute(&config("https://app.example.com")), "https://app.example.com/a?b=c&d=%20");
    }
}
