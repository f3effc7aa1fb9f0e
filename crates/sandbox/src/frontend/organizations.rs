//! `/v1/organizations`: what members may do with their organisation. A foreign one is answered like an unknown one.

use axum::extract::{Path, Query, State};

use crate::app::Shared;
use crate::errors::{ApiError, ApiResult};
use crate::frontend::caller::Caller;
use crate::frontend::fields::Fields;
use crate::frontend::me::Part;
use crate::records::{ADMIN, Audience, NewOrganization, Organization, check_organization_name};
use crate::state;

/// Creates an organisation; the person becomes its admin. It is not made active by that.
pub(super) async fn create(State(app): State<Shared>, caller: Caller, fields: Fields) -> ApiResult {
    let name = fields.required("name")?;
    caller.change(&app, |state, _, now| {
        let creator = caller.session(state)?.user_id;
        let organization = state.create_organization(
            NewOrganization {
                name: name.to_owned(),
                slug: fields.get("slug").map(str::to_owned),
                created_by: Some(creator),
                ..NewOrganization::default()
            },
            now,
        )?;
        Ok(state.organization_json(&organization, Audience::Frontend, None))
    })
}

/// An organisation the person belongs to, by id or slug.
pub(super) async fn show(State(app): State<Shared>, caller: Caller, Path(id): Path<String>) -> ApiResult {
    caller.look(&app, |state, _| {
        let (organization, _) = own(state, &caller, &id)?;
        Ok(state.organization_json(&organization, Audience::Frontend, None))
    })
}

/// Changes name or slug.
pub(super) async fn change(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> ApiResult {
    caller.change(&app, |state, _, now| {
        let organization = managed(state, &caller, &id)?;
        let organization = state.change_organization(&organization.id, now, |state, organization| {
            if let Some(name) = fields.get("name") {
                organization.name = check_organization_name(name)?;
            }
            if let Some(slug) = fields.get("slug") {
                organization.slug = state.check_slug(slug, Some(&organization.id))?;
            }
            Ok(())
        })?;
        Ok(state.organization_json(&organization, Audience::Frontend, None))
    })
}

/// Deletes it.
pub(super) async fn destroy(State(app): State<Shared>, caller: Caller, Path(id): Path<String>) -> ApiResult {
    caller.change(&app, |state, _, now| {
        let organization = managed(state, &caller, &id)?;
        if !organization.admin_delete_enabled {
            return Err(ApiError::forbidden(
                "organization_admin_delete_not_enabled",
                "Deletion by admin is not enabled for this organization.",
            ));
        }
        state.delete_organization(&organization.id, now)
    })
}

/// Everybody in it, oldest first.
pub(super) async fn memberships(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Query(part): Query<Part>,
) -> ApiResult {
    caller.look(&app, |state, _| {
        let (organization, _) = own(state, &caller, &id)?;
        let mut memberships: Vec<_> = state.memberships_in(&organization.id).collect();
        memberships.sort_by_key(|membership| membership.created_at);
        Ok(part.of(memberships
            .into_iter()
            .map(|membership| state.membership_json(membership, Audience::Frontend))
            .collect()))
    })
}

/// Gives a member another role.
pub(super) async fn change_role(
    State(app): State<Shared>,
    caller: Caller,
    Path((id, user)): Path<(String, String)>,
    fields: Fields,
) -> ApiResult {
    let role = fields.required("role")?;
    caller.change(&app, |state, _, now| {
        let organization = managed(state, &caller, &id)?;
        let membership = state.change_membership(&organization.id, &user, now, |membership| {
            membership.role = role.to_owned();
            Ok(())
        })?;
        Ok(state.membership_json(&membership, Audience::Frontend))
    })
}

/// Takes a member out.
pub(super) async fn remove_member(
    State(app): State<Shared>,
    caller: Caller,
    Path((id, user)): Path<(String, String)>,
) -> ApiResult {
    caller.change(&app, |state, _, now| {
        let organization = managed(state, &caller, &id)?;
        state.delete_membership(&organization.id, &user, Audience::Frontend, now)
    })
}

fn own(state: &state::State, caller: &Caller, id: &str) -> Result<(Organization, String), ApiError> {
    let user = caller.session(state)?.user_id;
    let organization = state.organization(id).ok_or_else(ApiError::organization_not_found)?;
    let membership = state.membership(&organization.id, &user).ok_or_else(ApiError::organization_not_found)?;
    Ok((organization.clone(), membership.role.clone()))
}

fn managed(state: &state::State, caller: &Caller, id: &str) -> Result<Organization, ApiError> {
    let (organization, role) = own(state, caller, id)?;
    if role != ADMIN {
        // Never 401, which would sign the person out.
        return Err(ApiError::forbidden(
            "missing_organization_permission",
            "Current user is missing an organization permission.",
        ));
    }
    Ok(organization)
}
