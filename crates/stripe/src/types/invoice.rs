//! A bill, or what the next one would be.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second;
use serde::Deserialize;

use super::{CollectionMethod, Link, List, Metadata, or_default};
use crate::money::{Currency, Money};
use crate::words::words;

words! {
    /// What a bill is at this moment.
    InvoiceStatus {
        /// Not made out yet.
        Draft = "draft",
        /// To be paid.
        Open = "open",
        /// Paid, or nothing was due.
        Paid = "paid",
        /// Given up.
        Uncollectible = "uncollectible",
        /// Taken back.
        Void = "void",
    }
}

words! {
    /// What a bill is for.
    BillingReason {
        /// The first of a subscription.
        SubscriptionCreate = "subscription_create",
        /// The next period.
        SubscriptionCycle = "subscription_cycle",
        /// A change.
        SubscriptionUpdate = "subscription_update",
        /// So much was used that it was billed early.
        SubscriptionThreshold = "subscription_threshold",
        /// Somebody made it by hand.
        Manual = "manual",
        /// A preview.
        Upcoming = "upcoming",
        /// An offer was taken.
        QuoteAccept = "quote_accept",
        /// Something was left to bill.
        AutomaticPendingInvoiceItemInvoice = "automatic_pending_invoice_item_invoice",
    }
}

words! {
    /// What became of a payment.
    InvoicePaymentStatus {
        /// Not yet.
        Open = "open",
        /// Done.
        Paid = "paid",
        /// Given up.
        Canceled = "canceled",
    }
}

/// A bill. Amounts are in the smallest unit of its currency.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Invoice {
    /// `in_…`; of a preview `upcoming_in_…`.
    #[serde(default, deserialize_with = "or_default")]
    pub id: String,
    /// What is written on it; none before it is made out.
    #[serde(default)]
    pub number: Option<String>,
    /// What it is at this moment; a preview is a draft.
    #[serde(default)]
    pub status: Option<InvoiceStatus>,
    /// `cus_…`
    #[serde(default)]
    pub customer: Option<String>,
    /// Of what.
    pub currency: Currency,
    /// All of it; below zero the customer gets credit.
    #[serde(default, deserialize_with = "or_default")]
    pub total: i64,
    /// Before tax and discounts on the whole.
    #[serde(default, deserialize_with = "or_default")]
    pub subtotal: i64,
    /// What is to be paid, credit taken off.
    #[serde(default, deserialize_with = "or_default")]
    pub amount_due: i64,
    /// What was paid.
    #[serde(default, deserialize_with = "or_default")]
    pub amount_paid: i64,
    /// What is left.
    #[serde(default, deserialize_with = "or_default")]
    pub amount_remaining: i64,
    /// The customer's balance before.
    #[serde(default, deserialize_with = "or_default")]
    pub starting_balance: i64,
    /// And after; none before it is made out.
    #[serde(default)]
    pub ending_balance: Option<i64>,
    /// How it is paid.
    #[serde(default, deserialize_with = "or_default")]
    pub collection_method: CollectionMethod,
    /// Whether Stripe goes on with it by itself.
    #[serde(default, deserialize_with = "or_default")]
    pub auto_advance: bool,
    /// How often it was tried.
    #[serde(default, deserialize_with = "or_default")]
    pub attempt_count: u32,
    /// When it will be tried again.
    #[serde(default, with = "second::optional")]
    pub next_payment_attempt: Option<Timestamp>,
    /// What it is for.
    #[serde(default)]
    pub billing_reason: Option<BillingReason>,
    /// When the period began that it looks back on.
    #[serde(default, with = "second::optional")]
    pub period_start: Option<Timestamp>,
    /// And when that ended.
    #[serde(default, with = "second::optional")]
    pub period_end: Option<Timestamp>,
    /// When it is to be paid, where it was sent.
    #[serde(default, with = "second::optional")]
    pub due_date: Option<Timestamp>,
    /// Where it can be seen and paid; none before it is made out.
    #[serde(default)]
    pub hosted_invoice_url: Option<Link>,
    /// Where it is as a PDF; none before it is made out.
    #[serde(default)]
    pub invoice_pdf: Option<Link>,
    /// What it consists of; more than ten are not all here.
    #[serde(default, deserialize_with = "or_default")]
    pub lines: List<InvoiceLine>,
    /// What made it.
    #[serde(default)]
    pub parent: Option<InvoiceParent>,
    /// Payments, where they were asked for.
    #[serde(default)]
    pub payments: Option<List<InvoicePayment>>,
    /// Ours.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
    /// Whether money is real.
    #[serde(default, deserialize_with = "or_default")]
    pub livemode: bool,
    /// Made at.
    #[serde(with = "second::required")]
    pub created: Timestamp,
}

