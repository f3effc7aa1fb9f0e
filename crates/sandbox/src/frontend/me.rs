//! `/v1/me`: the person who is signed in.

use axum::extract::{Path, Query, State};
use serde_json::{Value, json};

use crate::app::Shared;
use crate::errors::ApiError;
use crate::frontend::answer::Answered;
use crate::frontend::caller::Caller;
use crate::frontend::fields::Fields;
use crate::frontend::part::Part;
use crate::records::{Audience, SessionStatus, check_person_name, merge};
use crate::state;

/// The person.
pub(super) async fn show(State(app): State<Shared>, caller: Caller) -> Answered {
    caller.look(&app, |state, _| user(state, &caller.session(state)?.user_id))
}

/// Changes the person's names.
pub(super) async fn change(State(app): State<Shared>, caller: Caller, fields: Fields) -> Answered {
    if fields.get("unsafe_metadata").is_some() {
        return Err(ApiError::form(
            "form_param_unknown",
            "unsafe_metadata",
            "unsafe_metadata is not a valid parameter for this request.",
        ));
    }
    let first = fields.get("first_name").map(|name| check_person_name("first_name", name));
    let last = fields.get("last_name").map(|name| check_person_name("last_name", name));
    let (first, last) = (first.transpose()?, last.transpose()?);
    caller.change(&app, |state, _, now| {
        let id = caller.session(state)?.user_id;
        state.change_user(&id, now, |user| {
            if let Some(first) = first {
                user.first_name = first;
            }
            if let Some(last) = last {
                user.last_name = last;
            }
            Ok(())
        })?;
        user(state, &id)
    })
}

/// Deletes the account, if the person may.
pub(super) async fn destroy(State(app): State<Shared>, caller: Caller) -> Answered {
    caller.change(&app, |state, _, now| {
        let id = caller.session(state)?.user_id;
        if state.users.get(&id).is_some_and(|user| !user.rights.delete_self_enabled) {
            return Err(ApiError::forbidden("authorization_invalid", "Users may not delete their own account."));
        }
        state.delete_user(&id, now)
    })
}

/// Merges what the person's own pages keep about them.
pub(super) async fn merge_metadata(State(app): State<Shared>, caller: Caller, fields: Fields) -> Answered {
    let change = fields.metadata("unsafe_metadata")?.ok_or_else(|| ApiError::missing("unsafe_metadata"))?;
    caller.change(&app, |state, _, now| {
        let id = caller.session(state)?.user_id;
        state.change_user(&id, now, |user| {
            merge(&mut user.unsafe_metadata, change);
            Ok(())
        })?;
        user(state, &id)
    })
}

/// The person as they see themselves.
pub(super) fn user(state: &state::State, id: &str) -> Result<Value, ApiError> {
    let user = state.users.get(id).ok_or_else(|| ApiError::not_found("user", id))?;
    Ok(state.user_json(user, Audience::Frontend))
}

/// The person's memberships, newest first.
pub(super) async fn memberships(State(app): State<Shared>, caller: Caller, Query(part): Query<Part>) -> Answered {
    caller.look(&app, |state, _| {
        let session = caller.session(state)?;
        let mut memberships: Vec<_> = state.memberships_of(&session.user_id).collect();
        memberships.sort_by_key(|membership| std::cmp::Reverse(membership.created_at));
        Ok(part.of(memberships
            .into_iter()
            .map(|membership| state.membership_json(membership, Audience::Frontend))
            .collect()))
    })
}

/// Leaves an organisation.
pub(super) async fn leave(State(app): State<Shared>, caller: Caller, Path(organization): Path<String>) -> Answered {
    caller.change(&app, |state, _, now| {
        let user = caller.session(state)?.user_id;
        state.membership(&organization, &user).ok_or_else(ApiError::organization_not_found)?;
        let gone = state.delete_membership(&organization, &user, Audience::Frontend, now)?;
        Ok(json!({"object": "organization_membership", "id": gone["id"], "deleted": true}))
    })
}

/// The person's live sessions, on any client, newest first; bare, as ClerkJS wants it.
pub(super) async fn sessions(State(app): State<Shared>, caller: Caller) -> Answered {
    caller.bare(&app, |state, _| {
        let user = caller.session(state)?.user_id;
        let mut sessions: Vec<_> = state
            .sessions
            .values()
            .filter(|session| session.user_id == user && state.session_status(session).is_live())
            .collect();
        sessions.sort_by_key(|session| std::cmp::Reverse(session.created_at));
        Ok(sessions.into_iter().map(|session| with_activity(state.session_json(session))).collect())
    })
}

/// Where a session was last used: the sandbox does not look at browsers, so all of them are alike.
fn with_activity(mut session: Value) -> Value {
    let id = session["id"].as_str().unwrap_or_default().replace("sess_", "sess_activity_");
    session["latest_activity"] = json!({
        "object": "session_activity",
        "id": id,
        "device_type": null,
        "is_mobile": false,
        "browser_name": null,
        "browser_version": null,
        "ip_address": "127.0.0.1",
        "city": null,
        "country": null,
    });
    session
}

/// Ends one of the person's sessions, here or elsewhere.
pub(super) async fn revoke_session(State(app): State<Shared>, caller: Caller, Path(id): Path<String>) -> Answered {
    caller.change(&app, |state, _, now| {
        let user = caller.session(state)?.user_id;
        if state.sessions.get(&id).is_none_or(|session| session.user_id != user) {
            return Err(ApiError::not_found("session", &id));
        }
        state.end_session(&id, SessionStatus::Revoked, now);
        let session = state.sessions.get(&id).ok_or_else(|| ApiError::not_found("session", &id))?;
        Ok(state.session_json(session))
    })
}
