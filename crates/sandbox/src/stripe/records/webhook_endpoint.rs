//! Webhook endpoints: where events are sent.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::stripe::clock::Seconds;
use crate::stripe::form::Metadata;
use crate::stripe::shelf::Record;

/// An endpoint.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct WebhookEndpoint {
    pub(crate) id: String,
    pub(crate) url: String,
    /// Types of events, or `*`.
    pub(crate) enabled_events: Vec<String>,
    pub(crate) api_version: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) disabled: bool,
    /// What it signs with, newest first; older ones with the moment they stop at.
    pub(crate) secrets: Vec<Secret>,
    pub(crate) metadata: Metadata,
    pub(crate) created: Seconds,
}

/// A secret of an endpoint.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Secret {
    pub(crate) text: String,
    pub(crate) ends_at: Option<Seconds>,
}

impl Record for WebhookEndpoint {
    const NAME: &'static str = "webhook endpoint";

    fn id(&self) -> &str {
        &self.id
    }
}

impl WebhookEndpoint {
    /// Whether it is told of such events.
    pub(crate) fn wants(&self, kind: &str) -> bool {
        !self.disabled && self.enabled_events.iter().any(|wanted| wanted == "*" || wanted == kind)
    }

    /// As the API shows it: without the secret.
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "webhook_endpoint",
            "api_version": self.api_version,
            "application": null,
            "created": self.created,
            "description": self.description,
            "enabled_events": self.enabled_events,
            "livemode": false,
            "metadata": self.metadata,
            "status": if self.disabled { "disabled" } else { "enabled" },
            "url": self.url,
        })
    }
}
