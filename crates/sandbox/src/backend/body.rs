//! Bodies of the Backend API: JSON objects, with the complaints Clerk makes about their members.

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use http::StatusCode;
use serde_json::{Map, Value};

use crate::app::Shared;
use crate::errors::ApiError;
use crate::records::{Metadata, merge, read_metadata};

/// Largest body.
const LIMIT: usize = 1024 * 1024;

/// The members of a JSON object; an empty body has none.
pub(super) struct Body(Map<String, Value>);

impl FromRequest<Shared> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, ApiError> {
        match read(request).await? {
            None => Ok(Self(Map::new())),
            Some(Value::Object(map)) => Ok(Self(map)),
            Some(_) => Err(ApiError::bad_request("request_body_invalid", "The request body must be a JSON object.")),
        }
    }
}

/// A list of JSON objects.
pub(super) struct Bodies(pub(super) Vec<Body>);

impl FromRequest<Shared> for Bodies {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, ApiError> {
        let Some(Value::Array(list)) = read(request).await? else {
            return Err(ApiError::bad_request("request_body_invalid", "The request body must be a JSON list."));
        };
        let bodies = list.into_iter().map(|item| match item {
            Value::Object(map) => Ok(Body(map)),
            _ => Err(ApiError::bad_request("request_body_invalid", "The list must be of JSON objects.")),
        });
        Ok(Self(bodies.collect::<Result<_, _>>()?))
    }
}

/// The JSON of a request, if there is any.
async fn read(request: Request) -> Result<Option<Value>, ApiError> {
    let bytes = to_bytes(request.into_body(), LIMIT).await.map_err(|_| too_large())?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|_| ApiError::bad_request("request_body_invalid", "The request body must be JSON."))
}

/// 413.
pub(super) fn too_large() -> ApiError {
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "request_body_too_large", "Request body too large")
}

impl Body {
    /// Whether a member is there, whatever it holds.
    pub(super) fn mentions(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A text; absent and null are both nothing.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, ApiError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(wrong_type(name, "a string")),
        }
    }

    /// A text that must hold something.
    pub(super) fn required(&self, name: &str) -> Result<String, ApiError> {
        if !self.mentions(name) {
            return Err(ApiError::missing(name));
        }
        self.text(name)?.filter(|text| !text.trim().is_empty()).ok_or_else(|| ApiError::blank(name))
    }

    /// A text that may be set to nothing: the outer option says whether it was mentioned.
    pub(super) fn settable(&self, name: &str) -> Result<Option<Option<String>>, ApiError> {
        if self.0.contains_key(name) { self.text(name).map(Some) } else { Ok(None) }
    }

    /// A list of texts; one text counts as a list of one.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, ApiError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::String(text)) => Ok(vec![text.clone()]),
            Some(Value::Array(list)) => list
                .iter()
                .map(|item| item.as_str().map(str::to_owned).ok_or_else(|| wrong_type(name, "a list of strings")))
                .collect(),
            Some(_) => Err(wrong_type(name, "a list of strings")),
        }
    }

    /// A whole number, not negative.
    pub(super) fn number(&self, name: &str) -> Result<Option<u32>, ApiError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value
                .as_u64()
                .and_then(|number| u32::try_from(number).ok())
                .map(Some)
                .ok_or_else(|| wrong_type(name, "a whole number, not negative")),
        }
    }

    /// True or false.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(wrong_type(name, "true or false")),
        }
    }

    /// A metadata object.
    pub(super) fn metadata(&self, name: &str) -> Result<Option<Metadata>, ApiError> {
        read_metadata(&self.0, name)
    }

    /// Merges a metadata member into what is kept, or replaces it; one that is not mentioned stays.
    pub(super) fn apply_metadata(&self, name: &str, into: &mut Metadata, replace: bool) -> Result<(), ApiError> {
        if let Some(change) = self.metadata(name)? {
            if replace {
                *into = change;
            } else {
                merge(into, change);
            }
        }
        Ok(())
    }

    /// 422 for members an endpoint has stopped taking: metadata has endpoints of its own.
    pub(super) fn refuse_metadata(&self) -> Result<(), ApiError> {
        for name in ["public_metadata", "private_metadata", "unsafe_metadata"] {
            if self.0.contains_key(name) {
                return Err(ApiError::form(
                    "form_param_unknown",
                    name,
                    format!("{name} is not a valid parameter for this request: use the metadata endpoint."),
                ));
            }
        }
        Ok(())
    }
}

fn wrong_type(name: &str, expected: &str) -> ApiError {
    ApiError::form("form_param_type_invalid", name, format!("{name} must be {expected}."))
}