/// What made a bill.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct InvoiceParent {
    /// The subscription, where one did.
    #[serde(default)]
    pub subscription_details: Option<InvoiceSubscription>,
}

/// The subscription that made a bill.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct InvoiceSubscription {
    /// `sub_…`
    pub subscription: String,
    /// Its metadata when the bill was made.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
}

/// A line of a bill.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct InvoiceLine {
    /// `il_…`
    #[serde(default, deserialize_with = "or_default")]
    pub id: String,
    /// In the smallest unit; below zero is credit.
    #[serde(default, deserialize_with = "or_default")]
    pub amount: i64,
    /// Of what.
    pub currency: Currency,
    /// What the customer reads.
    #[serde(default)]
    pub description: Option<String>,
    /// How many.
    #[serde(default)]
    pub quantity: Option<u64>,
    /// For which time.
    #[serde(default)]
    pub period: Option<LinePeriod>,
    /// At which price.
    #[serde(default)]
    pub pricing: Option<LinePricing>,
    /// What made it.
    #[serde(default)]
    pub parent: Option<LineParent>,
}

/// For which time a line is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LinePeriod {
    /// From then.
    #[serde(with = "second::required")]
    pub start: Timestamp,
    /// Until then.
    #[serde(with = "second::required")]
    pub end: Timestamp,
}

/// At which price a line is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LinePricing {
    /// The price, where it was one.
    #[serde(default)]
    pub price_details: Option<LinePrice>,
}

/// The price of a line.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LinePrice {
    /// `price_…`
    #[serde(default)]
    pub price: Option<String>,
    /// `prod_…`
    #[serde(default)]
    pub product: Option<String>,
}

/// What made a line.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LineParent {
    /// A thing subscribed to.
    #[serde(default)]
    pub subscription_item_details: Option<LineItemDetails>,
    /// An item that waited to be billed.
    #[serde(default)]
    pub invoice_item_details: Option<LineItemDetails>,
}

/// More about what made a line.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LineItemDetails {
    /// It settles a change within a period.
    #[serde(default, deserialize_with = "or_default")]
    pub proration: bool,
    /// `sub_…`
    #[serde(default)]
    pub subscription: Option<String>,
    /// `si_…`
    #[serde(default)]
    pub subscription_item: Option<String>,
}

/// A payment of a bill.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct InvoicePayment {
    /// `inpay_…`
    pub id: String,
    /// What became of it.
    #[serde(default, deserialize_with = "or_default")]
    pub status: InvoicePaymentStatus,
    /// What was paid.
    #[serde(default)]
    pub amount_paid: Option<i64>,
}

impl Invoice {
    /// An amount of this bill with its currency.
    #[must_use]
    pub fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.currency)
    }

    /// The subscription that made it, where one did.
    #[must_use]
    pub fn subscription(&self) -> Option<&str> {
        Some(self.parent.as_ref()?.subscription_details.as_ref()?.subscription.as_str())
    }
}

impl InvoiceLine {
    /// It settles a change within a period.
    #[must_use]
    pub fn is_proration(&self) -> bool {
        self.parent.as_ref().is_some_and(|parent| {
            [&parent.subscription_item_details, &parent.invoice_item_details]
                .into_iter()
                .flatten()
                .any(|details| details.proration)
        })
    }
}
