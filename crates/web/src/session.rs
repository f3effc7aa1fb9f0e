//! Who sends a request, as Clerk's token says; and what to answer where nobody is signed in.

use axum::response::{IntoResponse as _, Response};
use clerk::{Carrier, Outcome, SessionStatus, SignedIn};
use domain::Presence;
use domain::directory::{self, PersonHome};
use http::header::{AUTHORIZATION, COOKIE, LOCATION};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tenancy::UserId;
use url::Url;

use crate::error::{Error, Result};
use crate::return_path::ReturnPath;
use crate::route::Surface;
use crate::state::Looked;
use crate::trail::Trail;
use crate::{Config, State};

const HX_REQUEST: HeaderName = HeaderName::from_static("hx-request");
const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");

/// A person with a session.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) user: UserId,
    pub(crate) clerk: SignedIn,
}

impl Session {
    /// Clerk's id of it.
    pub(crate) fn id(&self) -> &str {
        &self.clerk.session.session_id
    }

    /// Whether the person still owes Clerk a task, such as choosing an organisation.
    pub(crate) fn is_pending(&self) -> bool {
        self.clerk.session.status == SessionStatus::Pending
    }

    /// Who the person is and where they belong; Clerk is asked, once in a while, where the directory seems behind.
    ///
    /// A person whom Clerk does not know any more has no session either.
    pub(crate) async fn home(&self, state: &State) -> Result<PersonHome> {
        let session = Some(self.id());
        let known = directory::person(&state.database, &self.user, session).await?;
        let named = self.organisation_slug();
        let behind = known
            .as_ref()
            // Whoever waits may be on the way in at this very moment: looking again lets them in where there is a place.
            .is_none_or(|home| {
                !home.waiting.is_empty()
                    || named.is_some_and(|slug| home.organisations.iter().all(|mine| mine.slug != slug))
            });
        let looked = if behind { state.look_again(&self.user).await } else { Looked::Lately };
        let newest = match looked {
            Looked::Now => directory::person(&state.database, &self.user, session).await?,
            Looked::Lately | Looked::InVain => known,
        };
        newest.ok_or(if looked == Looked::InVain { Error::ClerkSilent } else { Error::SessionEnded })
    }

    /// The address of the session's organisation, where the token says it.
    pub(crate) fn organisation_slug(&self) -> Option<&str> {
        self.clerk.session.organisation.as_ref()?.slug.as_deref()
    }

    /// Whether somebody else acts in the person's name.
    pub(crate) fn is_impersonated(&self) -> bool {
        self.clerk.session.impersonator.is_some()
    }

    /// Who sits there.
    pub(crate) fn presence(&self) -> Presence {
        match self.clerk.session.factor_age {
            _ if self.is_impersonated() => Presence::Impersonated,
            age => Presence::since(age.and_then(|age| age.first_minutes)),
        }
    }

    /// Whether a program sent the token, rather than a browser's cookie.
    pub(crate) fn is_bearer(&self) -> bool {
        self.clerk.carrier == Carrier::Header
    }
}

/// The session of a request to a page or to the API; an answer for everybody else.
pub(crate) async fn required(state: &State, parts: &Parts, surface: Surface) -> Result<Session> {
    if surface == Surface::Api {
        return bearer(state, parts).await;
    }
    let outcome = authenticate(state, parts, parts.headers.clone()).await;
    let trail = Trail::of(&parts.extensions);
    match outcome {
        Outcome::SignedIn(signed_in) => session(&trail, signed_in),
        Outcome::Handshake(redirect) => Err(Error::early((StatusCode::TEMPORARY_REDIRECT, redirect.into_headers()))),
        Outcome::Unavailable => Err(Error::ClerkSilent),
        outcome @ Outcome::SignedOut { .. } => {
            trail.add_headers(outcome.headers());
            Err(to_sign_in(state, parts))
        }
    }
}

/// The session of a page that strangers see too. Nobody is sent round who shows no sign of a session.
pub(crate) async fn optional(state: &State, parts: &Parts) -> Result<Option<Session>> {
    let bears_signs = parts.headers.get_all(COOKIE).iter().any(|line| has_clerks_name(line.as_bytes()));
    let comes_from_clerk = parts.uri.query().is_some_and(|query| query.contains("__clerk"));
    if !bears_signs && !comes_from_clerk && !parts.headers.contains_key(AUTHORIZATION) {
        return Ok(None);
    }
    let trail = Trail::of(&parts.extensions);
    match authenticate(state, parts, parts.headers.clone()).await {
        Outcome::SignedIn(signed_in) => session(&trail, signed_in).map(Some),
        Outcome::Handshake(redirect) => Err(Error::early((StatusCode::TEMPORARY_REDIRECT, redirect.into_headers()))),
        outcome @ Outcome::SignedOut { .. } => {
            trail.add_headers(outcome.headers());
            Ok(None)
        }
        // Perhaps somebody: to take them for a stranger would tell them that they are signed out.
        Outcome::Unavailable => Err(Error::ClerkSilent),
    }
}

