//! A form that could not be taken, for want of a session mostly: kept, so that trying again loses nothing of it.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, Method};

/// What was sent, and where it goes once somebody is signed in.
#[derive(Debug, Clone)]
pub(crate) struct KeptForm {
    /// A path of ours.
    pub(crate) action: String,
    /// Name and value, in the order of the form.
    pub(crate) fields: Vec<(String, String)>,
}

impl KeptForm {
    /// Whether a page sends a form. A button alone sends nothing, and no type.
    pub(crate) fn is_sent(parts: &Parts) -> bool {
        let is_form = |kind: &HeaderValue| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded");
        parts.method == Method::POST && parts.headers.get(CONTENT_TYPE).is_some_and(is_form)
    }

    /// Reads it. `None` for what is no form after all.
    pub(crate) fn parse(action: &str, body: &Bytes) -> Option<Self> {
        Some(Self { action: action.to_owned(), fields: serde_urlencoded::from_bytes(body).ok()? })
    }
}
