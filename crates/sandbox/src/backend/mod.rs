//! Clerk's Backend API, which servers speak with the secret key: everything under `/bapi/v1`.

mod body;
mod clients;
mod guard;
mod instance;
mod memberships;
mod organizations;
mod query;
mod sessions;
mod users;

use axum::Router;
use axum::middleware;
use axum::routing::{get, patch, post};

use crate::app::Shared;
use crate::errors::unknown_path;

/// Everything a server asks of Clerk.
pub(crate) fn router(app: &Shared) -> Router<Shared> {
    Router::new()
        .route("/jwks", get(instance::jwks))
        .route("/instance", get(instance::show))
        .route("/instance/organization_settings", get(instance::organization_settings))
        .route("/users", get(users::list).post(users::create))
        .route("/users/count", get(users::count))
        .route("/users/{id}", get(users::show).patch(users::change).delete(users::destroy))
        .route("/users/{id}/metadata", patch(users::merge_metadata).put(users::replace_metadata))
        .route("/users/{id}/organization_memberships", get(memberships::of_user))
        .route("/organizations", get(organizations::list).post(organizations::create))
        .route(
            "/organizations/{id}",
            get(organizations::show).patch(organizations::change).delete(organizations::destroy),
        )
        .route(
            "/organizations/{id}/metadata",
            patch(organizations::merge_metadata).put(organizations::replace_metadata),
        )
        .route("/organizations/{id}/memberships", get(memberships::in_organization).post(memberships::create))
        .route("/organizations/{id}/memberships/{user}", patch(memberships::change_role).delete(memberships::destroy))
        .route("/organizations/{id}/memberships/{user}/metadata", patch(memberships::merge_metadata))
        .route("/organization_memberships", get(memberships::list))
        .route("/sessions", get(sessions::list).post(sessions::create))
        .route("/sessions/{id}", get(sessions::show))
        .route("/sessions/{id}/revoke", post(sessions::revoke))
        .route("/sessions/{id}/tokens", post(sessions::token))
        .route("/sessions/{id}/refresh", post(sessions::refresh))
        .route("/clients/handshake_payload", get(clients::handshake_payload))
        .fallback(unknown_path)
        .layer(middleware::from_fn_with_state(app.clone(), guard::guard))
}
