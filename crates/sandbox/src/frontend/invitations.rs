//! Invitations: what those who may manage members do with them, and what the invited do.

use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::Shared;
use crate::clock::Millis;
use crate::errors::ApiError;
use crate::frontend::answer::Answered;
use crate::frontend::caller::Caller;
use crate::frontend::fields::Fields;
use crate::frontend::organizations::{MANAGE_MEMBERS, READ_MEMBERS, allowed};
use crate::frontend::part::Part;
use crate::records::{Audience, Invitation, NewInvitation};
use crate::state;

/// Most addresses of one bulk request.
const BULK: usize = 10;

/// Which states the invitations are to be in, with commas between; any when it is left out.
#[derive(Deserialize)]
pub(super) struct Wanted {
    status: Option<String>,
}

impl Wanted {
    fn has(&self, invitation: &Invitation, now: Millis) -> bool {
        let is = invitation.status(now).as_str();
        self.status.as_deref().is_none_or(|wanted| wanted.split(',').any(|status| status == is))
    }
}

/// The invitations of an organisation, newest first.
pub(super) async fn in_organization(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
    Query(part): Query<Part>,
) -> Answered {
    caller.look(&app, |state, now| {
        let organization = allowed(state, &caller, &id, READ_MEMBERS)?;
        let chosen = |invitation: &&Invitation| invitation.organization_id == organization.id;
        Ok(part.page_of(list(state, &wanted, now, chosen, state::State::invitation_json)))
    })
}

/// The invitations to the person, newest first.
pub(super) async fn mine(
    State(app): State<Shared>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
    Query(part): Query<Part>,
) -> Answered {
    caller.look(&app, |state, now| {
        let id = caller.session(state)?.user_id;
        let user = state.users.get(&id).ok_or_else(|| ApiError::not_found("user", &id))?;
        let chosen = |invitation: &&Invitation| user.has_email(&invitation.email_address);
        Ok(part.page_of(list(state, &wanted, now, chosen, state::State::own_invitation_json)))
    })
}

fn list(
    state: &state::State,
    wanted: &Wanted,
    now: Millis,
    chosen: impl Fn(&&Invitation) -> bool,
    json: impl Fn(&state::State, &Invitation, Audience, Millis) -> Value,
) -> Vec<Value> {
    let mut invitations: Vec<_> =
        state.invitations.values().filter(chosen).filter(|invitation| wanted.has(invitation, now)).collect();
    invitations.sort_by_key(|invitation| std::cmp::Reverse(invitation.created_at));
    invitations.into_iter().map(|invitation| json(state, invitation, Audience::Frontend, now)).collect()
}

/// Invites somebody.
pub(super) async fn create(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Answered {
    let address = fields.required("email_address")?.to_owned();
    make(&app, &caller, &id, &fields, vec![address], |made| made.into_iter().next().unwrap_or_default())
}

/// Invites up to ten people, each in the same role: all of them or nobody.
pub(super) async fn create_bulk(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Answered {
    let addresses = fields.all("email_address");
    if !(1..=BULK).contains(&addresses.len()) {
        return Err(ApiError::invalid("email_address", format!("There must be 1 to {BULK} email addresses.")));
    }
    make(&app, &caller, &id, &fields, addresses, Value::Array)
}

fn make(
    app: &Shared,
    caller: &Caller,
    id: &str,
    fields: &Fields,
    addresses: Vec<String>,
    answer: impl FnOnce(Vec<Value>) -> Value,
) -> Answered {
    let role = fields.required("role")?.to_owned();
    caller.change(app, |state, _, now| {
        let organization = allowed(state, caller, id, MANAGE_MEMBERS)?;
        let inviter = caller.session(state)?.user_id;
        let new = |email_address| NewInvitation {
            email_address,
            role: role.clone(),
            inviter_id: Some(inviter.clone()),
            notify: true,
            ..NewInvitation::default()
        };
        let made = state.create_invitations(&organization.id, addresses.into_iter().map(new).collect(), now)?;
        Ok(answer(made.iter().map(|invitation| state.invitation_json(invitation, Audience::Frontend, now)).collect()))
    })
}

/// Takes an invitation back.
pub(super) async fn revoke(
    State(app): State<Shared>,
    caller: Caller,
    Path((id, invitation)): Path<(String, String)>,
) -> Answered {
    caller.change(&app, |state, _, now| {
        let organization = allowed(state, &caller, &id, MANAGE_MEMBERS)?;
        let invitation = state.revoke_invitation(&organization.id, &invitation, None, now)?;
        Ok(state.invitation_json(&invitation, Audience::Frontend, now))
    })
}

/// Accepts one of the person's own invitations, without its link.
pub(super) async fn accept(State(app): State<Shared>, caller: Caller, Path(id): Path<String>) -> Answered {
    caller.change(&app, |state, _, now| {
        let user_id = caller.session(state)?.user_id;
        let user = state.users.get(&user_id).cloned().ok_or_else(|| ApiError::not_found("user", &user_id))?;
        // Somebody else's is as unknown as none.
        let own = state.invitations.get(&id).is_some_and(|invitation| user.has_email(&invitation.email_address));
        if !own {
            return Err(ApiError::not_found("organization invitation", &id));
        }
        state.accept_invitation(&id, &user, now)?;
        let invitation =
            state.invitations.get(&id).ok_or_else(|| ApiError::not_found("organization invitation", &id))?;
        Ok(state.own_invitation_json(invitation, Audience::Frontend, now))
    })
}

/// Lists that are always empty here: nobody asks to join, and there are no verified domains.
pub(super) async fn none(State(app): State<Shared>, caller: Caller, Path(id): Path<String>) -> Answered {
    caller.look(&app, |state, _| {
        allowed(state, &caller, &id, READ_MEMBERS)?;
        Ok(json!({"data": [], "total_count": 0}))
    })
}
