//! `/v1/client/handshake`: a page load by which the application's server gets the browser's cookies put right.
//!
//! The answer leads back to where the browser came from, with a nonce (or a signed token) for the cookies to set.

use axum::extract::{Query, RawQuery, State};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use http::HeaderMap;
use http::header::SET_COOKIE;
use serde::Deserialize;

use crate::app::{App, Shared};
use crate::browser::Browser;
use crate::clock::{self, Millis, SECOND};
use crate::cookies::{self, DEV_BROWSER};
use crate::errors::ApiError;
use crate::frontend::client::foreign_redirect;
use crate::origins::origin;
use crate::state;

/// Cookies in which a production instance carries the payload. They are always taken away again, else the next
/// page load would resolve an old payload.
const TRANSPORT: [&str; 2] = ["__clerk_handshake", "__clerk_handshake_nonce"];

#[derive(Deserialize)]
pub(super) struct Handshake {
    redirect_url: Option<String>,
    /// `nonce` or `token`; token when it is left out.
    format: Option<String>,
    /// Organisation to activate, by id or slug; empty for none.
    organization_id: Option<String>,
}

/// Answers a handshake.
pub(super) async fn start(
    State(app): State<Shared>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    Query(handshake): Query<Handshake>,
) -> Result<Response, ApiError> {
    let target = handshake.redirect_url.as_deref().ok_or_else(|| ApiError::missing("redirect_url"))?;
    let mut target = app.settings.origins.allowed_url(target).ok_or_else(foreign_redirect)?;
    let party = origin(&target);
    let secure = target.scheme() == "https";
    let now = clock::now();
    let known = Browser::known(&app, &headers, query.as_deref().unwrap_or_default());
    let (browser, directives) = app.store.write(|state| {
        let browser = known.unwrap_or_else(|| Browser::Development(state.create_dev_browser(now)));
        let session =
            browser.client(state).and_then(|client| state.current_session(client)).map(|session| session.id.clone());
        if let (Some(session), Some(organization)) = (&session, &handshake.organization_id) {
            if organization.is_empty() {
                state.deactivate(session, now);
            } else {
                // Unknown and foreign organisations leave everything as it was; the application notices.
                state.activate(session, organization, now);
            }
        }
        let mut directives = browser_cookies(&app, &browser, secure);
        match session {
            Some(session) => {
                directives.extend(cookies(&app, state, &session, &party, secure, now));
                directives.extend(refresh_cookie(&app, state, &session, secure));
            }
            None => directives.extend(no_session_cookies(&app, secure)),
        }
        directives.extend(TRANSPORT.map(cookies::remove));
        (browser, directives)
    });
    let (name, value) = if handshake.format.as_deref() == Some("nonce") {
        let nonce = app.store.write(|state| state.keep_directives(directives, now));
        (TRANSPORT[1], nonce)
    } else {
        (TRANSPORT[0], app.signer.handshake_token(&directives, now))
    };
    // In production the payload rides in a cookie of the domain both hosts are on.
    let own_cookie = match browser.development_id() {
        Some(id) => {
            target.query_pairs_mut().append_pair(name, &value);
            cookies::keep(DEV_BROWSER, id, false)
        }
        None => cookies::keep_for_a_minute(name, &value),
    };
    Ok((AppendHeaders([(SET_COOKIE, own_cookie)]), Redirect::temporary(target.as_str())).into_response())
}

/// The session's cookies for the application's host: token and freshness, under both names.
pub(crate) fn cookies(
    app: &App,
    state: &state::State,
    session_id: &str,
    party: &str,
    secure: bool,
    now: Millis,
) -> Vec<String> {
    let Some(session) = state.sessions.get(session_id) else {
        return no_session_cookies(app, secure);
    };
    let token = app.signer.session_token(state, session, Some(party), now);
    token_cookies(app, state, &session.client_id, &token, secure)
}

/// As [`cookies`] for a token that has been made already.
pub(crate) fn token_cookies(
    app: &App,
    state: &state::State,
    client_id: &str,
    token: &str,
    secure: bool,
) -> Vec<String> {
    let suffix = &app.signer.instance.suffix;
    let changed = state.clients.get(client_id).map_or(0, |client| client.updated_at / SECOND).to_string();
    vec![
        cookies::keep("__session", token, secure),
        cookies::keep(&format!("__session_{suffix}"), token, secure),
        cookies::keep("__client_uat", &changed, secure),
        cookies::keep(&format!("__client_uat_{suffix}"), &changed, secure),
    ]
}

fn browser_cookies(app: &App, browser: &Browser, secure: bool) -> Vec<String> {
    let Some(dev_browser) = browser.development_id() else {
        return Vec::new();
    };
    let suffix = &app.signer.instance.suffix;
    vec![
        cookies::keep(DEV_BROWSER, dev_browser, secure),
        cookies::keep(&format!("{DEV_BROWSER}_{suffix}"), dev_browser, secure),
    ]
}

fn refresh_cookie(app: &App, state: &mut state::State, session_id: &str, secure: bool) -> Option<String> {
    let token = state.refresh_token(session_id)?;
    let name = format!("__refresh_{}", app.signer.instance.suffix);
    Some(cookies::keep_hidden(&name, &token, secure))
}

/// What an application that nobody is signed in to has set, and taken away.
pub(crate) fn no_session_cookies(app: &App, secure: bool) -> Vec<String> {
    let suffix = &app.signer.instance.suffix;
    vec![
        cookies::remove("__session"),
        cookies::remove(&format!("__session_{suffix}")),
        cookies::keep("__client_uat", "0", secure),
        cookies::keep(&format!("__client_uat_{suffix}"), "0", secure),
        cookies::remove(&format!("__refresh_{suffix}")),
    ]
}
