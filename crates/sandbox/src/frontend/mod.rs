//! Clerk's Frontend API, which ClerkJS speaks: paths under `/v1`, the key set, and the script itself.

mod answer;
mod caller;
mod client;
mod dev_browser;
mod environment;
mod fields;
mod guard;
mod handshake;
mod health;
mod invitations;
mod logo;
mod me;
mod organizations;
mod part;
mod password;
mod scripts;
mod sessions;
mod sign_ins;
mod sign_ups;
mod tickets;

use axum::extract::State;
use axum::middleware;
use axum::routing::{delete, get, patch, post};
use axum::{Json, Router};
use serde_json::Value;

use crate::app::Shared;
use crate::errors::unknown_path;
use crate::faults::inject;
use crate::limits::enforce;

pub(crate) use guard::{check_version, method_override};
pub(crate) use handshake::{no_session_cookies, token_cookies};

/// Everything a browser asks of Clerk, but for the hosted pages.
pub(crate) fn router(app: &Shared) -> Router<Shared> {
    let api = Router::new()
        .route("/health", get(health::show))
        .route("/proxy-health", get(health::proxy))
        .route("/environment", get(environment::show).patch(environment::show))
        .route("/dev_browser", post(dev_browser::create))
        .route("/client", get(client::show).put(client::create).delete(client::destroy))
        .route("/client/touch", get(client::touch))
        .route("/client/handshake", get(handshake::start))
        .route("/client/sign_ups", post(sign_ups::create))
        .route("/client/sign_ups/{id}", get(sign_ups::show).patch(sign_ups::change))
        .route("/client/sign_ups/{id}/prepare_verification", post(sign_ups::prepare))
        .route("/client/sign_ups/{id}/attempt_verification", post(sign_ups::attempt))
        .route("/client/sign_ins", post(sign_ins::create))
        .route("/client/sign_ins/{id}", get(sign_ins::show))
        .route("/client/sign_ins/{id}/prepare_first_factor", post(sign_ins::prepare))
        .route("/client/sign_ins/{id}/attempt_first_factor", post(sign_ins::attempt))
        .route("/client/sessions", delete(sessions::remove_all))
        .route("/client/sessions/{id}", get(sessions::show))
        .route("/client/sessions/{id}/touch", post(sessions::touch))
        .route("/client/sessions/{id}/tokens", post(sessions::token))
        .route("/client/sessions/{id}/end", post(sessions::end))
        .route("/client/sessions/{id}/remove", post(sessions::remove))
        .route("/me", get(me::show).patch(me::change).delete(me::destroy))
        .route("/me/metadata", patch(me::merge_metadata))
        .route("/me/change_password", post(password::change))
        .route("/me/remove_password", post(password::remove))
        .route("/me/organization_memberships", get(me::memberships))
        .route("/me/organization_memberships/{organization}", delete(me::leave))
        .route("/me/organization_invitations", get(invitations::mine))
        .route("/me/organization_invitations/{id}/accept", post(invitations::accept))
        .route("/me/sessions", get(me::sessions))
        .route("/me/sessions/active", get(me::sessions))
        .route("/me/sessions/{id}/revoke", post(me::revoke_session))
        .route("/organizations", post(organizations::create))
        .route(
            "/organizations/{id}",
            get(organizations::show).patch(organizations::change).delete(organizations::destroy),
        )
        .route("/organizations/{id}/logo", logo::route())
        .route("/organizations/{id}/memberships", get(organizations::memberships).post(organizations::add_member))
        .route(
            "/organizations/{id}/memberships/{user}",
            patch(organizations::change_role).delete(organizations::remove_member),
        )
        .route("/organizations/{id}/invitations", get(invitations::in_organization).post(invitations::create))
        .route("/organizations/{id}/invitations/bulk", post(invitations::create_bulk))
        .route("/organizations/{id}/invitations/{invitation}/revoke", post(invitations::revoke))
        .route("/organizations/{id}/roles", get(organizations::roles))
        .route("/organizations/{id}/membership_requests", get(invitations::none))
        .route("/organizations/{id}/domains", get(invitations::none))
        .route("/tickets/accept", get(tickets::accept))
        .fallback(unknown_path)
        .layer(middleware::from_fn_with_state(app.clone(), inject))
        .layer(middleware::from_fn_with_state(app.clone(), enforce))
        .layer(middleware::from_fn_with_state(app.clone(), guard::guard));
    Router::new()
        .nest("/v1", api)
        .route("/.well-known/jwks.json", get(jwks).layer(middleware::from_fn_with_state(app.clone(), inject)))
        .route("/npm/@clerk/{package}/dist/{file}", get(scripts::show))
}

async fn jwks(State(app): State<Shared>) -> Json<Value> {
    Json(app.signer.keys.jwks())
}
