//! Clerk's Backend API, which servers speak with the secret key: everything under `/bapi/v1`.

mod actor_tokens;
mod body;
mod clients;
mod email_addresses;
mod guard;
mod instance;
mod invitations;
mod logo;
mod memberships;
mod organizations;
mod permissions;
mod query;
mod role_sets;
mod roles;
mod sessions;
mod sign_in_tokens;
mod users;

use axum::Router;
use axum::middleware;
use axum::routing::{get, patch, post};

use crate::app::Shared;
use crate::errors::unknown_path;
use crate::faults::inject;
use crate::limits::enforce;

/// Everything a server asks of Clerk.
pub(crate) fn router(app: &Shared) -> Router<Shared> {
    Router::new()
        .route("/jwks", get(instance::jwks))
        .route("/instance", get(instance::show).patch(instance::change))
        .route(
            "/instance/organization_settings",
            get(instance::organization_settings).patch(instance::change_organization_settings),
        )
        .route("/users", get(users::list).post(users::create))
        .route("/users/count", get(users::count))
        .route("/users/{id}", get(users::show).patch(users::change).delete(users::destroy))
        .route("/users/{id}/metadata", patch(users::merge_metadata).put(users::replace_metadata))
        .route("/users/{id}/organization_memberships", get(memberships::of_user))
        .route("/users/{id}/organization_invitations", get(invitations::of_user))
        .route("/users/{id}/verify_password", post(users::verify_password))
        .route("/users/{id}/ban", post(users::ban))
        .route("/users/{id}/unban", post(users::unban))
        .route("/users/{id}/lock", post(users::lock))
        .route("/users/{id}/unlock", post(users::unlock))
        .route("/email_addresses", post(email_addresses::create))
        .route(
            "/email_addresses/{id}",
            get(email_addresses::show).patch(email_addresses::change).delete(email_addresses::destroy),
        )
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
        .route("/organizations/{id}/logo", logo::route())
        .route("/organizations/{id}/invitations", get(invitations::in_organization).post(invitations::create))
        .route("/organizations/{id}/invitations/bulk", post(invitations::create_bulk))
        .route("/organizations/{id}/invitations/pending", get(invitations::pending))
        .route("/organizations/{id}/invitations/{invitation}", get(invitations::show))
        .route("/organizations/{id}/invitations/{invitation}/revoke", post(invitations::revoke))
        .route("/organization_invitations", get(invitations::list))
        .route("/organization_roles", get(roles::list).post(roles::create))
        .route("/organization_roles/{id}", get(roles::show).patch(roles::change).delete(roles::destroy))
        .route("/organization_roles/{id}/permissions/{permission}", post(roles::assign).delete(roles::withdraw))
        .route("/organization_permissions", get(permissions::list).post(permissions::create))
        .route(
            "/organization_permissions/{id}",
            get(permissions::show).patch(permissions::change).delete(permissions::destroy),
        )
        .route("/role_sets", get(role_sets::list).post(role_sets::create))
        .route("/role_sets/{id}", get(role_sets::show).patch(role_sets::change))
        .route("/role_sets/{id}/roles", post(role_sets::add))
        .route("/role_sets/{id}/roles/replace", post(role_sets::replace_role))
        .route("/role_sets/{id}/replace", post(role_sets::replace))
        .route("/actor_tokens", post(actor_tokens::create))
        .route("/actor_tokens/{id}/revoke", post(actor_tokens::revoke))
        .route("/sign_in_tokens", post(sign_in_tokens::create))
        .route("/sign_in_tokens/{id}/revoke", post(sign_in_tokens::revoke))
        .route("/testing_tokens", post(sign_in_tokens::testing))
        .route("/sessions", get(sessions::list).post(sessions::create))
        .route("/sessions/{id}", get(sessions::show))
        .route("/sessions/{id}/revoke", post(sessions::revoke))
        .route("/sessions/{id}/tokens/{template}", post(sessions::template_token))
        .route("/sessions/{id}/tokens", post(sessions::token))
        .route("/sessions/{id}/refresh", post(sessions::refresh))
        .route("/clients/handshake_payload", get(clients::handshake_payload))
        .fallback(unknown_path)
        .layer(middleware::from_fn_with_state(app.clone(), inject))
        .layer(middleware::from_fn_with_state(app.clone(), enforce))
        .layer(middleware::from_fn_with_state(app.clone(), guard::guard))
}
