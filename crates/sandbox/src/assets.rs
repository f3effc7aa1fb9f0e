//! The few files the sandbox's pages are made with, built into the program.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};

/// `/portal/…`, on the pages' port and on the mailbox's.
pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/portal/portal.css", get(css))
        .route("/portal/fragment.js", get(script))
        .route("/portal/logo.svg", get(logo))
        .route("/portal/picture.svg", get(picture))
}

async fn css() -> Response {
    file("text/css; charset=utf-8", include_str!("../assets/portal.css"))
}

async fn script() -> Response {
    file("text/javascript; charset=utf-8", include_str!("../assets/fragment.js"))
}

async fn logo() -> Response {
    file("image/svg+xml", include_str!("../assets/logo.svg"))
}

async fn picture() -> Response {
    file("image/svg+xml", include_str!("../assets/picture.svg"))
}

fn file(kind: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "max-age=300"), (X_CONTENT_TYPE_OPTIONS, "nosniff")], text).into_response()
}
