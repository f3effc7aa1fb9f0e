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
    /// Whether there is a way in without us.
    #[serde(default, deserialize_with = "or_default")]
    pub login_page: PortalLoginPage,
    /// Ours: what it was made from.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
    /// Changed at.
    #[serde(default, with = "second::optional")]
    pub updated: Option<Timestamp>,
}

/// Whether there is a way into a portal without us.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct PortalLoginPage {
    /// Whether there is.
    pub enabled: bool,
}

/// A way into the portal for one customer.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct PortalSession {
    /// `bps_…`
    pub id: String,
    /// Where to send the browser, at once: it lets in whoever has it.
    pub url: Link,
}
