//! Bodies of the Frontend API: forms.

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use http::header::CONTENT_TYPE;
use serde_json::Value;

use crate::app::Shared;
use crate::errors::ApiError;
use crate::records::Metadata;

/// Largest body.
const LIMIT: usize = 256 * 1024;

/// The fields of a form; an empty body has none.
pub(super) struct Fields(Vec<(String, String)>);

impl FromRequest<Shared> for Fields {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, ApiError> {
        let form = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_none_or(|value| value.starts_with("application/x-www-form-urlencoded"));
        let body = to_bytes(request.into_body(), LIMIT).await.map_err(|_| ApiError {
            status: http::StatusCode::PAYLOAD_TOO_LARGE,
            ..ApiError::bad_request("request_body_too_large", "Request body too large")
        })?;
        if !form && !body.is_empty() {
            return Err(ApiError::bad_request(
                "content_type_invalid",
                "The body must be application/x-www-form-urlencoded.",
            ));
        }
        Ok(Self(url::form_urlencoded::parse(&body).into_owned().collect()))
    }
}

impl Fields {
    /// The value of a field, empty ones included.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a name.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    }

    /// The value of a field that must hold something.
    pub(super) fn required(&self, name: &str) -> Result<&str, ApiError> {
        let value = self.get(name).ok_or_else(|| ApiError::missing(name))?;
        if value.trim().is_empty() { Err(ApiError::blank(name)) } else { Ok(value) }
    }

    /// A field that holds a JSON object as text.
    pub(super) fn metadata(&self, name: &str) -> Result<Option<Metadata>, ApiError> {
        let Some(text) = self.get(name).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        match serde_json::from_str(text) {
            Ok(Value::Object(map)) => Ok(Some(map)),
            Ok(Value::Null) => Ok(None),
            _ => Err(ApiError::form("form_param_type_invalid", name, format!("{name} must be a JSON object."))),
        }
    }

    /// 422 unless the strategy is the one that sends something.
    pub(super) fn check_strategy(&self) -> Result<(), ApiError> {
        match self.required("strategy")? {
            "email_code" => Ok(()),
            other => Err(unknown_strategy(other)),
        }
    }
}

/// 422 for a way to sign in or up this instance does not have.
pub(super) fn unknown_strategy(strategy: &str) -> ApiError {
    ApiError::invalid("strategy", format!("{strategy} is not a strategy that works here: use email_code."))
}
