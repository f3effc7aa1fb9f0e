//! Pages that say one thing, and the ways on.

use askama::Template;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;

use crate::portal::render;

/// A way on.
pub(super) struct Link {
    pub(super) href: String,
    pub(super) text: String,
}

#[derive(Template)]
#[template(path = "stripe_notice.html")]
struct Notice<'a> {
    heading: &'a str,
    message: &'a str,
    link: Option<Link>,
}

/// A page that says one thing.
pub(super) fn notice(status: StatusCode, heading: &str, message: &str, link: Option<Link>) -> Response {
    render(status, &Notice { heading, message, link })
}

/// 404: nobody has that page.
pub(super) fn unknown() -> Response {
    notice(
        StatusCode::NOT_FOUND,
        "Page not found",
        "The page you were looking for could not be found. Check the address, or go back to where you came from.",
        None,
    )
}

/// 303.
pub(super) fn see_other(address: &str) -> Response {
    Redirect::to(address).into_response()
}