/// Programs bring a token with each request. A cookie says nothing here, so no page can make a browser call the API.
async fn bearer(state: &State, parts: &Parts) -> Result<Session> {
    if !parts.headers.contains_key(AUTHORIZATION) {
        return Err(Error::NoToken);
    }
    let mut headers = parts.headers.clone();
    headers.remove(COOKIE);
    let trail = Trail::of(&parts.extensions);
    match authenticate(state, parts, headers).await {
        Outcome::SignedIn(signed_in) if signed_in.carrier == Carrier::Header => session(&trail, signed_in),
        Outcome::Unavailable => Err(Error::ClerkSilent),
        Outcome::SignedIn(_) => Err(Error::NoToken),
        Outcome::SignedOut { reason, .. } => {
            let mut headers = HeaderMap::new();
            headers.insert(clerk::AUTH_STATUS, HeaderValue::from_static("signed-out"));
            headers.insert(clerk::AUTH_REASON, reason.header_value());
            trail.add_headers(headers);
            Err(Error::NoToken)
        }
        // A program cannot be sent round.
        Outcome::Handshake(redirect) => {
            let mut headers = HeaderMap::new();
            headers.insert(clerk::AUTH_STATUS, HeaderValue::from_static("signed-out"));
            headers.insert(clerk::AUTH_REASON, redirect.reason.header_value());
            trail.add_headers(headers);
            Err(Error::NoToken)
        }
    }
}

async fn authenticate(state: &State, parts: &Parts, headers: HeaderMap) -> Outcome {
    let public_url = public_url(state, parts);
    let request = clerk::Request { method: &parts.method, public_url: &public_url, headers: &headers };
    state.clerk.authenticate(&request).await
}

/// The address of a request as people see it, from the configuration and never from `Host`.
pub(crate) fn public_url(state: &State, parts: &Parts) -> Url {
    state.config.absolute(parts.uri.path(), parts.uri.query())
}

fn session(trail: &Trail, clerk: SignedIn) -> Result<Session> {
    for cookie in &clerk.cookies {
        trail.add_cookie(cookie.clone());
    }
    let Ok(user) = UserId::parse(&clerk.session.user_id) else {
        tracing::warn!("a token names a person by an id of unknown form");
        return Err(Error::SignedOut);
    };
    trail.signed_in(&user, &clerk.session);
    Ok(Session { user, clerk })
}

/// Whether a cookie line names one of Clerk's cookies.
fn has_clerks_name(line: &[u8]) -> bool {
    line.split(|byte| *byte == b';').any(|pair| {
        let pair = pair.trim_ascii_start();
        [b"__session".as_slice(), b"__client_uat", b"__clerk", b"__refresh"].iter().any(|name| pair.starts_with(name))
    })
}

/// Sends a page load to sign-in and back, and says so to everything else: a page that is open may hold what somebody
/// has typed, so it is left as it is.
fn to_sign_in(state: &State, parts: &Parts) -> Error {
    if is_page_load(&parts.method, &parts.headers) {
        return Error::early((StatusCode::SEE_OTHER, location(&sign_in_path(here(&state.config, parts)))));
    }
    Error::SignedOut
}

/// The page that is being loaded, to come back to.
pub(crate) fn here(config: &Config, parts: &Parts) -> Option<ReturnPath> {
    let path = parts.uri.path_and_query().filter(|_| is_page_load(&parts.method, &parts.headers))?;
    ReturnPath::parse(config, path.as_str())
}

/// Our own address that leads to Clerk's sign-in and back to a page.
pub(crate) fn sign_in_path(page: Option<ReturnPath>) -> String {
    page.map_or_else(|| "/sign-in".to_owned(), |page| format!("/sign-in?redirect_url={}", page.escaped()))
}

/// Whether htmx asks, from within a page.
pub(crate) fn is_htmx(headers: &HeaderMap) -> bool {
    headers.get(HX_REQUEST).is_some_and(|value| value.as_bytes() == b"true")
}

/// Whether an address bar waits for the answer. Old browsers do not say what they load.
pub(crate) fn is_page_load(method: &Method, headers: &HeaderMap) -> bool {
    let loads = |to: &HeaderValue| matches!(to.as_bytes(), b"document" | b"iframe" | b"frame");
    matches!(*method, Method::GET | Method::HEAD)
        && !is_htmx(headers)
        && headers.get("sec-fetch-dest").is_none_or(loads)
}

/// htmx follows this with a page load of its own.
pub(crate) fn hx_redirect(status: StatusCode, path: &str) -> Response {
    let mut response = status.into_response();
    response.headers_mut().insert(HX_REDIRECT, header_value(path));
    response
}

/// `Location` of a path of ours.
pub(crate) fn location(path: &str) -> [(HeaderName, HeaderValue); 1] {
    [(LOCATION, header_value(path))]
}

/// Paths of ours are visible ASCII; if one ever were not, the start page is the harmless answer.
fn header_value(path: &str) -> HeaderValue {
    HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_load_is_told_from_a_fetch() {
        let headers = |pairs: &[(&'static str, &'static str)]| -> HeaderMap {
            let pairs =
                pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            pairs.collect()
        };
        for (method, pairs, expected) in [
            (Method::GET, vec![], true),
            (Method::HEAD, vec![("sec-fetch-dest", "document")], true),
            (Method::GET, vec![("sec-fetch-dest", "empty")], false),
            (Method::GET, vec![("sec-fetch-dest", "image")], false),
            (Method::GET, vec![("hx-request", "true")], false),
            (Method::POST, vec![("sec-fetch-dest", "document")], false),
        ] {
            assert_eq!(is_page_load(&method, &headers(&pairs)), expected, "{method} {pairs:?}");
        }
    }

    #[test]
    fn signs_of_a_session_are_clerks_cookies() {
        assert!(has_clerks_name(b"theme=dark; __session_abc=x"));
        assert!(has_clerks_name(b"__clerk_db_jwt=x"));
        assert!(!has_clerks_name(b"theme=__session; a__session=x"));
    }
}
