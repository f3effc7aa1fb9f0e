//! The Backend API: typed calls, one file per noun.
//!
//! Protocol: Clerk's published specification, version 2026-05-12.

mod answer;
mod clients;
mod invitations;
mod jwks;
mod logo;
mod memberships;
mod metadata;
mod organizations;
mod pages;
mod roles;
mod sessions;
mod settings;
mod sign_in_tokens;
mod transport;
mod users;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use budget::{Budget, Priority};
use reqwest::{Client, Method};
use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use self::transport::{Body, Call};
use crate::config::Config;
use crate::error::Error;
use crate::keys::InstanceType;

pub use invitations::{InvitationFilter, NewInvitation};
pub use logo::{Logo, LogoError};
pub use metadata::Metadata;
pub use organizations::{NewOrganization, OrganizationChange, OrganizationFilter};
pub use pages::Pages;
pub use sessions::SessionRefresh;
pub use users::{NewUser, UserChange, UserFilter};

/// The version of the API these types were written for.
pub(crate) const API_VERSION: &str = "2026-05-12";

/// Clerk counts in windows of this length.
const WINDOW: Duration = Duration::from_secs(10);

/// What a query is made of; repeated names are lists.
type Query<'a> = [(&'a str, String)];

/// A client of the Backend API. Cheap to clone; clones share one budget of calls.
#[derive(Clone)]
pub struct Backend {
    client: Client,
    base: Url,
    secret: SecretString,
    budget: Arc<Budget>,
    priority: Priority,
}

impl fmt::Debug for Backend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Backend").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

impl Backend {
    pub(crate) fn new(client: Client, config: &Config) -> Self {
        let allowed = f64::from(config.calls_in_ten_seconds.unwrap_or(match config.publishable_key.instance_type() {
            InstanceType::Production => 1000,
            InstanceType::Development => 100,
        }));
        // Half of what Clerk allows, so that other programs with the same key live too: half of that at once, and the
        // other half over the window.
        let budget = Budget::new(WINDOW, allowed / 2.0, allowed / 4.0);
        Self {
            client,
            base: config.api_url.clone(),
            secret: config.secret_key.clone(),
            budget: Arc::new(budget),
            priority: Priority::Interactive,
        }
    }

    /// The same client for work that nobody waits for: its calls come after those of people, and wait longer.
    #[must_use]
    pub fn in_background(&self) -> Self {
        Self { priority: Priority::Background, ..self.clone() }
    }

    /// `<api url>/v1/<segments>`, each segment escaped.
    fn url(&self, segments: &[&str], query: &Query<'_>) -> Result<Url, Error> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| Error::Unreachable("the API URL cannot have a path".into()))?
            .pop_if_empty()
            .push("v1")
            .extend(segments);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    async fn get<T: DeserializeOwned>(&self, segments: &[&str], query: &Query<'_>) -> Result<T, Error> {
        self.send(Call { method: Method::GET, url: self.url(segments, query)?, body: Body::None }).await
    }

    async fn delete<T: DeserializeOwned>(&self, segments: &[&str]) -> Result<T, Error> {
        self.send(Call { method: Method::DELETE, url: self.url(segments, &[])?, body: Body::None }).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        segments: &[&str],
        query: &Query<'_>,
        body: &impl Serialize,
    ) -> Result<T, Error> {
        let body = serde_json::to_value(body).map_err(|error| Error::Decode(Box::new(error)))?;
        self.send(Call { method, url: self.url(segments, query)?, body: Body::Json(body) }).await
    }
}

/// The query of a page.
fn page(limit: u32, offset: u32) -> Vec<(&'static str, String)> {
    vec![("limit", limit.to_string()), ("offset", offset.to_string())]
}
