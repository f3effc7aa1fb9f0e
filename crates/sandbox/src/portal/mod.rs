//! The hosted pages: signing in and up, choosing and creating an organisation, one's account. They work without script.

mod create_organization;
mod destination;
mod form;
mod guard;
mod pages;
mod sign_in;
mod sign_up;
mod tasks;
mod ticket;
mod user;
mod visitor;

use axum::Router;
use axum::extract::{Path, State};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use http::header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};

use crate::app::Shared;
use crate::assets;

pub(crate) use form::Form;
pub(crate) use guard::{own_forms_only, security_headers};
pub(crate) use pages::render;

/// Every hosted page, and the files they are made with.
pub(crate) fn router(app: &Shared) -> Router<Shared> {
    Router::new()
        .route("/sign-in", get(sign_in::show).post(sign_in::start))
        .route("/sign-in/code", get(sign_in::code).post(sign_in::finish))
        .route("/sign-in/code/again", post(sign_in::again))
        .route("/sign-in/create", get(sign_up::show))
        .route("/sign-in/tasks", get(tasks::show).post(tasks::choose))
        .route("/sign-in/tasks/{task}", get(tasks::show))
        .route("/sign-up", get(sign_up::show).post(sign_up::start))
        .route("/sign-up/code", get(sign_up::code).post(sign_up::finish))
        .route("/sign-up/code/again", post(sign_up::again))
        .route("/sign-up/tasks", get(tasks::show))
        .route("/ticket", get(ticket::show).post(ticket::accept))
        .route("/create-organization", get(create_organization::show).post(create_organization::create))
        .route("/user", get(user::show).post(user::change))
        .route("/sign-out", post(user::sign_out))
        .layer(middleware::from_fn_with_state(app.clone(), guard::guard))
        .merge(assets::router())
        .route("/portal/logos/{name}", get(pictures))
}

async fn pictures(State(app): State<Shared>, Path(name): Path<String>) -> Response {
    match app.logos.read(&name) {
        Some((kind, bytes)) => ([(CONTENT_TYPE, kind), (X_CONTENT_TYPE_OPTIONS, "nosniff")], bytes).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
