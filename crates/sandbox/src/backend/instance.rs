//! The instance itself: its keys, and its settings for organisations.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::app::Shared;

/// The key set.
pub(super) async fn jwks(State(app): State<Shared>) -> Json<Value> {
    Json(app.signer.keys.jwks())
}

/// The instance itself.
pub(super) async fn show(State(app): State<Shared>) -> Json<Value> {
    let id = app.store.read(|state| state.instance_id.clone());
    Json(json!({ "object": "instance", "id": id, "environment_type": "development", "allowed_origins": null }))
}

/// How organisations are set up.
pub(super) async fn organization_settings(State(app): State<Shared>) -> Json<Value> {
    let limit = app.store.read(|state| state.rules.max_allowed_memberships);
    Json(json!({
        "object": "organization_settings",
        "enabled": true,
        "max_allowed_memberships": limit,
        "max_allowed_roles": 10,
        "max_role_sets_allowed": 1,
        "max_allowed_domains": 0,
        "max_allowed_permissions": 50,
        "creator_role": "org:admin",
        "admin_delete_enabled": true,
        "domains_enabled": false,
        "slug_disabled": false,
        "domains_enrollment_modes": [],
        "domains_default_role": "org:member",
        "initial_role_set_key": null,
    }))
}
