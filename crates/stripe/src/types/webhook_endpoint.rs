//! Where events go.

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

use super::{Metadata, or_default};
use crate::words::words;

words! {
    /// Whether events go there.
    EndpointStatus {
        /// Yes.
        Enabled = "enabled",
        /// No.
        Disabled = "disabled",
    }
}

/// Where events go.
#[derive(Debug, Clone, Deserialize)]
pub struct WebhookEndpoint {
    /// `we_…`
    pub id: String,
    /// The address.
    #[serde(default, deserialize_with = "or_default")]
    pub url: String,
    /// Which ones.
    #[serde(default, deserialize_with = "or_default")]
    pub enabled_events: Vec<String>,
    /// In which version; none is the account's own. Cannot be changed.
    #[serde(default)]
    pub api_version: Option<String>,
    /// Whether they do.
    #[serde(default, deserialize_with = "or_default")]
    pub status: EndpointStatus,
    /// `whsec_…`, when it was just made and never again.
    #[serde(default, deserialize_with = "secret")]
    pub secret: Option<SecretString>,
    /// What only we read.
    #[serde(default)]
    pub description: Option<String>,
    /// Ours.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(SecretString::from))
}
