//! What came of looking at a request, and the redirects it may need.

use http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::reason::Reason;
use crate::session::SignedIn;

/// `x-clerk-auth-status`: `signed-out` or `handshake`.
pub const AUTH_STATUS: HeaderName = HeaderName::from_static("x-clerk-auth-status");
/// `x-clerk-auth-reason`: a [`Reason`].
pub const AUTH_REASON: HeaderName = HeaderName::from_static("x-clerk-auth-reason");

/// What came of looking at a request.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Somebody is signed in (perhaps with a task pending: see [`crate::SessionStatus`]).
    SignedIn(SignedIn),
    /// Nobody is.
    SignedOut {
        /// Why.
        reason: Reason,
        /// `Set-Cookie` values to append to the response.
        cookies: Vec<HeaderValue>,
    },
    /// Answer with this redirect, status 307.
    Handshake(Redirect),
    /// The keys cannot be had, so nothing can be said: status 503.
    Unavailable,
}

impl Outcome {
    /// The headers every answer to this request should carry besides its own: `x-clerk-auth-*` and `Set-Cookie`.
    /// For a handshake use [`Redirect::into_headers`] instead, which has them all.
    #[must_use]
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        match self {
            Self::SignedIn(signed_in) => append_cookies(&mut headers, &signed_in.cookies),
            Self::SignedOut { reason, cookies } => {
                headers.insert(AUTH_STATUS, HeaderValue::from_static("signed-out"));
                headers.insert(AUTH_REASON, reason.header_value());
                append_cookies(&mut headers, cookies);
            }
            Self::Handshake(redirect) => headers.extend(redirect.headers.clone()),
            Self::Unavailable => {}
        }
        headers
    }
}

/// A redirect to answer with status 307.
#[derive(Debug, Clone)]
pub struct Redirect {
    /// Absolute URL.
    pub location: String,
    /// `set-cookie`, `cache-control: no-store` and `x-clerk-auth-*`; without `location`.
    pub headers: HeaderMap,
    /// Why.
    pub reason: Reason,
}

impl Redirect {
    pub(crate) fn new(location: String, reason: Reason, cookies: &[HeaderValue]) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        append_cookies(&mut headers, cookies);
        Self { location, headers, reason }
    }

    /// Sets these cookies too.
    pub(crate) fn with_cookies(mut self, cookies: &[HeaderValue]) -> Self {
        append_cookies(&mut self.headers, cookies);
        self
    }

    /// Says in `x-clerk-auth-*` how the request stands.
    pub(crate) fn with_status(mut self, status: &'static str) -> Self {
        self.headers.insert(AUTH_STATUS, HeaderValue::from_static(status));
        self.headers.insert(AUTH_REASON, self.reason.header_value());
        self
    }

    /// Every header of the response, `location` included.
    #[must_use]
    pub fn into_headers(self) -> HeaderMap {
        let mut headers = self.headers;
        // A serialised URL is ASCII; if it ever were not, a redirect to the root is the harmless answer.
        let location = HeaderValue::try_from(self.location).unwrap_or_else(|_| HeaderValue::from_static("/"));
        headers.insert(LOCATION, location);
        headers
    }
}

fn append_cookies(headers: &mut HeaderMap, cookies: &[HeaderValue]) {
    for cookie in cookies {
        headers.append(SET_COOKIE, cookie.clone());
    }
}
