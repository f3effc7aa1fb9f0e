//! The instance itself: its keys, its own settings and those for organisations.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde_json::{Value, json};

use crate::app::Shared;
use crate::backend::body::Body;
use crate::errors::{ApiError, ApiResult};

/// The key set.
pub(super) async fn jwks(State(app): State<Shared>) -> Json<Value> {
    Json(app.signer.keys.jwks())
}

/// The instance itself.
pub(super) async fn show(State(app): State<Shared>) -> Json<Value> {
    app.store.read(|state| {
        Json(json!({
            "object": "instance",
            "id": state.instance_id,
            "environment_type": app.signer.instance.environment_type(),
            "workspace_id": null,
            "allowed_origins": state.allowed_origins,
        }))
    })
}

/// Changes the instance. Of what Clerk takes, the origins are kept; what they are allowed is the command line's to say.
pub(super) async fn change(State(app): State<Shared>, body: Body) -> Result<StatusCode, ApiError> {
    if body.mentions("allowed_origins") {
        let origins = body.texts("allowed_origins")?;
        app.store.write(|state| state.allowed_origins = origins);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// How organisations are set up.
pub(super) async fn organization_settings(State(app): State<Shared>) -> Json<Value> {
    app.store.read(|state| Json(state.organization_settings_json()))
}

/// Changes what is mentioned; roles are named by id or key, and the creator's must be able to hold an organisation.
pub(super) async fn change_organization_settings(State(app): State<Shared>, body: Body) -> ApiResult {
    let limit = body.number("max_allowed_memberships")?;
    let modes =
        body.mentions("domains_enrollment_modes").then(|| body.texts("domains_enrollment_modes")).transpose()?;
    let (creator, default) = (body.text("creator_role_id")?, body.text("domains_default_role_id")?);
    let flags = ["enabled", "admin_delete_enabled", "domains_enabled", "slug_disabled"].map(|name| body.flag(name));
    let [enabled, deletable, domains, slugless] = flags;
    let (enabled, deletable, domains, slugless) = (enabled?, deletable?, domains?, slugless?);
    app.store.write(|state| {
        let creator = creator.map(|id| state.role(&id).map(|role| role.key.clone())).transpose()?;
        let default = default.map(|id| state.role(&id).map(|role| role.key.clone())).transpose()?;
        if creator.as_ref().is_some_and(|key| !state.is_elevated(key)) {
            return Err(ApiError::form(
                "organization_missing_creator_role_permissions",
                "creator_role_id",
                "The role must be able to manage members and to delete the organization.",
            ));
        }
        let settings = &mut state.organization_settings;
        settings.max_allowed_memberships = limit.or(settings.max_allowed_memberships);
        settings.enabled = enabled.unwrap_or(settings.enabled);
        settings.admin_delete_enabled = deletable.unwrap_or(settings.admin_delete_enabled);
        settings.domains_enabled = domains.unwrap_or(settings.domains_enabled);
        settings.slug_disabled = slugless.unwrap_or(settings.slug_disabled);
        if let Some(modes) = modes {
            settings.domains_enrollment_modes = modes;
        }
        if let Some(creator) = creator {
            settings.creator_role = creator;
        }
        if let Some(default) = default {
            settings.domains_default_role = default;
        }
        Ok(Json(state.organization_settings_json()))
    })
}
