//! `/v1/me/change_password` and `/v1/me/remove_password`.

use axum::extract::State;
use serde_json::Value;

use crate::app::Shared;
use crate::clock::Millis;
use crate::errors::ApiError;
use crate::frontend::answer::Answered;
use crate::frontend::caller::Caller;
use crate::frontend::fields::Fields;
use crate::frontend::me::user;
use crate::records::{Password, Session};
use crate::state;

/// Chooses another password, or a first one; sessions elsewhere end if the person wants that.
pub(super) async fn change(State(app): State<Shared>, caller: Caller, fields: Fields) -> Answered {
    let new = fields.required("new_password")?;
    let elsewhere = fields.get("sign_out_of_other_sessions") == Some("true");
    caller.change(&app, |state, _, now| {
        let password = Password::choose("new_password", new, now)?;
        let session = checked(state, &caller, &fields)?;
        if elsewhere {
            state.end_other_sessions(&session, now);
        }
        set(state, &session, Some(password), now)
    })
}

/// Has no password any more.
pub(super) async fn remove(State(app): State<Shared>, caller: Caller, fields: Fields) -> Answered {
    caller.change(&app, |state, _, now| {
        let session = checked(state, &caller, &fields)?;
        set(state, &session, None, now)
    })
}

/// The session of somebody who knows the password they have.
fn checked(state: &state::State, caller: &Caller, fields: &Fields) -> Result<Session, ApiError> {
    let session = caller.session(state)?;
    if let Some(current) = state.users.get(&session.user_id).and_then(|user| user.password.as_ref()) {
        current.check("current_password", fields.required("current_password")?)?;
    }
    Ok(session)
}

fn set(
    state: &mut state::State,
    session: &Session,
    password: Option<Password>,
    now: Millis,
) -> Result<Value, ApiError> {
    state.change_user(&session.user_id, now, |user| {
        user.password = password;
        Ok(())
    })?;
    user(state, &session.user_id)
}
