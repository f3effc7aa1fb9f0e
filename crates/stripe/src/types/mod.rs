//! Stripe's objects as the API sends them, one file per noun: the fields that we read, and no other.
//!
//! Unknown fields are ignored, everything that may be missing or null is an `Option` or a default, and words are open.
//! Times are seconds on the wire.

mod account;
mod checkout_session;
mod customer;
mod discount;
mod expandable;
mod invoice;
mod list;
mod payment_method;
mod portal;
mod price;
mod product;
mod subscription;
mod subscription_schedule;
mod tax_id;
mod test_clock;
mod webhook_endpoint;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

pub use self::account::{Account, BusinessProfile};
pub use self::checkout_session::{CheckoutMode, CheckoutSession, CheckoutStatus, PaymentStatus};
pub use self::customer::{Address, Customer, CustomerField, CustomerLookup, InvoiceSettings, TaxExempt};
pub use self::discount::Discount;
pub use self::expandable::Expandable;
pub use self::invoice::{
    BillingReason, Invoice, InvoiceLine, InvoiceParent, InvoicePayment, InvoicePaymentStatus, InvoiceStatus,
    InvoiceSubscription, LineItemDetails, LineParent, LinePeriod, LinePrice, LinePricing,
};
pub(crate) use self::list::Row;
pub use self::list::{List, SearchResult};
pub use self::payment_method::{Card, PaymentMethod};
pub use self::portal::{PortalConfiguration, PortalSession};
pub use self::price::{BillingScheme, Interval, Price, PriceKind, Recurring, UsageType};
pub use self::product::Product;
pub use self::subscription::{
    BillingMode, CancellationDetails, CancellationReason, CollectionMethod, PauseBehavior, PauseCollection,
    PausedDetails, PausedSubscription, PendingUpdate, StatusDetails, Subscription, SubscriptionItem,
    SubscriptionStatus,
};
pub use self::subscription_schedule::{
    ScheduleEnd, SchedulePhase, SchedulePhaseItem, ScheduleStatus, SubscriptionSchedule,
};
pub use self::tax_id::{TaxId, TaxIdVerification, VerificationStatus};
pub use self::test_clock::{TestClock, TestClockStatus};
pub use self::webhook_endpoint::{EndpointStatus, WebhookEndpoint};
pub use crate::webhooks::Event;

/// What the product noted on an object. On a change, an empty text removes a key, and keys that are not named stay.
pub type Metadata = BTreeMap<String, String>;

/// Takes `null` for the default, which `#[serde(default)]` alone does not.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// What is left of something that was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Deleted {
    /// Its id.
    pub id: String,
    /// Always true.
    #[serde(default, deserialize_with = "or_default")]
    pub deleted: bool,
}

/// An address that lets in whoever has it. Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Link(String);

impl Link {
    /// The address, to be given to one person's browser and to nothing else.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Link(…)")
    }
}
