//! Where events go.

use serde::Serialize;

use super::{API_VERSION, Pages, Paging, Stripe};
use crate::change::Change;
use crate::error::Error;
use crate::form::{Pairs, pairs};
use crate::idempotency::Idempotency;
use crate::types::{Deleted, List, Metadata, WebhookEndpoint};

/// An endpoint to be made. It gets events in [`API_VERSION`], which cannot be changed later.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewWebhookEndpoint {
    /// The address.
    pub url: String,
    /// Which events.
    pub enabled_events: Vec<String>,
    /// What only we read.
    pub description: Option<String>,
    /// Ours.
    pub metadata: Metadata,
}

/// What to change of an endpoint; `None` leaves it as it is.
#[derive(Debug, Clone, Default, Serialize)]
pub struct WebhookEndpointChange {
    /// The address.
    pub url: Option<String>,
    /// Which events; empty leaves them as they are.
    pub enabled_events: Vec<String>,
    /// Whether events stay away.
    pub disabled: Option<bool>,
    /// What only we read.
    pub description: Option<Change<String>>,
    /// Ours; merged into what is there.
    pub metadata: Metadata,
}

impl Stripe {
    /// Makes an endpoint. Its secret is in the answer, and never again.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn create_webhook_endpoint(
        &self,
        key: &Idempotency,
        new: &NewWebhookEndpoint,
    ) -> Result<WebhookEndpoint, Error> {
        let mut pairs = pairs(new)?;
        pairs.push(("api_version".to_owned(), API_VERSION.to_owned()));
        self.post(&["webhook_endpoints"], key, Ok(pairs)).await
    }

    /// Changes an endpoint.
    ///
    /// # Errors
    /// [`Error::is_missing`] when there is none.
    pub async fn update_webhook_endpoint(
        &self,
        endpoint_id: &str,
        key: &Idempotency,
        change: &WebhookEndpointChange,
    ) -> Result<WebhookEndpoint, Error> {
        self.post(&["webhook_endpoints", endpoint_id], key, pairs(change)).await
    }

    /// A part of the endpoints.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_webhook_endpoints(&self, paging: &Paging) -> Result<List<WebhookEndpoint>, Error> {
        self.get(&["webhook_endpoints"], &pairs(paging)?).await
    }

    /// All endpoints, page after page.
    #[must_use]
    pub fn webhook_endpoints(&self) -> Pages<WebhookEndpoint> {
        Pages::new(self, &["webhook_endpoints"], Ok(Pairs::new()))
    }

    /// Deletes an endpoint.
    ///
    /// # Errors
    /// [`Error::is_missing`] when there is none.
    pub async fn delete_webhook_endpoint(&self, endpoint_id: &str) -> Result<Deleted, Error> {
        self.delete(&["webhook_endpoints", endpoint_id], &Pairs::new()).await
    }
}
