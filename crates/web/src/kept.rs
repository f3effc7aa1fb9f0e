//! A form that came without a session: kept, so that signing in again loses nothing of it.

use axum::body::{Body, to_bytes};
use http::Method;
use http::header::CONTENT_TYPE;
use http::request::Parts;

use crate::body;

/// What was sent, and where it goes once somebody is signed in.
#[derive(Debug, Clone)]
pub(crate) struct KeptForm {
    /// A path of ours.
    pub(crate) action: String,
    /// Name and value, in the order of the form.
    pub(crate) fields: Vec<(String, String)>,
}

impl KeptForm {
    /// Reads the form of a page. `None` for everything else, and for what is too large to be one.
    pub(crate) async fn read(parts: &Parts, body: Body) -> Option<Self> {
        let form = parts
            .headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
        if parts.method != Method::POST || !form {
            return None;
        }
        let bytes = to_bytes(body, body::LARGEST).await.ok()?;
        let fields = serde_urlencoded::from_bytes(&bytes).ok()?;
        Some(Self { action: parts.uri.path().to_owned(), fields })
    }
}
