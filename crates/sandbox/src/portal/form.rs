//! Forms of the hosted pages.

use std::collections::HashMap;
use std::convert::Infallible;

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};

use crate::app::Shared;

/// Largest form.
const LIMIT: usize = 64 * 1024;

/// The fields of a form; what cannot be read counts as empty, and the page says what is missing.
pub(crate) struct Form(HashMap<String, String>);

impl FromRequest<Shared> for Form {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, Infallible> {
        let bytes = to_bytes(request.into_body(), LIMIT).await.unwrap_or_default();
        Ok(Self(url::form_urlencoded::parse(&bytes).into_owned().collect()))
    }
}

impl Form {
    /// The value of a field without blanks around it.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |value| value.trim())
    }

    /// Every field and its value, by name.
    pub(crate) fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs: Vec<_> = self.0.clone().into_iter().collect();
        pairs.sort();
        pairs
    }
}
