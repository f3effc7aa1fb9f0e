//! Lists, and what a search finds.

use serde::Deserialize;

use super::{
    CheckoutSession, Customer, Discount, Event, Invoice, PaymentMethod, PortalConfiguration, Price, Product,
    Subscription, SubscriptionSchedule, TaxId, WebhookEndpoint, or_default,
};

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct List<T> {
    /// The rows, newest first.
    #[serde(default = "Vec::new")]
    pub data: Vec<T>,
    /// Whether there are more after the last.
    #[serde(default, deserialize_with = "or_default")]
    pub has_more: bool,
}

/// A part of what a search finds.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SearchResult<T> {
    /// The rows.
    #[serde(default = "Vec::new")]
    pub data: Vec<T>,
    /// Whether there are more.
    #[serde(default, deserialize_with = "or_default")]
    pub has_more: bool,
    /// What to ask for to get them.
    #[serde(default)]
    pub next_page: Option<String>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { data: Vec::new(), has_more: false }
    }
}

/// Something with an id of its own in a list.
pub(crate) trait Row {
    fn id(&self) -> &str;
}

macro_rules! rows {
    ($($name:ty),+ $(,)?) => {
        $(impl Row for $name {
            fn id(&self) -> &str {
                &self.id
            }
        })+
    };
}

rows! {
    CheckoutSession, Customer, Discount, Event, Invoice, PaymentMethod, PortalConfiguration, Price, Product, Subscription,
    SubscriptionSchedule, TaxId, WebhookEndpoint,
}
