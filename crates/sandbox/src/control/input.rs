//! What a button or a program sends: a form or a JSON object.

use std::convert::Infallible;

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use http::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{Map, Value};

use crate::app::Shared;

/// Largest body.
const LIMIT: usize = 64 * 1024;

/// The members, and whether the answer is to be JSON. Whatever cannot be read holds nothing.
pub(super) struct Input {
    members: Map<String, Value>,
    pub(super) is_json: bool,
}

impl FromRequest<Shared> for Input {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, Infallible> {
        let (head, body) = request.into_parts();
        let says_json = |name| {
            head.headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .is_some_and(|value| value.starts_with("application/json"))
        };
        let (sent, wanted) = (says_json(CONTENT_TYPE), says_json(ACCEPT));
        let body = to_bytes(body, LIMIT).await.unwrap_or_default();
        let members = if sent {
            serde_json::from_slice(&body).unwrap_or_default()
        } else {
            url::form_urlencoded::parse(&body)
                .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
                .collect()
        };
        Ok(Self { members, is_json: sent || wanted })
    }
}

impl Input {
    /// A text that holds something.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
    }

    /// A whole number, or the digits of one. An error when there is something else.
    pub(super) fn number(&self, name: &str) -> Result<Option<u32>, ()> {
        match self.members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Value::String(text)) => text.trim().parse().map(Some).map_err(|_| ()),
            Some(value) => value.as_u64().and_then(|number| u32::try_from(number).ok()).map(Some).ok_or(()),
        }
    }

    /// True or false, or their words.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        match self.members.get(name)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }
}
