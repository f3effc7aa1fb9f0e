//! `POST /theme`: light, dark or as the system says.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use crate::body::Form;
use crate::return_path::ReturnPath;
use crate::session::{is_htmx, location};
use crate::theme::Theme;

/// The menu's form.
#[derive(Deserialize)]
pub(crate) struct Choice {
    theme: Theme,
}

/// With script the page has changed by itself already; without, it is shown again.
pub(crate) async fn choose(
    State(state): State<crate::State>,
    headers: HeaderMap,
    Form(choice): Form<Choice>,
) -> Response {
    let mut response = if is_htmx(&headers) {
        StatusCode::NO_CONTENT.into_response()
    } else {
        let page = ReturnPath::of_page(&state.config, &headers);
        (StatusCode::SEE_OTHER, location(page.as_ref().map_or("/", ReturnPath::as_str))).into_response()
    };
    response.headers_mut().append(SET_COOKIE, choice.theme.cookie(&state.config));
    response
}
