//! The customer portal: what it offers, and a way in.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second;
use serde::Deserialize;
use serde_json::Value;

use super::{Link, Metadata, or_default};

/// What a portal offers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct PortalConfiguration {
    /// `bpc_…`
    pub id: String,
    /// Whether it can be used.
    #[serde(default, deserialize_with = "or_default")]
    pub active: bool,
    /// The one that is meant when none is named.
    #[serde(default, deserialize_with = "or_default")]
    pub is_default: bool,
    /// What only we read.
    #[serde(default)]
    pub name: Option<String>,
    /// What it offers, as Stripe writes it.
    #[serde(default)]
    pub features: Value,
    /// Ours: what it was made from.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
    /// Changed at.
    #[serde(default, with = "second::optional")]
    pub updated: Option<Timestamp>,
}

/// A way into the portal for one customer.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct PortalSession {
    /// `bps_…`
    pub id: String,
    /// Where to send the browser, at once: it lets in whoever has it.
    pub url: Link,
}
