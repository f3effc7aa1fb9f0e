//! The application's address for webhooks: its secret, and enabling it again.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use signatures::svix::Secret;

use crate::app::Shared;
use crate::clock;
use crate::control::answer::{done, wrong};
use crate::control::input::Input;
use crate::webhook_secrets::fresh;

/// Sends to an address again that was disabled for its failures.
pub(super) async fn enable(State(app): State<Shared>, input: Input) -> Response {
    app.store.write(|state| state.enable_endpoint());
    done(&input, json!({}))
}

/// Signs with a new secret, the one that is sent or a random one, and for a day with the old one as well. The answer
/// shows it, as Clerk's dashboard does, and nothing else ever will.
pub(super) async fn rotate_secret(State(app): State<Shared>, input: Input) -> Response {
    let text = input.text("secret").map_or_else(fresh, str::to_owned);
    let Ok(secret) = Secret::parse(&text) else {
        return wrong("secret must be whsec_ and base64");
    };
    app.secrets.rotate(secret, clock::now());
    Json(json!({"secret": text, "signatures": app.secrets.count()})).into_response()
}

/// Signs with the newest secret only.
pub(super) async fn end_overlap(State(app): State<Shared>, input: Input) -> Response {
    app.secrets.end_overlap();
    done(&input, json!({"signatures": app.secrets.count()}))
}
