//! A visit to the till.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second;
use serde::Deserialize;

use super::{Expandable, Link, Metadata, Subscription, or_default};
use crate::money::Currency;
use crate::words::words;

words! {
    /// What became of a visit.
    CheckoutStatus {
        /// Somebody may still come.
        Open = "open",
        /// Bought.
        Complete = "complete",
        /// Nobody came in time, or it was called off.
        Expired = "expired",
    }
}

words! {
    /// Whether it is paid.
    PaymentStatus {
        /// Yes.
        Paid = "paid",
        /// Not yet.
        Unpaid = "unpaid",
        /// Nothing is due now.
        NoPaymentRequired = "no_payment_required",
    }
}

words! {
    /// What it is for.
    CheckoutMode {
        /// To pay once.
        Payment = "payment",
        /// To leave a card.
        Setup = "setup",
        /// To subscribe.
        Subscription = "subscription",
    }
}

/// A visit to the till.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct CheckoutSession {
    /// `cs_test_…`, `cs_live_…`
    pub id: String,
    /// Where to send the browser; none when it is over.
    #[serde(default)]
    pub url: Option<Link>,
    /// What became of it.
    #[serde(default)]
    pub status: Option<CheckoutStatus>,
    /// Whether it is paid.
    #[serde(default, deserialize_with = "or_default")]
    pub payment_status: PaymentStatus,
    /// What it is for.
    #[serde(default, deserialize_with = "or_default")]
    pub mode: CheckoutMode,
    /// `cus_…`
    #[serde(default)]
    pub customer: Option<String>,
    /// What came of it; none before it is complete.
    #[serde(default)]
    pub subscription: Option<Expandable<Subscription>>,
    /// `in_…`; none before it is complete.
    #[serde(default)]
    pub invoice: Option<String>,
    /// Ours.
    #[serde(default)]
    pub client_reference_id: Option<String>,
    /// What is paid, in the smallest unit.
    #[serde(default)]
    pub amount_total: Option<i64>,
    /// Of what.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// Ours.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
    /// When nobody may come any more.
    #[serde(default, with = "second::optional")]
    pub expires_at: Option<Timestamp>,
    /// Whether money is real.
    #[serde(default, deserialize_with = "or_default")]
    pub livemode: bool,
    /// Made at.
    #[serde(with = "second::required")]
    pub created: Timestamp,
}
