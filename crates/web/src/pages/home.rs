//! `/`: the landing page for strangers, the way to their organisation for everybody else.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;

use super::gate::Gate;
use super::page;
use crate::access::{Anyone, Browser};
use crate::error::Result;
use crate::session::location;

/// A run as it may look: title, what stands under it, whether it is done.
const EXAMPLE: &[(&str, &str, bool)] = &[
    ("Read both thermometers", "Priya Nair, 06:04", true),
    ("Check door seals and curtain", "Priya Nair, 06:09", true),
    ("Count pallets against the night sheet", "Max Oyelaran, 06:12", true),
    ("Release the first delivery", "To do", false),
];

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    gate: Gate,
}

/// `GET /`
pub(crate) async fn show(anyone: Anyone, browser: Browser, State(state): State<crate::State>) -> Result<Response> {
    let Some(session) = anyone.session else {
        return page(StatusCode::OK, &Home { gate: Gate::new(&state.config, browser, None) });
    };
    let mine = session.home(&state).await?.organisations;
    // The session's organisation is the one looked at last.
    let last = session.organisation_slug();
    let known = mine.iter().find(|one| Some(one.slug.as_str()) == last);
    let only = mine.first().filter(|_| mine.len() == 1);
    let path = match known.or(only) {
        Some(one) => format!("/orgs/{}", one.slug),
        None => "/organisations".to_owned(),
    };
    Ok((StatusCode::SEE_OTHER, location(&path)).into_response())
}
