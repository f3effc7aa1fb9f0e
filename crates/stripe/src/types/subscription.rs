//! A subscription, and what it is at this moment.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second;
use serde::{Deserialize, Serialize};

use super::{Discount, Expandable, Invoice, List, Metadata, PaymentMethod, Price, SubscriptionSchedule, or_default};
use crate::money::Currency;
use crate::words::words;

words! {
    /// What a subscription is at this moment.
    SubscriptionStatus {
        /// The first invoice is not paid yet; it has 23 hours.
        Incomplete = "incomplete",
        /// It was not paid in time. Never changes again.
        IncompleteExpired = "incomplete_expired",
        /// The trial runs.
        Trialing = "trialing",
        /// Paid, or being collected for the first time.
        Active = "active",
        /// A payment failed or waits for the customer.
        PastDue = "past_due",
        /// Every attempt to collect has failed.
        Unpaid = "unpaid",
        /// The trial ended without a card, or somebody paused it.
        Paused = "paused",
        /// Over. Never changes again.
        Canceled = "canceled",
    }
}

words! {
    /// How it is paid.
    CollectionMethod {
        /// By itself.
        ChargeAutomatically = "charge_automatically",
        /// Against an invoice.
        SendInvoice = "send_invoice",
    }
}

words! {
    /// What becomes of invoices while collection pauses.
    PauseBehavior {
        /// They wait.
        KeepAsDraft = "keep_as_draft",
        /// They are given up.
        MarkUncollectible = "mark_uncollectible",
        /// They are void.
        Void = "void",
    }
}

words! {
    /// Why a subscription ended.
    CancellationReason {
        /// Somebody asked for it.
        CancellationRequested = "cancellation_requested",
        /// A payment was disputed.
        PaymentDisputed = "payment_disputed",
        /// It was not paid.
        PaymentFailed = "payment_failed",
        /// A rule for old data.
        CanceledByRetentionPolicy = "canceled_by_retention_policy",
    }
}

words! {
    /// How proration is reckoned, and how cancellations look.
    BillingMode {
        /// The older way.
        Classic = "classic",
        /// The newer way.
        Flexible = "flexible",
    }
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Subscription {
    /// `sub_…`
    pub id: String,
    /// What it is at this moment.
    pub status: SubscriptionStatus,
    /// `cus_…`
    pub customer: String,
    /// What is subscribed to.
    #[serde(default, deserialize_with = "or_default")]
    pub items: List<SubscriptionItem>,
    /// What it is billed in.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// When it will end. See also `cancel_at_period_end`: either may be set without the other.
    #[serde(default, with = "second::optional")]
    pub cancel_at: Option<Timestamp>,
    /// It ends with the period.
    #[serde(default, deserialize_with = "or_default")]
    pub cancel_at_period_end: bool,
    /// When somebody decided that it ends.
    #[serde(default, with = "second::optional")]
    pub canceled_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, with = "second::optional")]
    pub ended_at: Option<Timestamp>,
    /// Why.
    #[serde(default)]
    pub cancellation_details: Option<CancellationDetails>,
    /// When the trial began.
    #[serde(default, with = "second::optional")]
    pub trial_start: Option<Timestamp>,
    /// When it ends or ended.
    #[serde(default, with = "second::optional")]
    pub trial_end: Option<Timestamp>,
    /// How it is paid.
    #[serde(default, deserialize_with = "or_default")]
    pub collection_method: CollectionMethod,
    /// Collection pauses; the status says nothing of it.
    #[serde(default)]
    pub pause_collection: Option<PauseCollection>,
    /// A change that waits for its payment.
    #[serde(default)]
    pub pending_update: Option<PendingUpdate>,
    /// What will change by itself.
    #[serde(default)]
    pub schedule: Option<Expandable<SubscriptionSchedule>>,
    /// What it is paid with, before the customer's own.
    #[serde(default)]
    pub default_payment_method: Option<Expandable<PaymentMethod>>,
    /// What is off the price.
    #[serde(default, deserialize_with = "or_default")]
    pub discounts: Vec<Expandable<Discount>>,
    /// The last invoice.
    #[serde(default)]
    pub latest_invoice: Option<Expandable<Invoice>>,
    /// How proration is reckoned.
    #[serde(default)]
    billing_mode: Option<BillingModeOf>,
    /// More about the status.
    #[serde(default)]
    pub status_details: Option<StatusDetails>,
    /// When it began.
    #[serde(default, with = "second::optional")]
    pub start_date: Option<Timestamp>,
    /// `clock_…`, when it lives in a time of its own.
    #[serde(default)]
    pub test_clock: Option<String>,
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

/// One thing subscribed to.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SubscriptionItem {
    /// `si_…`
    pub id: String,
    /// What it costs.
    pub price: Price,
    /// How many; none when it is metered.
    #[serde(default)]
    pub quantity: Option<u64>,
    /// When the period began.
    #[serde(default, with = "second::optional")]
    pub current_period_start: Option<Timestamp>,
    /// When it ends: the next bill.
    #[serde(default, with = "second::optional")]
    pub current_period_end: Option<Timestamp>,
}

/// Why a subscription ends.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CancellationDetails {
    /// Why.
    #[serde(default)]
    pub reason: Option<CancellationReason>,
    /// What the customer chose.
    #[serde(default)]
    pub feedback: Option<String>,
    /// What they wrote.
    #[serde(default)]
    pub comment: Option<String>,
}

/// Collection pauses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseCollection {
    /// What becomes of invoices meanwhile.
    pub behavior: PauseBehavior,
    /// Until then; none is until somebody says so.
    #[serde(default, with = "second::optional")]
    pub resumes_at: Option<Timestamp>,
}

/// A change that waits for its payment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PendingUpdate {
    /// When it is given up.
    #[serde(default, with = "second::optional")]
    pub expires_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct BillingModeOf {
    #[serde(rename = "type")]
    kind: BillingMode,
}

/// More about a status.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StatusDetails {
    /// About [`SubscriptionStatus::Paused`].
    #[serde(default)]
    pub paused: Option<PausedDetails>,
}

/// Since when and why a subscription is paused.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PausedDetails {
    /// Why.
    #[serde(default)]
    pub subscription: Option<PausedSubscription>,
    /// Since when.
    #[serde(default, with = "second::optional")]
    pub transitioned_at: Option<Timestamp>,
}

/// Why a subscription is paused.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PausedSubscription {
    /// `trial_end_without_payment_method`, `pause_requested`, … (`type` on the wire).
    #[serde(default, rename = "type", deserialize_with = "or_default")]
    pub kind: String,
}

impl Subscription {
    /// How proration is reckoned.
    #[must_use]
    pub fn billing_mode(&self) -> Option<&BillingMode> {
        self.billing_mode.as_ref().map(|mode| &mode.kind)
    }

    /// It will end by itself. The portal says so with `cancel_at` alone, an API call perhaps with the other one.
    #[must_use]
    pub fn is_cancelling(&self) -> bool {
        !self.status.is_terminal() && (self.cancel_at.is_some() || self.cancel_at_period_end)
    }

    /// When the period ends of what is subscribed to; with several items the first of them to end.
    #[must_use]
    pub fn period_end(&self) -> Option<Timestamp> {
        self.items.data.iter().filter_map(|item| item.current_period_end).min()
    }
}

impl SubscriptionStatus {
    /// It never changes again.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Canceled | Self::IncompleteExpired)
    }
}
