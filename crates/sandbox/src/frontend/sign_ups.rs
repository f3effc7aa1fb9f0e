//! `/v1/client/sign_ups`: becoming a user with an address and a code, or with a ticket; a password may be chosen.

use axum::extract::{Path, State};

use crate::app::Shared;
use crate::errors::ApiError;
use crate::frontend::answer::Answered;
use crate::frontend::caller::Caller;
use crate::frontend::fields::{Fields, unknown_strategy};
use crate::records::SignUpFields;

/// Begins. What is still missing or unverified stands in the answer.
pub(super) async fn create(State(app): State<Shared>, caller: Caller, fields: Fields) -> Answered {
    if fields.get("strategy") == Some("ticket") {
        let (secret, filled) = (fields.required("ticket")?, owned(&fields)?);
        return caller.change(&app, |state, client, now| {
            state.check_nobody_signed_in(client)?;
            let ticket = state.ticket(secret, now)?;
            let (sign_up, ..) = state.create_sign_up_by_ticket(client, &ticket, filled, now)?;
            Ok(sign_up.json(now))
        });
    }
    let filled = read(&fields)?;
    caller.change(&app, |state, client, now| Ok(state.create_sign_up(client, filled, now)?.json(now)))
}

/// The attempt as it stands.
pub(super) async fn show(State(app): State<Shared>, caller: Caller, Path(id): Path<String>) -> Answered {
    caller.look(&app, |state, now| {
        let client = caller.client(state).unwrap_or_default();
        Ok(state.sign_up(client, &id)?.json(now))
    })
}

/// Adds to or changes what was said before.
pub(super) async fn change(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Answered {
    let filled = read(&fields)?;
    caller.change(&app, |state, client, now| Ok(state.change_sign_up(client, &id, filled, now)?.json(now)))
}

/// Sends the code.
pub(super) async fn prepare(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Answered {
    fields.check_strategy()?;
    caller.change(&app, |state, client, now| Ok(state.prepare_sign_up(client, &id, now)?.json(now)))
}

/// Tries the code.
pub(super) async fn attempt(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Answered {
    fields.check_strategy()?;
    let code = fields.required("code")?;
    caller.change(&app, |state, client, now| {
        let (sign_up, _) = state.attempt_sign_up(client, &id, code, now)?;
        Ok(sign_up.json(now))
    })
}

fn read(fields: &Fields) -> Result<SignUpFields, ApiError> {
    // Outside accounts come here too, with a strategy this instance does not have.
    if let Some(strategy) = fields.get("strategy")
        && !["email_code", "password"].contains(&strategy)
    {
        return Err(unknown_strategy(strategy));
    }
    owned(fields)
}

fn owned(fields: &Fields) -> Result<SignUpFields, ApiError> {
    let owned = |name| fields.get(name).map(str::to_owned);
    Ok(SignUpFields {
        email_address: owned("email_address"),
        first_name: owned("first_name"),
        last_name: owned("last_name"),
        unsafe_metadata: fields.metadata("unsafe_metadata")?,
        password: owned("password").filter(|password| !password.is_empty()),
    })
}
