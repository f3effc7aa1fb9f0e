//! `/organization_permissions`.

use axum::Json;
use axum::extract::{Path, State};

use crate::app::Shared;
use crate::backend::body::Body;
use crate::backend::query::{Query, SortKey, envelope};
use crate::clock;
use crate::errors::ApiResult;
use crate::records::Permission;

/// The permissions that pass the filter.
pub(super) async fn list(State(app): State<Shared>, query: Query) -> ApiResult {
    let words = query.one("query").map(str::to_lowercase);
    app.store.read(|state| {
        let mut permissions: Vec<_> = state
            .permissions
            .values()
            .filter(|permission| {
                words.as_ref().is_none_or(|words| {
                    permission.name.to_lowercase().contains(words) || permission.key.contains(words)
                })
            })
            .collect();
        query.sort(&mut permissions, |permission, field| {
            Some(match field {
                "created_at" => SortKey::Time(Some(permission.created_at)),
                "name" => SortKey::Text(permission.name.to_lowercase()),
                "key" => SortKey::Text(permission.key.clone()),
                _ => return None,
            })
        })?;
        let (page, total) = query.page(permissions)?;
        Ok(Json(envelope((page.into_iter().map(Permission::json).collect(), total))))
    })
}

/// One permission.
pub(super) async fn show(State(app): State<Shared>, Path(id): Path<String>) -> ApiResult {
    app.store.read(|state| Ok(Json(state.permission(&id)?.json())))
}

/// A new permission.
pub(super) async fn create(State(app): State<Shared>, body: Body) -> ApiResult {
    let (key, name) = (body.required("key")?, body.required("name")?);
    let description = body.text("description")?.unwrap_or_default();
    app.store.write(|state| Ok(Json(state.create_permission(&key, name, description, clock::now())?.json())))
}

/// Changes what is mentioned.
pub(super) async fn change(State(app): State<Shared>, Path(id): Path<String>, body: Body) -> ApiResult {
    let (key, name, description) = (body.text("key")?, body.text("name")?, body.text("description")?);
    app.store.write(|state| {
        let permission = state.change_permission(&id, clock::now(), |state, permission| {
            if let Some(key) = key {
                permission.key = state.check_permission_key(&key, Some(&permission.id))?;
            }
            if let Some(name) = name {
                permission.name = name;
            }
            if let Some(description) = description {
                permission.description = description;
            }
            Ok(())
        })?;
        Ok(Json(permission.json()))
    })
}

/// Removes a permission.
pub(super) async fn destroy(State(app): State<Shared>, Path(id): Path<String>) -> ApiResult {
    app.store.write(|state| state.delete_permission(&id, clock::now()).map(Json))
}
