//! Faults of the two APIs, and what they were asked.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use http::Method;
use serde_json::{Value, json};

use crate::app::Shared;
use crate::call::Api;
use crate::control::answer::{done, unknown, wrong};
use crate::control::input::Input;
use crate::faults::{Fault, Trouble};
use crate::refusals::refusal;

/// How long `wait` waits unless it says otherwise, in milliseconds.
const WAIT: u32 = 5_000;
/// What `too_many_requests` says unless it says otherwise, in seconds.
const RETRY_AFTER: u32 = 1;

/// The faults that wait for their calls.
pub(super) async fn list(State(app): State<Shared>) -> Json<Value> {
    Json(json!({"faults": app.faults.json()}))
}

/// One more.
pub(super) async fn add(State(app): State<Shared>, input: Input) -> Response {
    match read(&input) {
        Ok(fault) => done(&input, json!({"id": app.faults.add(fault)})),
        Err(complaint) => wrong(complaint),
    }
}

fn read(input: &Input) -> Result<Fault, &'static str> {
    let api = match input.text("api") {
        None => None,
        Some(word) => Some(Api::parse(word).ok_or("api must be backend, frontend or stripe, or left out for all")?),
    };
    let method = match input.text("method") {
        None => None,
        Some(word) => Some(
            Method::from_bytes(word.to_ascii_uppercase().as_bytes())
                .map_err(|_| "method must be a method of HTTP, or left out for any")?,
        ),
    };
    let left = input.number("times").map_err(|()| "times must be a whole number, or left out for all calls")?;
    if left == Some(0) {
        return Err("times must be at least 1");
    }
    let wait = input.number("wait_ms").map_err(|()| "wait_ms must be a whole number")?.unwrap_or(WAIT);
    let retry_after =
        input.number("retry_after").map_err(|()| "retry_after must be a whole number")?.unwrap_or(RETRY_AFTER);
    let trouble = match input.text("kind") {
        Some("wait") => Trouble::Wait(Duration::from_millis(wait.into())),
        Some("too_many_requests") => Trouble::TooManyRequests(retry_after.into()),
        Some("refuse") => Trouble::Refuse(
            input.text("code").and_then(refusal).ok_or("code must be one of those the control page lists")?,
        ),
        Some("error") => Trouble::Error,
        Some("garbage") => Trouble::Garbage,
        Some("silence") => Trouble::Silence,
        Some("locked") => Trouble::Locked,
        Some("stored_error") => Trouble::Stored,
        Some("stale") => Trouble::Stale,
        Some("foreign") => Trouble::Foreign,
        _ => {
            return Err(
                "kind must be wait, too_many_requests, refuse, error, garbage or silence, or of Stripe's locked, \
                 stored_error, stale or foreign",
            );
        }
    };
    let path = input.text("path").unwrap_or("**").to_owned();
    Ok(Fault { id: String::new(), api, method, path, left, trouble })
}

/// Takes one back.
pub(super) async fn clear(State(app): State<Shared>, Path(id): Path<String>, input: Input) -> Response {
    match app.faults.clear(Some(&id)) {
        0 => unknown("fault"),
        count => done(&input, json!({"cleared": count})),
    }
}

/// Takes all of them back.
pub(super) async fn clear_all(State(app): State<Shared>, input: Input) -> Response {
    done(&input, json!({"cleared": app.faults.clear(None)}))
}

/// What the two APIs were asked lately, newest first.
pub(super) async fn received(State(app): State<Shared>) -> Json<Value> {
    Json(json!({"received": app.received.json()}))
}

/// Begins that list anew.
pub(super) async fn clear_received(State(app): State<Shared>, input: Input) -> Response {
    app.received.clear();
    done(&input, json!({}))
}
