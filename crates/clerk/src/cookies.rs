//! Cookies: reading them, their names, which of two to believe, and how to make a browser forget them.

use std::borrow::Cow;

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use percent_encoding::percent_decode_str;

use crate::keys::InstanceType;
use crate::token::Glimpse;

/// Session token.
pub(crate) const SESSION: &str = "__session";
/// When the client last changed, in unix seconds; `0` is signed out.
pub(crate) const CLIENT_UAT: &str = "__client_uat";
/// Lets the server get a new session token. Only the suffixed name is read.
pub(crate) const REFRESH: &str = "__refresh";
/// The browser's identity in development; also a query parameter.
pub(crate) const DEV_BROWSER: &str = "__clerk_db_jwt";
/// A handshake's result; also a query parameter.
pub(crate) const HANDSHAKE: &str = "__clerk_handshake";
/// What a handshake's result can be fetched by; also a query parameter.
pub(crate) const HANDSHAKE_NONCE: &str = "__clerk_handshake_nonce";
/// How often this browser was just sent round.
pub(crate) const REDIRECT_COUNT: &str = "__clerk_redirect_count";

/// The cookies of one request, in the order they came.
#[derive(Debug, Default)]
pub(crate) struct Cookies {
    pairs: Vec<(String, String)>,
}

impl Cookies {
    /// Splits first and decodes afterwards, so that an encoded semicolon stays in its value.
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let pairs = headers
            .get_all(COOKIE)
            .into_iter()
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
            .filter_map(|pair| {
                let (name, value) = std::str::from_utf8(pair).ok()?.split_once('=')?;
                let value = value.trim();
                let value = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
                let decoded = percent_decode_str(value).decode_utf8().unwrap_or(Cow::Borrowed(value));
                Some((name.trim().to_owned(), decoded.into_owned()))
            })
            .collect();
        Self { pairs }
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first cookie of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first cookie of that name, if it says anything.
    pub(crate) fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// Whether cookies of one name say different things.
    pub(crate) fn disagree(&self, name: &str) -> bool {
        let mut values = self.all(name);
        let first = values.next();
        values.any(|value| Some(value) != first)
    }
}

/// The names that end in this instance's suffix.
#[derive(Debug, Clone)]
pub(crate) struct SuffixedNames {
    pub(crate) session: String,
    pub(crate) client_uat: String,
    pub(crate) refresh: String,
    pub(crate) dev_browser: String,
}

impl SuffixedNames {
    pub(crate) fn new(suffix: &str) -> Self {
        let with = |name: &str| format!("{name}_{suffix}");
        Self {
            session: with(SESSION),
            client_uat: with(CLIENT_UAT),
            refresh: with(REFRESH),
            dev_browser: with(DEV_BROWSER),
        }
    }
}

/// What the choice between plain and suffixed names hangs on. Absent and empty are the same.
#[derive(Debug, Default)]
pub(crate) struct Choice<'a> {
    /// Plain session cookie: `None` absent, `Some(None)` undecodable.
    pub(crate) plain: Option<Option<&'a Glimpse>>,
    /// Suffixed session cookie, likewise.
    pub(crate) suffixed: Option<Option<&'a Glimpse>>,
    pub(crate) plain_uat: Option<&'a str>,
    pub(crate) suffixed_uat: Option<&'a str>,
}

impl Choice<'_> {
    /// Whether the suffixed cookies are the ones to believe. The first rule that fits decides; the rules are the SDK's.
    pub(crate) fn is_suffixed(&self, issuer_host: &str, instance: InstanceType, now: i64) -> bool {
        if let Some(plain) = self.plain {
            match plain.and_then(|glimpse| glimpse.issuer.as_deref()) {
                // An older kind of cookie, or nothing one can tell apart.
                None => return false,
                Some(issuer) if host_of(issuer) != Some(issuer_host) => return true,
                Some(_) => {}
            }
        }
        if self.suffixed_uat.is_none() && self.suffixed.is_none() {
            return false;
        }
        let issued =
            |token: Option<Option<&Glimpse>>| token.flatten().and_then(|glimpse| glimpse.issued_at).unwrap_or(0);
        let plain_signed_out = self.plain_uat == Some("0");
        let suffixed_signed_out = self.suffixed_uat == Some("0");
        if !suffixed_signed_out && !plain_signed_out && issued(self.plain) > issued(self.suffixed) {
            return false;
        }
        if suffixed_signed_out && !plain_signed_out {
            return false;
        }
        if instance == InstanceType::Development && !suffixed_signed_out && plain_signed_out {
            let expired = |glimpse: &Glimpse| glimpse.expires_at.is_some_and(|expires| expires <= now);
            if self.suffixed.flatten().is_some_and(expired) {
                return false;
            }
        }
        !(self.suffixed.is_some() && self.suffixed_uat.is_none())
    }

    /// Whether the two session cookies are this instance's and name two people.
    pub(crate) fn names_two_people(&self, issuer_host: &str) -> bool {
        let (Some(Some(plain)), Some(Some(suffixed))) = (self.plain, self.suffixed) else {
            return false;
        };
        let ours = |glimpse: &Glimpse| glimpse.issuer.as_deref().and_then(host_of) == Some(issuer_host);
        ours(plain) && ours(suffixed) && plain.subject != suffixed.subject
    }
}

/// An `iss` without its scheme; an attacker's text here.
pub(crate) fn host_of(issuer: &str) -> Option<&str> {
    issuer.strip_prefix("https://").or_else(|| issuer.strip_prefix("http://"))
}

/// A `Set-Cookie` value that makes the browser forget a host-only cookie.
pub(crate) fn forget(name: &str, secure: bool) -> Option<HeaderValue> {
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::try_from(format!(
        "{name}=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; SameSite=Lax{secure}"
    ))
    .ok()
}

#[cfg(test)]
mod tests;
