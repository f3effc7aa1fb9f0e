//! Invitations: into an organisation, of the whole instance, and to a person.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::Value;

use crate::app::{App, Shared};
use crate::backend::body::{Bodies, Body};
use crate::backend::query::{Query, SortKey, envelope};
use crate::clock;
use crate::errors::{ApiError, ApiResult};
use crate::records::{Audience, Invitation, NewInvitation};
use crate::state;

/// Most invitations of one bulk request.
const BULK: usize = 10;

/// The invitations of an organisation.
pub(super) async fn in_organization(State(app): State<Shared>, Path(id): Path<String>, query: Query) -> ApiResult {
    of_organization(&app, &id, &query, |_| true)
}

/// Those of an organisation that can still be accepted.
pub(super) async fn pending(State(app): State<Shared>, Path(id): Path<String>, query: Query) -> ApiResult {
    of_organization(&app, &id, &query, |invitation| invitation.is_pending(clock::now()))
}

fn of_organization(app: &App, id: &str, query: &Query, more: impl Fn(&Invitation) -> bool) -> ApiResult {
    app.store.read(|state| {
        if !state.organizations.contains_key(id) {
            return Err(ApiError::not_found("organization", id));
        }
        let wanted = |invitation: &&Invitation| invitation.organization_id == id && more(invitation);
        answer(state, wanted, query, state::State::invitation_json)
    })
}

/// Every invitation of the instance.
pub(super) async fn list(State(app): State<Shared>, query: Query) -> ApiResult {
    app.store.read(|state| answer(state, |_| true, &query, state::State::own_invitation_json))
}

/// The invitations to a person's addresses.
pub(super) async fn of_user(State(app): State<Shared>, Path(id): Path<String>, query: Query) -> ApiResult {
    app.store.read(|state| {
        let user = state.users.get(&id).ok_or_else(|| ApiError::not_found("user", &id))?;
        let wanted = |invitation: &&Invitation| user.has_email(&invitation.email_address);
        answer(state, wanted, &query, state::State::own_invitation_json)
    })
}

fn answer(
    state: &state::State,
    wanted: impl Fn(&&Invitation) -> bool,
    query: &Query,
    json: impl Fn(&state::State, &Invitation, Audience, clock::Millis) -> Value,
) -> ApiResult {
    let now = clock::now();
    let statuses = query.many("status");
    if let Some(other) = statuses.iter().find(|status| !["pending", "accepted", "revoked", "expired"].contains(status))
    {
        return Err(ApiError::invalid(
            "status",
            format!("status must be pending, accepted, revoked or expired, not {other}."),
        ));
    }
    let addresses: Vec<_> = query.many("email_address").into_iter().map(str::to_lowercase).collect();
    let mut invitations: Vec<_> = state
        .invitations
        .values()
        .filter(wanted)
        .filter(|invitation| {
            (statuses.is_empty() || statuses.contains(&invitation.status(now).as_str()))
                && (addresses.is_empty() || addresses.contains(&invitation.email_address))
        })
        .collect();
    query.sort(&mut invitations, |invitation, field| {
        Some(match field {
            "created_at" => SortKey::Time(Some(invitation.created_at)),
            "email_address" => SortKey::Text(invitation.email_address.clone()),
            _ => return None,
        })
    })?;
    let (page, total) = query.page(invitations)?;
    let data = page.into_iter().map(|invitation| json(state, invitation, Audience::Backend, now)).collect();
    Ok(Json(envelope((data, total))))
}

/// One invitation.
pub(super) async fn show(State(app): State<Shared>, Path((organization, id)): Path<(String, String)>) -> ApiResult {
    app.store.read(|state| {
        let invitation = state.invitation(&organization, &id)?;
        Ok(Json(state.invitation_json(&invitation, Audience::Backend, clock::now())))
    })
}

/// Invites somebody.
pub(super) async fn create(State(app): State<Shared>, Path(id): Path<String>, body: Body) -> ApiResult {
    let made = make(&app, &id, vec![read(&app, &body)?])?;
    Ok(Json(made.into_iter().next().unwrap_or_default()))
}

/// Invites up to ten people: all of them or nobody.
pub(super) async fn create_bulk(State(app): State<Shared>, Path(id): Path<String>, bodies: Bodies) -> ApiResult {
    if !(1..=BULK).contains(&bodies.0.len()) {
        return Err(ApiError::bad_request(
            "request_body_invalid",
            format!("The request body must be a list of 1 to {BULK} invitations."),
        ));
    }
    let all = bodies.0.iter().map(|body| read(&app, body)).collect::<Result<_, _>>()?;
    let made = make(&app, &id, all)?;
    let total = made.len();
    Ok(Json(envelope((made, total))))
}

fn read(app: &App, body: &Body) -> Result<NewInvitation, ApiError> {
    let redirect_url = body.text("redirect_url")?.filter(|url| !url.is_empty());
    if redirect_url.as_ref().is_some_and(|url| app.settings.origins.allowed_url(url).is_none()) {
        return Err(ApiError::invalid(
            "redirect_url",
            "redirect_url must be an absolute address of the application or of this instance.",
        ));
    }
    Ok(NewInvitation {
        email_address: body.required("email_address")?,
        role: body.required("role")?,
        inviter_id: body.text("inviter_user_id")?,
        redirect_url,
        expires_in_days: body.number("expires_in_days")?,
        notify: body.flag("notify")?.unwrap_or(true),
        public_metadata: body.metadata("public_metadata")?.unwrap_or_default(),
        private_metadata: body.metadata("private_metadata")?.unwrap_or_default(),
    })
}

fn make(app: &App, organization: &str, all: Vec<NewInvitation>) -> Result<Vec<Value>, ApiError> {
    let now = clock::now();
    app.store.write(|state| {
        let made = state.create_invitations(organization, all, now)?;
        Ok(made.iter().map(|invitation| state.invitation_json(invitation, Audience::Backend, now)).collect())
    })
}

/// Takes an invitation back.
pub(super) async fn revoke(
    State(app): State<Shared>,
    Path((organization, id)): Path<(String, String)>,
    body: Body,
) -> ApiResult {
    let requesting = body.text("requesting_user_id")?;
    let now = clock::now();
    app.store.write(|state| {
        let invitation = state.revoke_invitation(&organization, &id, requesting.as_deref(), now)?;
        Ok(Json(state.invitation_json(&invitation, Audience::Backend, now)))
    })
}
