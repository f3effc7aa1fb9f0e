//! What goes wrong with mails.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use crate::app::Shared;
use crate::control::answer::{done, wrong};
use crate::control::input::Input;
use crate::smtp::{Stage, Trouble, Waiting};

/// How late `slow` answers unless it says otherwise, in milliseconds.
const WAIT: u32 = 5_000;
/// What `answer` says unless it says otherwise.
const STATUS: u32 = 451;

/// The troubles that wait for their mails.
pub(super) async fn list(State(app): State<Shared>) -> Json<Value> {
    Json(json!({"troubles": app.troubles.json()}))
}

/// One more.
pub(super) async fn add(State(app): State<Shared>, input: Input) -> Response {
    match read(&input) {
        Ok(waiting) => {
            app.troubles.add(waiting);
            done(&input, json!({"kind": waiting.trouble.as_str()}))
        }
        Err(complaint) => wrong(complaint),
    }
}

fn read(input: &Input) -> Result<Waiting, &'static str> {
    let left = input.number("times").map_err(|()| "times must be a whole number, or left out for all mails")?;
    if left == Some(0) {
        return Err("times must be at least 1");
    }
    let wait = input.number("wait_ms").map_err(|()| "wait_ms must be a whole number")?.unwrap_or(WAIT);
    let status = input.number("status").map_err(|()| "status must be a whole number")?.unwrap_or(STATUS);
    let status = u16::try_from(status).ok().filter(|status| (400..600).contains(status));
    let stage = match input.text("at") {
        None | Some("data") => Stage::Data,
        Some("recipient") => Stage::Recipient,
        Some(_) => return Err("at must be recipient or data"),
    };
    let trouble = match input.text("kind") {
        Some("refuse") => Trouble::Refuse,
        Some("slow") => Trouble::Slow(Duration::from_millis(wait.into())),
        Some("drop") => Trouble::Drop,
        Some("answer") => Trouble::Answer(status.ok_or("status must be from 400 to 599")?, stage),
        _ => return Err("kind must be refuse, slow, drop or answer"),
    };
    Ok(Waiting { trouble, left })
}

/// Takes all of them back.
pub(super) async fn clear(State(app): State<Shared>, input: Input) -> Response {
    done(&input, json!({"cleared": app.troubles.clear()}))
}
