//! What happens to people at Clerk.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::json;

use crate::app::Shared;
use crate::clock::{self, MINUTE, Millis};
use crate::control::answer::{done, done_or_refused, unknown, wrong};
use crate::control::input::Input;

/// Ends every session of a person.
pub(super) async fn end_sessions(State(app): State<Shared>, Path(id): Path<String>, input: Input) -> Response {
    let ended =
        app.store.write(|state| state.users.contains_key(&id).then(|| state.end_sessions_of(&id, clock::now())));
    match ended {
        Some(count) => done(&input, json!({"ended": count})),
        None => unknown("user"),
    }
}

/// Lets it be so many minutes longer ago that a person signed in, on every session.
pub(super) async fn age(State(app): State<Shared>, Path(id): Path<String>, input: Input) -> Response {
    let Ok(Some(minutes)) = input.number("minutes") else {
        return wrong("minutes must be a whole number");
    };
    let by = Millis::from(minutes) * MINUTE;
    let aged = app.store.write(|state| state.users.contains_key(&id).then(|| state.age_sessions_of(&id, by)));
    match aged {
        Some(count) => done(&input, json!({"aged": count})),
        None => unknown("user"),
    }
}

/// Shuts a person out.
pub(super) async fn ban(app: State<Shared>, id: Path<String>, input: Input) -> Response {
    set_banned(&app, &id, &input, true)
}

/// Lets a person in again.
pub(super) async fn unban(app: State<Shared>, id: Path<String>, input: Input) -> Response {
    set_banned(&app, &id, &input, false)
}

fn set_banned(app: &Shared, id: &str, input: &Input, banned: bool) -> Response {
    let outcome = app.store.write(|state| state.ban_user(id, banned, clock::now()));
    done_or_refused(input, outcome.map(|user| json!({"id": user.id, "banned": user.banned})))
}

/// Removes a person.
pub(super) async fn delete(State(app): State<Shared>, Path(id): Path<String>, input: Input) -> Response {
    done_or_refused(&input, app.store.write(|state| state.delete_user(&id, clock::now())))
}
