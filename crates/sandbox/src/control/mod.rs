//! The control page and its JSON: what is in the instance, how webhooks go, and what can be made to happen at Clerk.

mod answer;
mod dump;
mod endpoint;
mod faults;
mod input;
mod keys;
mod limits;
mod organizations;
mod page;
mod smtp;
mod stripe;
mod users;
mod webhooks;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;

use crate::app::Shared;
use crate::portal::{own_forms_only, security_headers};

/// Everything under `/control`.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/control", get(page::show))
        .route("/control/state.json", get(dump::show))
        .route("/control/webhooks", post(webhooks::change))
        .route("/control/webhooks/release", post(webhooks::release))
        .route("/control/webhooks/enable", post(endpoint::enable))
        .route("/control/webhooks/secret", post(endpoint::rotate_secret))
        .route("/control/webhooks/secret/end-overlap", post(endpoint::end_overlap))
        .route("/control/deliveries/{id}/resend", post(webhooks::resend))
        .route("/control/deliveries/{id}/duplicate", post(webhooks::duplicate))
        .route("/control/users/{id}/end-sessions", post(users::end_sessions))
        .route("/control/users/{id}/age", post(users::age))
        .route("/control/users/{id}/ban", post(users::ban))
        .route("/control/users/{id}/unban", post(users::unban))
        .route("/control/users/{id}/delete", post(users::delete))
        .route("/control/organizations/{id}/delete", post(organizations::delete))
        .route("/control/memberships/{id}/role", post(organizations::change_role))
        .route("/control/memberships/{id}/remove", post(organizations::remove_member))
        .route("/control/keys/rotate", post(keys::rotate))
        .route("/control/keys/withdraw", post(keys::withdraw))
        .route("/control/limits", post(limits::change))
        .route("/control/faults", get(faults::list).post(faults::add))
        .route("/control/faults/clear", post(faults::clear_all))
        .route("/control/faults/{id}/clear", post(faults::clear))
        .route("/control/smtp", get(smtp::list).post(smtp::add))
        .route("/control/smtp/clear", post(smtp::clear))
        .route("/control/received", get(faults::received))
        .route("/control/received/clear", post(faults::clear_received))
        .merge(stripe::router())
}

/// Refuses forms of other pages on the mailbox's port, and sets its headers.
async fn guard(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let port = app.settings.mailbox_origin.rsplit(':').next().unwrap_or_default();
    let own = ["localhost", "127.0.0.1", "[::1]"].map(|host| format!("http://{host}:{port}"));
    let mut response = if own_forms_only(&request, |origin| own.iter().any(|own| own == origin)) {
        next.run(request).await
    } else {
        StatusCode::FORBIDDEN.into_response()
    };
    // Files keep the life their own answer gives them.
    if !response.headers().contains_key(http::header::CACHE_CONTROL) {
        security_headers(response.headers_mut(), "");
    }
    response
}

/// Wraps the pages of the mailbox's port.
pub(crate) fn guarded(router: Router<Shared>, app: &Shared) -> Router<Shared> {
    router.layer(from_fn_with_state(app.clone(), guard))
}
