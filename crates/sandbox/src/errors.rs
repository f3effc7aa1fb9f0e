//! Errors in Clerk's form: `{errors: [{message, long_message, code, meta}], clerk_trace_id}`.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::RETRY_AFTER;
use serde_json::{Value, json};

use crate::ids;

/// One refusal, as both APIs write it.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// Longer text for people; the message when there is none.
    pub(crate) long_message: Option<String>,
    /// Field of the form the refusal is about.
    pub(crate) param: Option<String>,
    /// Seconds after which to try again, for the header of that name.
    pub(crate) retry_after: Option<u64>,
}

impl ApiError {
    /// A refusal with a status, a code of Clerk's catalogue and a sentence.
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), long_message: None, param: None, retry_after: None }
    }

    /// 422 about one field.
    pub(crate) fn form(code: &'static str, param: &str, message: impl Into<String>) -> Self {
        Self { param: Some(param.to_owned()), ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message) }
    }

    /// 422: a field that must be there is not.
    pub(crate) fn missing(param: &str) -> Self {
        Self::form("form_param_missing", param, format!("{param} must be included."))
    }

    /// 422: a field is there and holds nothing.
    pub(crate) fn blank(param: &str) -> Self {
        Self::form("form_param_nil", param, format!("{param} cannot be blank."))
    }

    /// 422: a field holds something it cannot hold; say what it should look like.
    pub(crate) fn invalid(param: &str, message: impl Into<String>) -> Self {
        Self::form("form_param_value_invalid", param, message)
    }

    /// 404 for anything that is not there.
    pub(crate) fn not_found(what: &str, id: &str) -> Self {
        Self {
            long_message: Some(format!("No {what} was found with id {id}.")),
            ..Self::new(StatusCode::NOT_FOUND, "resource_not_found", "not found")
        }
    }

    /// 404 for an organisation that is unknown, or of which the person is no member: nobody can tell which.
    pub(crate) fn organization_not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "organization_not_found_or_unauthorized",
            "Given organization not found, or you don't have permission to view it.",
        )
    }

    /// 400 with a code.
    pub(crate) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 403 with a code.
    pub(crate) fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    /// 429 with the seconds after which to try again.
    pub(crate) fn too_many_requests(retry_after: u64) -> Self {
        Self {
            long_message: Some("Too many requests, retry later".to_owned()),
            retry_after: Some(retry_after),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Too many requests")
        }
    }

    /// 401 with a code.
    pub(crate) fn unauthorized(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, message)
    }

    /// The body, with room for more in `meta`.
    pub(crate) fn body(&self) -> Value {
        let meta = match &self.param {
            Some(param) => json!({"param_name": param}),
            None => json!({}),
        };
        json!({
            "errors": [{
                "message": self.message,
                "long_message": self.long_message.as_ref().unwrap_or(&self.message),
                "code": self.code,
                "meta": meta,
            }],
            "clerk_trace_id": ids::letters(32).to_ascii_lowercase(),
        })
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let retry_after = self.retry_after.map(|seconds| [(RETRY_AFTER, seconds.to_string())]);
        (self.status, retry_after, Json(self.body())).into_response()
    }
}

/// What handlers of both APIs answer.
pub(crate) type ApiResult = Result<Json<Value>, ApiError>;

/// 404 for a path neither API has; the path is named so that a missing endpoint is seen at once.
pub(crate) async fn unknown_path(method: http::Method, uri: http::Uri) -> ApiError {
    ApiError {
        long_message: Some(format!("The sandbox has no endpoint {method} {}.", uri.path())),
        ..ApiError::new(StatusCode::NOT_FOUND, "resource_not_found", "not found")
    }
}
