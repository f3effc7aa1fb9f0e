//! Errors in Stripe's form: `{error: {type, code, message, param, …}}`.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::RETRY_AFTER;
use serde_json::{Map, Value, json};

/// One refusal.
#[derive(Clone, Debug)]
pub(crate) struct StripeError {
    pub(crate) status: StatusCode,
    kind: &'static str,
    pub(crate) code: Option<&'static str>,
    pub(crate) message: String,
    param: Option<String>,
    /// Further members, such as `decline_code`.
    more: Box<Map<String, Value>>,
    retry_after: Option<u64>,
}

/// What a call comes to.
pub(crate) type Answer = Result<Value, StripeError>;

impl StripeError {
    fn new(status: StatusCode, kind: &'static str, code: Option<&'static str>, message: impl Into<String>) -> Self {
        Self { status, kind, code, message: message.into(), param: None, more: Box::default(), retry_after: None }
    }

    /// 400 with nothing but a sentence.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", None, message)
    }

    /// 400 about one parameter.
    pub(crate) fn param(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self { param: Some(param.into()), ..Self::invalid(message) }
    }

    /// 400 with a code.
    pub(crate) fn coded(code: &'static str, message: impl Into<String>) -> Self {
        Self { code: Some(code), ..Self::invalid(message) }
    }

    /// 400: nobody knows that parameter.
    pub(crate) fn unknown_parameter(param: &str) -> Self {
        Self {
            param: Some(param.to_owned()),
            ..Self::coded("parameter_unknown", format!("Received unknown parameter: {param}"))
        }
    }

    /// 400: a parameter is missing.
    pub(crate) fn missing(param: &str) -> Self {
        Self {
            param: Some(param.to_owned()),
            ..Self::coded("parameter_missing", format!("Missing required param: {param}."))
        }
    }

    /// 404 when the address names it, 400 when a parameter does.
    pub(crate) fn no_such(what: &str, id: &str, param: &str) -> Self {
        let status = if param == "id" { StatusCode::NOT_FOUND } else { StatusCode::BAD_REQUEST };
        Self {
            param: Some(param.to_owned()),
            ..Self::new(
                status,
                "invalid_request_error",
                Some("resource_missing"),
                format!("No such {what}: '{}'", id.escape_default()),
            )
        }
    }

    /// 404 with a code, for what is there and has nothing to show.
    pub(crate) fn nothing(code: &'static str, message: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", Some(code), message)
    }

    /// 404 for an address that does not exist.
    pub(crate) fn unknown_url(method: &http::Method, path: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "invalid_request_error",
            None,
            format!("Unrecognized request URL ({method}: {path}). The sandbox's Stripe does not know it."),
        )
    }

    /// 401.
    pub(crate) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_request_error", None, message)
    }

    /// 402: the card was refused.
    pub(crate) fn card(code: &'static str, decline_code: Option<&str>, message: &str) -> Self {
        let mut error = Self::new(StatusCode::PAYMENT_REQUIRED, "card_error", Some(code), message);
        if let Some(decline_code) = decline_code {
            error.more.insert("decline_code".to_owned(), json!(decline_code));
        }
        error
    }

    /// 400: the key was used for something else.
    pub(crate) fn other_parameters(key: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "idempotency_error",
            None,
            format!(
                "Keys for idempotent requests can only be used with the same parameters they were first used with. Try \
                 using a key other than '{}' if you meant to execute a different request.",
                key.escape_default()
            ),
        )
    }

    /// 409: the first use of the key is still under way.
    pub(crate) fn key_in_use(key: &str) -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "idempotency_error",
            Some("idempotency_key_in_use"),
            format!(
                "There is currently another in-progress request using this idempotent key: '{}'. Please try again \
                 later.",
                key.escape_default()
            ),
        )
    }

    /// 409: something else holds the object.
    pub(crate) fn lock_timeout() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "invalid_request_error",
            Some("lock_timeout"),
            "This object cannot be accessed right now because another API request or Stripe process is currently \
             accessing it.",
        )
    }

    /// 429 for calling too often.
    pub(crate) fn rate_limit(seconds: u64) -> Self {
        let mut error = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "invalid_request_error",
            Some("rate_limit"),
            "Request rate limit exceeded.",
        );
        error.retry_after = Some(seconds);
        error
    }

    /// 500.
    pub(crate) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "api_error",
            None,
            "An unknown error occurred. This is a fault of the sandbox, asked for at its control page.",
        )
    }

    /// The same refusal, about a parameter.
    pub(crate) fn about(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// The same refusal with one more member.
    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        self.more.insert(name.to_owned(), value);
        self
    }

    /// The body.
    pub(crate) fn body(&self) -> Value {
        let mut error = (*self.more).clone();
        error.insert("type".to_owned(), json!(self.kind));
        error.insert("message".to_owned(), json!(self.message));
        if let Some(code) = self.code {
            error.insert("code".to_owned(), json!(code));
            error.insert("doc_url".to_owned(), json!(format!("https://stripe.com/docs/error-codes/{code}")));
        }
        if let Some(param) = &self.param {
            error.insert("param".to_owned(), json!(param));
        }
        json!({"error": error})
    }
}

impl IntoResponse for StripeError {
    fn into_response(self) -> Response {
        let retry_after = self.retry_after.map(|seconds| [(RETRY_AFTER, seconds.to_string())]);
        (self.status, retry_after, Json(self.body())).into_response()
    }
}
