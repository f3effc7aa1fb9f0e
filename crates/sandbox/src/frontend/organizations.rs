//! `/v1/organizations`: what members may do with their organisation. A foreign one is answered like an unknown one.

use axum::extract::{Path, Query, RawQuery, State};
use serde_json::json;

use crate::app::Shared;
use crate::errors::ApiError;
use crate::frontend::answer::Answered;
use crate::frontend::caller::Caller;
use crate::frontend::fields::Fields;
use crate::frontend::part::Part;
use crate::records::{Audience, Membership, NewOrganization, Organization, check_organization_name};
use crate::state;

/// Needed to see who is a member or invited.
pub(super) const READ_MEMBERS: &str = "org:sys_memberships:read";
/// Needed to change that.
pub(super) const MANAGE_MEMBERS: &str = "org:sys_memberships:manage";
/// Needed to change the organisation itself.
pub(super) const MANAGE_PROFILE: &str = "org:sys_profile:manage";
/// Needed to delete it.
const DELETE_PROFILE: &str = "org:sys_profile:delete";

/// Creates an organisation; the person becomes its admin. It is not made active by that.
pub(super) async fn create(State(app): State<Shared>, caller: Caller, fields: Fields) -> Answered {
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
pub(super) async fn show(State(app): State<Shared>, caller: Caller, Path(id): Path<String>) -> Answered {
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
) -> Answered {
    caller.change(&app, |state, _, now| {
        let organization = allowed(state, &caller, &id, MANAGE_PROFILE)?;
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
pub(super) async fn destroy(State(app): State<Shared>, caller: Caller, Path(id): Path<String>) -> Answered {
    caller.change(&app, |state, _, now| {
        let organization = allowed(state, &caller, &id, DELETE_PROFILE)?;
        if !organization.admin_delete_enabled {
            return Err(ApiError::forbidden(
                "organization_admin_delete_not_enabled",
                "Deletion by admin is not enabled for this organization.",
            ));
        }
        state.delete_organization(&organization.id, now)
    })
}

/// Which members are wanted: those of some roles, those some words fit.
struct WantedMembers {
    roles: Vec<String>,
    words: String,
}

impl WantedMembers {
    fn read(query: &str) -> Self {
        let (mut roles, mut words) = (Vec::new(), String::new());
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "role" | "role[]" => roles.push(value.into_owned()),
                "query" => words = value.to_lowercase(),
                _ => {}
            }
        }
        Self { roles, words }
    }

    fn has(&self, state: &state::State, membership: &Membership) -> bool {
        let fits = |text: &str| text.to_lowercase().contains(&self.words);
        (self.roles.is_empty() || self.roles.contains(&membership.role))
            && (fits(&membership.user_id)
                || state
                    .users
                    .get(&membership.user_id)
                    .is_some_and(|user| fits(&user.name()) || fits(user.identifier())))
    }
}

/// Everybody in it who is wanted, oldest first.
pub(super) async fn memberships(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Query(part): Query<Part>,
    RawQuery(query): RawQuery,
) -> Answered {
    let wanted = WantedMembers::read(query.as_deref().unwrap_or_default());
    caller.look(&app, |state, _| {
        let organization = allowed(state, &caller, &id, READ_MEMBERS)?;
        let mut memberships: Vec<_> =
            state.memberships_in(&organization.id).filter(|membership| wanted.has(state, membership)).collect();
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
) -> Answered {
    let role = fields.required("role")?;
    caller.change(&app, |state, _, now| {
        let organization = allowed(state, &caller, &id, MANAGE_MEMBERS)?;
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
) -> Answered {
    caller.change(&app, |state, _, now| {
        let organization = allowed(state, &caller, &id, MANAGE_MEMBERS)?;
        state.delete_membership(&organization.id, &user, Audience::Frontend, now)
    })
}

/// Puts a person of the instance into the organisation.
pub(super) async fn add_member(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Answered {
    let (user, role) = (fields.required("user_id")?, fields.required("role")?);
    caller.change(&app, |state, _, now| {
        let organization = allowed(state, &caller, &id, MANAGE_MEMBERS)?;
        let membership = state.create_membership(&organization.id, user, role, now)?;
        Ok(state.membership_json(&membership, Audience::Frontend))
    })
}

/// The roles members can have.
pub(super) async fn roles(State(app): State<Shared>, caller: Caller, Path(id): Path<String>) -> Answered {
    caller.look(&app, |state, _| {
        allowed(state, &caller, &id, READ_MEMBERS)?;
        let data: Vec<_> = state.roles.values().map(|role| state.role_json(role)).collect();
        let total = data.len();
        Ok(json!({"data": data, "total_count": total, "has_role_set_migration": false}))
    })
}

fn own(state: &state::State, caller: &Caller, id: &str) -> Result<(Organization, String), ApiError> {
    let user = caller.session(state)?.user_id;
    let organization = state.organization(id).ok_or_else(ApiError::organization_not_found)?;
    let membership = state.membership(&organization.id, &user).ok_or_else(ApiError::organization_not_found)?;
    Ok((organization.clone(), membership.role.clone()))
}

/// The organisation, if the person's role there has the permission.
pub(super) fn allowed(
    state: &state::State,
    caller: &Caller,
    id: &str,
    permission: &str,
) -> Result<Organization, ApiError> {
    let (organization, role) = own(state, caller, id)?;
    if !state.role_may(&role, permission) {
        // Never 401, which would sign the person out.
        return Err(ApiError::forbidden(
            "missing_organization_permission",
            "Current user is missing an organization permission.",
        ));
    }
    Ok(organization)
}
