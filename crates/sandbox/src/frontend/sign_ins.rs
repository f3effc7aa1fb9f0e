//! `/v1/client/sign_ins`: signing in with an address and a code or a password, or with a ticket.

use axum::extract::{Path, State};

use crate::app::Shared;
use crate::frontend::answer::Answered;
use crate::frontend::caller::Caller;
use crate::frontend::fields::{Fields, unknown_strategy};

/// Begins, and sends the code at once if the strategy is named already. A password or a ticket needs no more.
pub(super) async fn create(State(app): State<Shared>, caller: Caller, fields: Fields) -> Answered {
    let strategy = fields.get("strategy");
    if strategy == Some("ticket") {
        let secret = fields.required("ticket")?;
        return caller.change(&app, |state, client, now| {
            state.check_nobody_signed_in(client)?;
            let ticket = state.ticket(secret, now)?;
            let (sign_in, _) = state.create_sign_in_by_ticket(client, &ticket, now)?;
            Ok(state.sign_in_json(&sign_in, now))
        });
    }
    if let Some(other) = strategy
        && !["email_code", "password"].contains(&other)
    {
        return Err(unknown_strategy(other));
    }
    let identifier = fields.required("identifier")?;
    if strategy == Some("password") || fields.get("password").is_some_and(|password| !password.is_empty()) {
        let password = fields.required("password")?;
        return caller.change(&app, |state, client, now| {
            let sign_in = state.create_sign_in_by_password(client, identifier, password, now)?;
            Ok(state.sign_in_json(&sign_in, now))
        });
    }
    caller.change(&app, |state, client, now| {
        let mut sign_in = state.create_sign_in(client, identifier, now)?;
        if strategy.is_some() {
            sign_in = state.prepare_sign_in(client, &sign_in.id, now)?;
        }
        Ok(state.sign_in_json(&sign_in, now))
    })
}

/// The attempt as it stands.
pub(super) async fn show(State(app): State<Shared>, caller: Caller, Path(id): Path<String>) -> Answered {
    caller.look(&app, |state, now| {
        let client = caller.client(state).unwrap_or_default();
        Ok(state.sign_in_json(&state.sign_in(client, &id)?, now))
    })
}

/// Sends the code.
pub(super) async fn prepare(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Answered {
    fields.check_strategy()?;
    caller.change(&app, |state, client, now| {
        let sign_in = state.prepare_sign_in(client, &id, now)?;
        Ok(state.sign_in_json(&sign_in, now))
    })
}

/// Tries the code, or a password.
pub(super) async fn attempt(
    State(app): State<Shared>,
    caller: Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Answered {
    if fields.get("strategy") == Some("password") {
        let password = fields.required("password")?;
        return caller.change(&app, |state, client, now| {
            let sign_in = state.attempt_sign_in_by_password(client, &id, password, now)?;
            Ok(state.sign_in_json(&sign_in, now))
        });
    }
    fields.check_strategy()?;
    let code = fields.required("code")?;
    caller.change(&app, |state, client, now| {
        let (sign_in, _) = state.attempt_sign_in(client, &id, code, now)?;
        Ok(state.sign_in_json(&sign_in, now))
    })
}
