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

impl<'a> Request<'a> {
    /// A header's text, when there is exactly one such header (or the first of several) and it is visible ASCII.
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The first value of a query parameter, if it is not empty.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        let (_, value) = self.public_url.query_pairs().find(|(key, _)| key == name)?;
        (!value.is_empty()).then(|| value.into_owned())
    }
}
