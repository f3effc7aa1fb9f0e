//! `/sign-in` and `/sign-up`: to Clerk's pages, and back to a page of ours.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::{LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;
use url::Url;

use super::gate::Gate;
use super::page;
use crate::access::Browser;
use crate::body::Query;
use crate::error::{Error, Result};
use crate::return_path::ReturnPath;
use crate::{Config, cookies};

/// Counts how often this browser was sent to sign-in within a short time.
const ROUNDS: &str = "sign_in_rounds";
const ROUNDS_SECONDS: u32 = 20;
/// Sent round more often than this, a browser is signed in at Clerk and not believed here.
const MOST_ROUNDS: u32 = 4;

/// Where to come back to.
#[derive(Deserialize)]
pub(crate) struct Return {
    redirect_url: Option<String>,
}

#[derive(Template)]
#[template(path = "sign_in_stuck.html")]
struct Stuck {
    gate: Gate,
}

/// `GET /sign-in`
pub(crate) async fn sign_in(
    State(state): State<crate::State>,
    Query(back): Query<Return>,
    browser: Browser,
    headers: HeaderMap,
) -> Result<Response> {
    let rounds = cookies::value(&state.config, &headers, ROUNDS).and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
    if rounds >= MOST_ROUNDS {
        tracing::warn!("a browser comes back from sign-in again and again without a session that is believed");
        return page(StatusCode::UNAUTHORIZED, &Stuck { gate: Gate::at_clerk(&state.config, browser) });
    }
    let mut response = to_clerk(&state.config, &state.config.sign_in_url, back)?;
    let count = cookies::set(&state.config, ROUNDS, &(rounds + 1).to_string(), ROUNDS_SECONDS);
    response.headers_mut().append(SET_COOKIE, count);
    Ok(response)
}

/// `GET /sign-up`
pub(crate) async fn sign_up(State(state): State<crate::State>, Query(back): Query<Return>) -> Result<Response> {
    to_clerk(&state.config, &state.config.sign_up_url, back)
}

fn to_clerk(config: &Config, portal: &Url, back: Return) -> Result<Response> {
    let start = || config.origin() + "/";
    let path = back.redirect_url.and_then(|text| ReturnPath::parse(config, &text));
    let mut url = portal.clone();
    url.query_pairs_mut().append_pair("redirect_url", &path.map_or_else(start, |path| path.absolute(config)));
    let location = HeaderValue::try_from(String::from(url)).map_err(|error| Error::internal(&error))?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response())
}
