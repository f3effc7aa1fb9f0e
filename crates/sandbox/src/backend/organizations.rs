//! `/organizations`.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::Value;

use crate::app::Shared;
use crate::backend::body::Body;
use crate::backend::query::{Query, SortKey, envelope};
use crate::clock;
use crate::errors::{ApiError, ApiResult};
use crate::records::{Audience, NewOrganization, Organization, check_organization_name};
use crate::state;

/// The organisations that pass the filters.
pub(super) async fn list(State(app): State<Shared>, query: Query) -> ApiResult {
    let words = query.one("query").map(str::to_lowercase);
    let users = query.many("user_id");
    app.store.read(|state| {
        let mut organizations: Vec<_> = state
            .organizations
            .values()
            .filter(|organization| {
                let by_words = words.as_ref().is_none_or(|words| {
                    organization.name.to_lowercase().contains(words)
                        || organization.slug.contains(words)
                        || organization.id.to_lowercase() == *words
                });
                let by_user = users.is_empty()
                    || state
                        .memberships_in(&organization.id)
                        .any(|membership| query.wants("user_id", &membership.user_id));
                by_words && by_user && query.wants("organization_id", &organization.id)
            })
            .collect();
        query.sort(&mut organizations, |organization, field| {
            Some(match field {
                "created_at" => SortKey::Time(Some(organization.created_at)),
                "name" => SortKey::Text(organization.name.to_lowercase()),
                "members_count" => SortKey::Count(state.memberships_in(&organization.id).count()),
                _ => return None,
            })
        })?;
        let (page, total) = query.page(organizations)?;
        let data = page.into_iter().map(|organization| json(state, organization, &query)).collect();
        Ok(Json(envelope((data, total))))
    })
}

fn json(state: &state::State, organization: &Organization, query: &Query) -> Value {
    let members = || state.memberships_in(&organization.id);
    let count = query.flag("include_members_count").then(|| members().count());
    let mut json = state.organization_json(organization, Audience::Backend, count);
    if query.flag("include_missing_member_with_elevated_permissions") {
        let orphaned = !members().any(|membership| state.is_elevated(&membership.role));
        json["missing_member_with_elevated_permissions"] = orphaned.into();
    }
    json
}

/// One organisation, by id or slug.
pub(super) async fn show(State(app): State<Shared>, Path(id): Path<String>, query: Query) -> ApiResult {
    app.store.read(|state| {
        let organization = state.organization(&id).ok_or_else(|| ApiError::not_found("organization", &id))?;
        Ok(Json(json(state, organization, &query)))
    })
}

/// A new organisation; `created_by` becomes its admin.
pub(super) async fn create(State(app): State<Shared>, body: Body) -> ApiResult {
    let new = NewOrganization {
        name: body.required("name")?,
        slug: body.text("slug")?,
        created_by: body.text("created_by")?,
        max_allowed_memberships: body.number("max_allowed_memberships")?,
        role_set_key: body.text("role_set_key")?,
        public_metadata: body.metadata("public_metadata")?.unwrap_or_default(),
        private_metadata: body.metadata("private_metadata")?.unwrap_or_default(),
    };
    app.store.write(|state| {
        if let Some(key) = &new.role_set_key {
            state.role_set(key)?;
        }
        let organization = state.create_organization(new, clock::now())?;
        Ok(Json(state.organization_json(&organization, Audience::Backend, None)))
    })
}

/// Changes name, slug, limit or whether admins may delete it.
pub(super) async fn change(State(app): State<Shared>, Path(id): Path<String>, body: Body) -> ApiResult {
    body.refuse_metadata()?;
    let name = body.text("name")?.map(|name| check_organization_name(&name)).transpose()?;
    let slug = body.text("slug")?;
    let limit = body.number("max_allowed_memberships")?;
    let deletable = body.flag("admin_delete_enabled")?;
    let role_set = body.text("role_set_key")?;
    answer(&app, &id, |state, organization| {
        if let Some(slug) = slug {
            organization.slug = state.check_slug(&slug, Some(&organization.id))?;
        }
        if let Some(key) = role_set {
            organization.role_set_key = Some(state.role_set(&key)?.key.clone());
        }
        if let Some(name) = name {
            organization.name = name;
        }
        if let Some(limit) = limit {
            organization.max_allowed_memberships = limit;
        }
        if let Some(deletable) = deletable {
            organization.admin_delete_enabled = deletable;
        }
        Ok(())
    })
}

/// Merges metadata.
pub(super) async fn merge_metadata(app: State<Shared>, id: Path<String>, body: Body) -> ApiResult {
    metadata(&app, &id, &body, false)
}

/// Replaces the metadata members that are mentioned.
pub(super) async fn replace_metadata(app: State<Shared>, id: Path<String>, body: Body) -> ApiResult {
    metadata(&app, &id, &body, true)
}

fn metadata(app: &Shared, id: &str, body: &Body, replace: bool) -> ApiResult {
    answer(app, id, |_, organization| {
        body.apply_metadata("public_metadata", &mut organization.public_metadata, replace)?;
        body.apply_metadata("private_metadata", &mut organization.private_metadata, replace)
    })
}

fn answer(
    app: &Shared,
    id: &str,
    change: impl FnOnce(&state::State, &mut Organization) -> Result<(), ApiError>,
) -> ApiResult {
    app.store.write(|state| {
        let organization = state.change_organization(id, clock::now(), change)?;
        Ok(Json(state.organization_json(&organization, Audience::Backend, None)))
    })
}

/// Removes an organisation, whatever `admin_delete_enabled` says.
pub(super) async fn destroy(State(app): State<Shared>, Path(id): Path<String>) -> ApiResult {
    app.store.write(|state| state.delete_organization(&id, clock::now()).map(Json))
}
