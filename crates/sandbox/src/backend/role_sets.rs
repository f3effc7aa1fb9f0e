//! `/role_sets`.

use axum::Json;
use axum::extract::{Path, State};

use crate::app::{App, Shared};
use crate::backend::body::Body;
use crate::backend::query::{Query, envelope};
use crate::clock;
use crate::errors::{ApiError, ApiResult};
use crate::records::{NewRoleSet, RoleSet};
use crate::state;

/// Every set.
pub(super) async fn list(State(app): State<Shared>, query: Query) -> ApiResult {
    app.store.read(|state| {
        let (page, total) = query.page(state.role_sets.values().collect::<Vec<_>>())?;
        Ok(Json(envelope((page.into_iter().map(|set| state.role_set_json(set)).collect(), total))))
    })
}

/// One set, by id or key.
pub(super) async fn show(State(app): State<Shared>, Path(id): Path<String>) -> ApiResult {
    app.store.read(|state| Ok(Json(state.role_set_json(state.role_set(&id)?))))
}

/// A new set.
pub(super) async fn create(State(app): State<Shared>, body: Body) -> ApiResult {
    let new = NewRoleSet {
        key: body.text("key")?,
        name: body.required("name")?,
        description: body.text("description")?,
        roles: body.texts("roles")?,
        default_role: body.required("default_role_key")?,
        creator_role: body.required("creator_role_key")?,
    };
    app.store.write(|state| {
        let set = state.create_role_set(new, clock::now())?;
        Ok(Json(state.role_set_json(&set)))
    })
}

/// Changes its name, description or default roles.
pub(super) async fn change(State(app): State<Shared>, Path(id): Path<String>, body: Body) -> ApiResult {
    let (name, description) = (body.text("name")?, body.settable("description")?);
    let defaults = (body.text("default_role_key")?, body.text("creator_role_key")?);
    answer(&app, &id, |_, set| {
        if let Some(name) = name {
            set.name = name;
        }
        if let Some(description) = description {
            set.description = description;
        }
        set.set_defaults(defaults.0, defaults.1);
        Ok(())
    })
}

/// Takes in more roles.
pub(super) async fn add(State(app): State<Shared>, Path(id): Path<String>, body: Body) -> ApiResult {
    let roles = body.texts("role_keys")?;
    let defaults = (body.text("default_role_key")?, body.text("creator_role_key")?);
    answer(&app, &id, |state, set| {
        for role in &roles {
            set.add(state.role(role)?.key.clone());
        }
        set.set_defaults(defaults.0, defaults.1);
        Ok(())
    })
}

/// Puts one role in the place of another.
pub(super) async fn replace_role(State(app): State<Shared>, Path(id): Path<String>, body: Body) -> ApiResult {
    let (role, by) = (body.required("role_key")?, body.required("to_role_key")?);
    answer(&app, &id, |state, set| {
        set.replace(&role, &state.role(&by)?.key);
        Ok(())
    })
}

/// Puts another set in the place of this one.
pub(super) async fn replace(State(app): State<Shared>, Path(id): Path<String>, body: Body) -> ApiResult {
    let by = body.required("dest_role_set_key")?;
    let mappings: Vec<_> = body
        .metadata("reassignment_mappings")?
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(from, to)| Some((from, to.as_str()?.to_owned())))
        .collect();
    app.store.write(|state| state.replace_role_set(&id, &by, &mappings, clock::now()).map(Json))
}

fn answer(app: &App, id: &str, change: impl FnOnce(&state::State, &mut RoleSet) -> Result<(), ApiError>) -> ApiResult {
    app.store.write(|state| {
        let set = state.change_role_set(id, clock::now(), change)?;
        Ok(Json(state.role_set_json(&set)))
    })
}
