//! `POST /sign-out`: the session ends at Clerk and in this browser.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::{directory, sign_outs};
use http::header::SET_COOKIE;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;

use crate::access::Anyone;
use crate::body::Form;
use crate::flash::Flash;
use crate::return_path::ReturnPath;
use crate::session::location;
use crate::state::Chain;

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// Where to go afterwards: to the start page where nothing is said.
#[derive(Deserialize)]
pub(crate) struct Onward {
    redirect_url: Option<String>,
}

/// Works for everybody: whoever is not signed in any more is signed out too. While Clerk does not answer the session ends
/// here, and a worker tells Clerk when it does.
pub(crate) async fn sign_out(
    anyone: Anyone,
    State(state): State<crate::State>,
    Form(onward): Form<Onward>,
) -> Response {
    if let Some(session) = &anyone.session
        && let Err(error) = directory::session_ended(&state.database, &session.user, session.id()).await
    {
        tracing::warn!(error = %Chain(&error), "a session’s end was not written down; its last token ends within a minute");
    }
    if let Some(session) = &anyone.session
        && let Err(error) = state.end_at_clerk(session.id()).await
    {
        // The browser forgets it all the same, and here it has ended.
        tracing::warn!(error = %Chain(&error), "Clerk is told of a sign-out later");
        if let Err(error) = sign_outs::tell_clerk_later(&state.database, session.id()).await {
            tracing::error!(error = %Chain(&error), "Clerk is not told of a sign-out");
        }
    }
    let onward = onward.redirect_url.and_then(|text| ReturnPath::parse(&state.config, &text));
    let path = onward.as_ref().map_or("/", ReturnPath::as_str);
    let mut response = (StatusCode::SEE_OTHER, location(path)).into_response();
    let headers = response.headers_mut();
    for cookie in state.clerk.sign_out_cookies(state.config.is_https()) {
        headers.append(SET_COOKIE, cookie);
    }
    // Who goes on to sign in again reads it nowhere before they have.
    if !path.starts_with("/sign-in") {
        headers.append(SET_COOKIE, Flash::SignedOut.cookie(&state.config));
    }
    headers.insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"cache\""));
    response
}
