//! Answers of the control page's buttons: JSON for programs, the page again for people.

use axum::Json;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde_json::{Value, json};

use crate::control::input::Input;
use crate::errors::ApiError;

/// It is done.
pub(super) fn done(input: &Input, answer: Value) -> Response {
    if input.is_json { Json(answer).into_response() } else { Redirect::to("/control").into_response() }
}

/// It is done, or Clerk would not do it either.
pub(super) fn done_or_refused(input: &Input, outcome: Result<Value, ApiError>) -> Response {
    match outcome {
        Ok(answer) => done(input, answer),
        Err(refusal) => refusal.into_response(),
    }
}

/// 404.
pub(super) fn unknown(what: &str) -> Response {
    let error = json!({"error": format!("there is no such {what}")});
    (StatusCode::NOT_FOUND, Json(error)).into_response()
}

/// 422, with what it should have been.
pub(super) fn wrong(what: &str) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({"error": what}))).into_response()
}
