//! The little of an HTTP request that authentication looks at.

use http::{HeaderMap, Method};
use url::Url;

/// A request as seen by the crate.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Its method.
    pub method: &'a Method,
    /// The public base URL with the request's path and query: never made from `Host` or forwarded headers.
    pub public_url: &'a Url,
    /// Its headers.
    pub headers: &'a HeaderMap,
}

/// Query parameters that are Clerk's own and never part of a page's address.
const CLERK_PARAMETERS: [&str; 5] =
    ["__clerk_handshake", "__clerk_handshake_nonce", "__clerk_db_jwt", "__clerk_help", "__dev_session"];

impl<'a> Request<'a> {
    /// The public URL without Clerk's own parameters: what to come back to.
    #[must_use]
    pub fn clean_url(&self) -> Url {
        let mut url = self.public_url.clone();
        url.set_fragment(None);
        if let Some(query) = self.public_url.query() {
            // Filtered as text, so that everybody else's parameters stay as they were written.
            let kept: Vec<&str> = query.split('&').filter(|pair| !is_clerks(pair)).collect();
            url.set_query((!kept.is_empty()).then(|| kept.join("&")).as_deref());
        }
        url
    }

    /// A header's text, the first of several, if it is visible ASCII.
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The first value of a query parameter that is not empty.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        let mut values = self.public_url.query_pairs().filter(|(key, value)| key == name && !value.is_empty());
        values.next().map(|(_, value)| value.into_owned())
    }

    /// Whether a browser is loading a page (or a frame), which is the only thing that can be sent round.
    pub(crate) fn is_page_load(&self) -> bool {
        if self.method != Method::GET {
            return false;
        }
        match self.header("sec-fetch-dest") {
            Some(destination) => matches!(destination, "document" | "iframe"),
            None => self.header("accept").is_some_and(|accept| accept.starts_with("text/html")),
        }
    }
}

fn is_clerks(pair: &str) -> bool {
    url::form_urlencoded::parse(pair.as_bytes()).next().is_some_and(|(name, _)| CLERK_PARAMETERS.contains(&&*name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_only_clerks_parameters_away() {
        let (method, headers) = (Method::GET, HeaderMap::new());
        for (before, after) in [
            ("https://a.example/x", "https://a.example/x"),
            ("https://a.example/x?q=a%20b+c&&z#top", "https://a.example/x?q=a%20b+c&&z"),
            ("https://a.example/x?__clerk_db_jwt=1", "https://a.example/x"),
            (
                "https://a.example/x?a=1&__clerk_handshake=h&b=%C3%A9&__clerk_handshake_nonce=n",
                "https://a.example/x?a=1&b=%C3%A9",
            ),
            ("https://a.example/?%5F_clerk_help=1&__dev_session=2&__clerk=3", "https://a.example/?__clerk=3"),
        ] {
            let url = Url::parse(before).unwrap();
            let request = Request { method: &method, public_url: &url, headers: &headers };
            assert_eq!(request.clean_url().as_str(), after);
        }
    }

    #[test]
    fn knows_a_page_load() {
        let url = Url::parse("https://a.example/").unwrap();
        for (method, destination, accept, expected) in [
            (Method::GET, Some("document"), None, true),
            (Method::GET, Some("iframe"), None, true),
            (Method::GET, None, Some("text/html,*/*"), true),
            (Method::GET, Some("empty"), Some("text/html"), false),
            (Method::GET, Some("image"), None, false),
            (Method::GET, None, Some("application/json"), false),
            (Method::GET, None, None, false),
            (Method::POST, Some("document"), Some("text/html"), false),
            (Method::HEAD, Some("document"), Some("text/html"), false),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [("sec-fetch-dest", destination), ("accept", accept)] {
                if let Some(value) = value {
                    headers.insert(name, value.parse().unwrap());
                }
            }
            let request = Request { method: &method, public_url: &url, headers: &headers };
            assert_eq!(request.is_page_load(), expected, "{method} {destination:?} {accept:?}");
        }
    }
}
