//! `/v1/client/sessions`: using a session, getting tokens of it, ending it.

use axum::extract::{Path, State};
use serde_json::json;

use crate::app::Shared;
use crate::errors::ApiError;
use crate::frontend::answer::Answered;
use crate::frontend::caller::Caller;
use crate::frontend::fields::Fields;
use crate::records::SessionStatus;
use crate::tokens::{LIFE, Wish};

/// One session of this client.
pub(super) async fn show(State(app): State<Shared>, caller: Caller, Path(id): Path<String>) -> Answered {
    caller.look(&app, |state, now| {
        let session = caller.own_session(state, &id)?;
        Ok(state.session_with_token(&app.signer, &session, Some(&caller.origin), now))
    })
}

/// Makes the session the client's current one, and an organisation active in it. The token for it comes along.
pub(super) async fn touch(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Answered {
    caller.change(&app, |state, client, now| {
        caller.own_session(state, &id)?;
        let wanted = fields.get("active_organization_id");
        if wanted == Some("") {
            state.deactivate(&id, now);
        } else if wanted.is_some_and(|wanted| !state.activate(&id, wanted, now)) {
            return Err(ApiError::organization_not_found());
        }
        state.client_mut(client)?.last_active_session_id = Some(id.clone());
        if let Some(session) = state.sessions.get_mut(&id) {
            session.last_active_at = now;
        }
        let session = caller.own_session(state, &id)?;
        Ok(state.session_with_token(&app.signer, &session, Some(&caller.origin), now))
    })
}

/// A fresh token, for the organisation a tab asks for or the session's own; bare of any envelope.
pub(super) async fn token(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Answered {
    caller.bare(&app, |state, now| {
        let session = caller.own_session(state, &id)?;
        let organization = match fields.get("organization_id") {
            None => session.last_active_organization_id.clone(),
            Some("") => None,
            Some(wanted) => {
                state.membership(wanted, &session.user_id).ok_or_else(ApiError::organization_not_found)?;
                Some(wanted.to_owned())
            }
        };
        let wish = Wish { origin: Some(&caller.origin), organization_id: organization.as_deref(), life: LIFE };
        Ok(json!({"object": "token", "jwt": app.signer.token(state, &session, &wish, now)}))
    })
}

/// Ends the session for good.
pub(super) async fn end(app: State<Shared>, caller: Caller, id: Path<String>) -> Answered {
    finish(&app, &caller, &id, SessionStatus::Ended)
}

/// Signs out of the session.
pub(super) async fn remove(app: State<Shared>, caller: Caller, id: Path<String>) -> Answered {
    finish(&app, &caller, &id, SessionStatus::Removed)
}

fn finish(app: &Shared, caller: &Caller, id: &str, how: SessionStatus) -> Answered {
    caller.change(app, |state, _, now| {
        let session = caller.own_session(state, id)?;
        let mut json = state.session_with_token(&app.signer, &session, Some(&caller.origin), now);
        state.end_session(id, how, now);
        json["status"] = how.as_str().into();
        json["last_active_token"] = serde_json::Value::Null;
        Ok(json)
    })
}

/// Signs out everywhere on this client; the client stays.
pub(super) async fn remove_all(State(app): State<Shared>, caller: Caller) -> Answered {
    caller.change(&app, |state, client, now| {
        state.remove_sessions(client, now);
        Ok(state.client_json(&app.signer, client, Some(&caller.origin), now))
    })
}
