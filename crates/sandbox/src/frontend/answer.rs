//! What the Frontend API answers: JSON, with the cookies of a production instance.

use axum::Json;
use axum::response::{AppendHeaders, IntoResponse, Response};
use http::header::SET_COOKIE;
use serde_json::Value;

use crate::errors::ApiError;

/// A body and the cookies that go with it.
pub(super) struct Answer {
    pub(super) body: Value,
    pub(super) cookies: Vec<String>,
}

/// What handlers answer.
pub(super) type Answered = Result<Answer, ApiError>;

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let cookies = AppendHeaders(self.cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)));
        (cookies, Json(self.body)).into_response()
    }
}
