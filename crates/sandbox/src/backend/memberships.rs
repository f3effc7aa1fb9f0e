//! Memberships: of a person, in an organisation, and of the whole instance.

use axum::Json;
use axum::extract::{Path, State};

use crate::app::Shared;
use crate::backend::body::Body;
use crate::backend::query::{Query, SortKey, envelope};
use crate::clock;
use crate::errors::{ApiError, ApiResult};
use crate::records::{Audience, Membership};
use crate::state;

/// Every membership of the instance, for reconciliation.
pub(super) async fn list(State(app): State<Shared>, query: Query) -> ApiResult {
    app.store.read(|state| answer(state, state.memberships.values().collect(), &query))
}

/// The organisations of a person.
pub(super) async fn of_user(State(app): State<Shared>, Path(id): Path<String>, query: Query) -> ApiResult {
    app.store.read(|state| {
        if !state.users.contains_key(&id) {
            return Err(ApiError::not_found("user", &id));
        }
        answer(state, state.memberships_of(&id).collect(), &query)
    })
}

/// The people of an organisation, filtered by person, address and role.
pub(super) async fn in_organization(State(app): State<Shared>, Path(id): Path<String>, query: Query) -> ApiResult {
    app.store.read(|state| {
        if !state.organizations.contains_key(&id) {
            return Err(ApiError::not_found("organization", &id));
        }
        let emails: Vec<_> = query.many("email_address").into_iter().map(str::to_lowercase).collect();
        let memberships = state
            .memberships_in(&id)
            .filter(|membership| {
                let address = state.users.get(&membership.user_id).map_or("", |user| user.identifier());
                query.wants("user_id", &membership.user_id)
                    && query.wants("role", &membership.role)
                    && (emails.is_empty() || emails.iter().any(|email| email == address))
            })
            .collect();
        answer(state, memberships, &query)
    })
}

fn answer(state: &state::State, mut memberships: Vec<&Membership>, query: &Query) -> ApiResult {
    query.sort(&mut memberships, |membership, field| {
        let user = state.users.get(&membership.user_id);
        Some(match field {
            "created_at" => SortKey::Time(Some(membership.created_at)),
            "updated_at" => SortKey::Time(Some(membership.updated_at)),
            "email_address" => SortKey::Text(user.map_or("", |user| user.identifier()).to_owned()),
            "first_name" => SortKey::Text(user.and_then(|user| user.first_name.clone()).unwrap_or_default()),
            "last_name" => SortKey::Text(user.and_then(|user| user.last_name.clone()).unwrap_or_default()),
            "role" => SortKey::Text(membership.role.clone()),
            _ => return None,
        })
    })?;
    let (page, total) = query.page(memberships)?;
    let data = page.into_iter().map(|membership| state.membership_json(membership, Audience::Backend)).collect();
    Ok(Json(envelope((data, total))))
}

/// Puts a person into an organisation.
pub(super) async fn create(State(app): State<Shared>, Path(id): Path<String>, body: Body) -> ApiResult {
    let user = body.required("user_id")?;
    let role = body.required("role")?;
    let public = body.metadata("public_metadata")?;
    let private = body.metadata("private_metadata")?;
    app.store.write(|state| {
        let now = clock::now();
        let mut membership = state.create_membership(&id, &user, &role, now)?;
        if public.is_some() || private.is_some() {
            membership = state.change_membership(&id, &user, now, |membership| {
                membership.public_metadata = public.unwrap_or_default();
                membership.private_metadata = private.unwrap_or_default();
                Ok(())
            })?;
        }
        Ok(Json(state.membership_json(&membership, Audience::Backend)))
    })
}

/// Gives a member another role.
pub(super) async fn change_role(app: State<Shared>, path: Path<(String, String)>, body: Body) -> ApiResult {
    let role = body.required("role")?;
    change(&app, &path, |membership| {
        membership.role = role;
        Ok(())
    })
}

/// Merges a membership's metadata.
pub(super) async fn merge_metadata(app: State<Shared>, path: Path<(String, String)>, body: Body) -> ApiResult {
    change(&app, &path, |membership| {
        body.apply_metadata("public_metadata", &mut membership.public_metadata, false)?;
        body.apply_metadata("private_metadata", &mut membership.private_metadata, false)
    })
}

fn change(
    app: &Shared,
    (organization, user): &(String, String),
    change: impl FnOnce(&mut Membership) -> Result<(), ApiError>,
) -> ApiResult {
    app.store.write(|state| {
        let membership = state.change_membership(organization, user, clock::now(), change)?;
        Ok(Json(state.membership_json(&membership, Audience::Backend)))
    })
}

/// Takes a person out of an organisation; answers with the membership that was.
pub(super) async fn destroy(
    State(app): State<Shared>,
    Path((organization, user)): Path<(String, String)>,
) -> ApiResult {
    app.store.write(|state| state.delete_membership(&organization, &user, Audience::Backend, clock::now()).map(Json))
}
