//! Whether the published rate limits hold.

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use crate::app::Shared;
use crate::control::answer::{done, wrong};
use crate::control::input::Input;

/// Turns them on or off, with nothing spent.
pub(super) async fn change(State(app): State<Shared>, input: Input) -> Response {
    let Some(on) = input.flag("on") else {
        return wrong("on must be true or false");
    };
    app.limits.set(on);
    done(&input, json!({"on": on}))
}
