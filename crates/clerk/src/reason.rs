//! Why a request is signed out or sent through a handshake, in the words Clerk's own SDKs use.

use std::borrow::Cow;
use std::fmt;

use http::HeaderValue;

/// A reason such as `dev-browser-missing`; safe to put in a header.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reason(Cow<'static, str>);

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)+) => {
        impl Reason {
            $($(#[$doc])* pub const $name: Self = Self(Cow::Borrowed($text));)+
        }
    };
}

reasons! {
    /// Neither a session nor a sign that there was one.
    SESSION_TOKEN_AND_UAT_MISSING = "session-token-and-uat-missing";
    /// A session cookie, though the client says it is signed out.
    SESSION_TOKEN_BUT_NO_CLIENT_UAT = "session-token-but-no-client-uat";
    /// The client says it is signed in, but there is no session cookie.
    CLIENT_UAT_BUT_NO_SESSION_TOKEN = "client-uat-but-no-session-token";
    /// The client changed after the token was made.
    SESSION_TOKEN_IAT_BEFORE_CLIENT_UAT = "session-token-iat-before-client-uat";
    /// A handshake ended without a session.
    SESSION_TOKEN_MISSING = "session-token-missing";
    /// The token is not valid yet.
    SESSION_TOKEN_NBF = "session-token-nbf";
    /// The token says it was made in the future.
    SESSION_TOKEN_IAT_IN_THE_FUTURE = "session-token-iat-in-the-future";
    /// A token of another kind (machine, template) where a session's belongs.
    TOKEN_TYPE_MISMATCH = "token-type-mismatch";
    /// Development: this browser has no identity yet.
    DEV_BROWSER_MISSING = "dev-browser-missing";
    /// Development: the browser's identity came back in the URL.
    DEV_BROWSER_SYNC = "dev-browser-sync";
    /// Came from another origin: make sure the session is still the same.
    PRIMARY_DOMAIN_CROSS_ORIGIN_SYNC = "primary-domain-cross-origin-sync";
    /// A satellite knows nothing of this browser yet.
    SATELLITE_COOKIE_NEEDS_SYNCING = "satellite-needs-syncing";
    /// The primary tells a satellite.
    PRIMARY_RESPONDS_TO_SYNCING = "primary-responds-to-syncing";
    /// The URL names another organisation than the token.
    ACTIVE_ORGANIZATION_MISMATCH = "active-organization-mismatch";
    /// Ours: a handshake came back; the page's own address comes next.
    HANDSHAKE_COMPLETE = "handshake-complete";
    /// Ours: a bearer token and a session cookie in one request, or several bearer tokens.
    TOKEN_CARRIER_CONFLICT = "token-carrier-conflict";
    /// Ours: two session cookies of one name that differ, or of two people.
    SESSION_COOKIE_CONFLICT = "session-cookie-conflict";
}

impl Reason {
    /// A reason known only at run time; anything but letters, digits, `-` and `_` is dropped so that a header can carry it.
    pub(crate) fn dynamic(text: &str) -> Self {
        let text = text.chars().filter(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_')).take(128);
        Self(Cow::Owned(text.collect()))
    }

    /// A reason known when this was written.
    pub(crate) const fn fixed(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// The words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The words as a header's value.
    #[must_use]
    pub fn header_value(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or_else(|_| HeaderValue::from_static("unexpected-error"))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
