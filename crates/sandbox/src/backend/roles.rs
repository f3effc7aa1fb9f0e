//! `/organization_roles`.

use axum::Json;
use axum::extract::{Path, State};

use crate::app::{App, Shared};
use crate::backend::body::Body;
use crate::backend::query::{Query, SortKey, envelope};
use crate::clock;
use crate::errors::{ApiError, ApiResult};
use crate::records::{NewRole, Role};
use crate::state;

/// The roles that pass the filter.
pub(super) async fn list(State(app): State<Shared>, query: Query) -> ApiResult {
    let words = query.one("query").map(str::to_lowercase);
    app.store.read(|state| {
        let mut roles: Vec<_> = state
            .roles
            .values()
            .filter(|role| {
                words.as_ref().is_none_or(|words| role.name.to_lowercase().contains(words) || role.key.contains(words))
            })
            .collect();
        query.sort(&mut roles, |role, field| {
            Some(match field {
                "created_at" => SortKey::Time(Some(role.created_at)),
                "name" => SortKey::Text(role.name.to_lowercase()),
                "key" => SortKey::Text(role.key.clone()),
                _ => return None,
            })
        })?;
        let (page, total) = query.page(roles)?;
        let data = page.into_iter().map(|role| state.role_json(role)).collect();
        Ok(Json(envelope((data, total))))
    })
}

/// One role.
pub(super) async fn show(State(app): State<Shared>, Path(id): Path<String>) -> ApiResult {
    app.store.read(|state| Ok(Json(state.role_json(state.role(&id)?))))
}

/// A new role.
pub(super) async fn create(State(app): State<Shared>, body: Body) -> ApiResult {
    let new = NewRole {
        key: body.required("key")?,
        name: body.required("name")?,
        description: body.text("description")?,
        permissions: body.texts("permissions")?,
    };
    app.store.write(|state| {
        let role = state.create_role(new, clock::now())?;
        Ok(Json(state.role_json(&role)))
    })
}

/// Changes what is mentioned; permissions that are mentioned replace the ones there were.
pub(super) async fn change(State(app): State<Shared>, Path(id): Path<String>, body: Body) -> ApiResult {
    let (key, name, description) = (body.text("key")?, body.text("name")?, body.settable("description")?);
    let permissions = body.mentions("permissions").then(|| body.texts("permissions")).transpose()?;
    answer(&app, &id, |state, role| {
        if let Some(key) = key {
            role.key = state.check_role_key(&key, Some(&role.id))?;
        }
        if let Some(name) = name {
            role.name = name;
        }
        if let Some(description) = description {
            role.description = description;
        }
        if let Some(permissions) = permissions {
            role.permissions = state.permission_keys(&permissions)?;
        }
        Ok(())
    })
}

/// Gives a role one more permission.
pub(super) async fn assign(State(app): State<Shared>, Path((id, permission)): Path<(String, String)>) -> ApiResult {
    answer(&app, &id, |state, role| {
        let key = state.permission(&permission)?.key.clone();
        if role.may(&key) {
            return Err(ApiError::new(
                http::StatusCode::CONFLICT,
                "organization_role_permission_association_exists",
                "The role has that permission already.",
            ));
        }
        role.permissions.push(key);
        Ok(())
    })
}

/// Takes a permission from a role.
pub(super) async fn withdraw(State(app): State<Shared>, Path((id, permission)): Path<(String, String)>) -> ApiResult {
    answer(&app, &id, |state, role| {
        let key = state.permission(&permission)?.key.clone();
        if !role.may(&key) {
            return Err(ApiError::not_found("permission of the role", &permission));
        }
        role.permissions.retain(|other| *other != key);
        Ok(())
    })
}

fn answer(app: &App, id: &str, change: impl FnOnce(&state::State, &mut Role) -> Result<(), ApiError>) -> ApiResult {
    app.store.write(|state| {
        let role = state.change_role(id, clock::now(), change)?;
        Ok(Json(state.role_json(&role)))
    })
}

/// Removes a role nobody needs.
pub(super) async fn destroy(State(app): State<Shared>, Path(id): Path<String>) -> ApiResult {
    app.store.write(|state| state.delete_role(&id, clock::now()).map(Json))
}
