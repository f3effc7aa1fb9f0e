//! The signing keys: another one, and the end of the old ones.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use crate::app::Shared;
use crate::control::answer::done;
use crate::control::input::Input;

/// Publishes one more key, which signs from now on.
pub(super) async fn rotate(State(app): State<Shared>, input: Input) -> Response {
    match app.signer.keys.rotate() {
        Ok(kids) => keep(&app, &input, kids),
        Err(error) => {
            tracing::error!("{error:#}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Publishes only the newest key from now on: tokens of older ones are good for nothing any more.
pub(super) async fn withdraw(State(app): State<Shared>, input: Input) -> Response {
    let kids = app.signer.keys.withdraw_old();
    keep(&app, &input, kids)
}

fn keep(app: &Shared, input: &Input, kids: Vec<String>) -> Response {
    let answer = json!({"kids": kids});
    app.store.write(|state| state.kids = kids);
    done(input, answer)
}
