//! Subscriptions.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second;
use serde::{Serialize, Serializer};

use super::checkout_sessions::AutomaticTax;
use super::{Pages, Paging, Stripe, expanding};
use crate::change::Change;
use crate::error::Error;
use crate::form::{Pairs, pairs};
use crate::idempotency::Idempotency;
use crate::types::{List, Metadata, Subscription};
use crate::words::choices;

choices! {
    /// What becomes of what was paid for the rest of the period.
    ProrationBehavior {
        /// It is reckoned, and comes with the next invoice.
        CreateProrations = "create_prorations",
        /// It is reckoned and billed at once.
        AlwaysInvoice = "always_invoice",
        /// Nothing.
        None = "none",
    }
}

choices! {
    /// What becomes of a change whose payment fails.
    PaymentBehavior {
        /// It is made, and the subscription is overdue.
        AllowIncomplete = "allow_incomplete",
        /// It is refused.
        ErrorIfIncomplete = "error_if_incomplete",
        /// It waits.
        PendingIfIncomplete = "pending_if_incomplete",
        /// The subscription waits for its first payment.
        DefaultIncomplete = "default_incomplete",
    }
}

choices! {
    /// What becomes of a subscription that is resumed when its payment fails.
    ResumePaymentBehavior {
        /// It is resumed.
        OnAttempt = "resume_on_payment_attempt",
        /// It stays paused.
        OnSuccess = "resume_on_payment_success",
    }
}

choices! {
    /// What a trial's end brings when there is no card.
    MissingPaymentMethod {
        /// The end.
        Cancel = "cancel",
        /// A pause.
        Pause = "pause",
        /// An invoice.
        CreateInvoice = "create_invoice",
    }
}

choices! {
    /// When the period begins.
    Anchor {
        /// Now.
        Now = "now",
        /// When it did before.
        Unchanged = "unchanged",
    }
}

choices! {
    /// How it is to be paid.
    Collection {
        /// By itself.
        ChargeAutomatically = "charge_automatically",
        /// Against an invoice.
        SendInvoice = "send_invoice",
    }
}

choices! {
    /// What becomes of invoices while collection pauses.
    PausedInvoices {
        /// They wait.
        KeepAsDraft = "keep_as_draft",
        /// They are given up.
        MarkUncollectible = "mark_uncollectible",
        /// They are void.
        Void = "void",
    }
}

choices! {
    /// What a customer who leaves chose.
    CancellationFeedback {
        /// Customer service.
        CustomerService = "customer_service",
        /// Quality.
        LowQuality = "low_quality",
        /// Something is missing.
        MissingFeatures = "missing_features",
        /// Something else.
        Other = "other",
        /// Another service.
        SwitchedService = "switched_service",
        /// Too complex.
        TooComplex = "too_complex",
        /// Too expensive.
        TooExpensive = "too_expensive",
        /// Not used.
        Unused = "unused",
    }
}

choices! {
    /// What may come along with a subscription.
    SubscriptionExpand {
        /// What it is paid with.
        DefaultPaymentMethod = "default_payment_method",
        /// What will change by itself.
        Schedule = "schedule",
        /// The last invoice.
        LatestInvoice = "latest_invoice",
        /// The last invoice with its payments.
        LatestInvoicePayments = "latest_invoice.payments",
    }
}

choices! {
    /// Which subscriptions to list.
    #[derive(Default)]
    StatusFilter {
        /// All of them. What Stripe does unasked is to hide those that ended.
        #[default]
        All = "all",
        /// Those that ended.
        Ended = "ended",
        /// In trial.
        Trialing = "trialing",
        /// Paid.
        Active = "active",
        /// Overdue.
        PastDue = "past_due",
        /// Given up.
        Unpaid = "unpaid",
        /// Paused.
        Paused = "paused",
    }
}

/// When a trial ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialEnd {
    /// At once.
    Now,
    /// Then.
    At(Timestamp),
}

impl Serialize for TrialEnd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Now => serializer.serialize_str("now"),
            Self::At(time) => serializer.serialize_i64(time.as_second()),
        }
    }
}

/// When a subscription ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelAt {
    /// Then.
    At(Timestamp),
    /// With the first period to end.
    MinPeriodEnd,
    /// With the last period to end.
    MaxPeriodEnd,
    /// Not: undoes a cancellation.
    Never,
}

impl Serialize for CancelAt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::At(time) => serializer.serialize_i64(time.as_second()),
            Self::MinPeriodEnd => serializer.serialize_str("min_period_end"),
            Self::MaxPeriodEnd => serializer.serialize_str("max_period_end"),
            Self::Never => serializer.serialize_str(""),
        }
    }
}

/// When the period begins.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct BillingCycleAnchor {
    /// When.
    #[serde(rename = "type")]
    pub anchor: Anchor,
}

/// What happens at the end of a trial.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct TrialSettings {
    /// What happens.
    pub end_behavior: TrialEndBehavior,
}

/// What happens at the end of a trial.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct TrialEndBehavior {
    /// When there is no card.
    pub missing_payment_method: MissingPaymentMethod,
}

impl From<MissingPaymentMethod> for TrialSettings {
    fn from(missing_payment_method: MissingPaymentMethod) -> Self {
        Self { end_behavior: TrialEndBehavior { missing_payment_method } }
    }
}

/// Which subscriptions to list.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SubscriptionFilter {
    /// Of this customer. Those on a test clock are found only by customer.
    pub customer: Option<String>,
    /// In which state; unasked all of them.
    pub status: StatusFilter,
    /// With this price.
    pub price: Option<String>,
    /// Which part of the list.
    #[serde(flatten)]
    pub paging: Paging,
    /// What comes along.
    #[serde(skip)]
    pub expand: Vec<SubscriptionExpand>,
}

impl SubscriptionFilter {
    fn pairs(&self) -> Result<Pairs, Error> {
        let mut pairs = pairs(self)?;
        expanding(&mut pairs, self.expand.iter().map(|what| format!("data.{}", what.as_str())));
        Ok(pairs)
    }
}

/// A subscription to be made without the till: for what was agreed by hand, and for tests.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewSubscription {
    /// `cus_…`
    pub customer: String,
    /// What is subscribed to.
    pub items: Vec<NewSubscriptionItem>,
    /// How long the trial is.
    pub trial_period_days: Option<u32>,
    /// Or when it ends.
    pub trial_end: Option<TrialEnd>,
    /// What happens at its end.
    pub trial_settings: Option<TrialSettings>,
    /// What becomes of it when the payment fails.
    pub payment_behavior: Option<PaymentBehavior>,
    /// Nobody is there to authenticate a payment.
    pub off_session: Option<bool>,
    /// What becomes of the first, shorter period.
    pub proration_behavior: Option<ProrationBehavior>,
    /// When it ends.
    pub cancel_at: Option<CancelAt>,
    /// How it is to be paid.
    pub collection_method: Option<Collection>,
    /// How long there is to pay an invoice that is sent.
    pub days_until_due: Option<u32>,
    /// How proration is reckoned.
    pub billing_mode: Option<NewBillingMode>,
    /// Whether tax is reckoned.
    pub automatic_tax: Option<AutomaticTax>,
    /// What it is paid with, before the customer's own.
    pub default_payment_method: Option<String>,
    /// Ours.
    pub metadata: Metadata,
}

/// Something to subscribe to.
#[derive(Debug, Clone, Serialize)]
pub struct NewSubscriptionItem {
    /// `price_…`
    pub price: String,
    /// How many; Stripe's default is 1.
    pub quantity: Option<u64>,
}

/// How proration is reckoned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewBillingMode {
    /// The older way.
    Classic,
    /// The newer way. There is no way back from it.
    Flexible,
}

impl Serialize for NewBillingMode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kind = match self {
            Self::Classic => "classic",
            Self::Flexible => "flexible",
        };
        serde_json::json!({ "type": kind }).serialize(serializer)
    }
}

/// What to change of a subscription; `None` leaves it as it is.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SubscriptionChange {
    /// What is subscribed to: items that exist, changed.
    pub items: Vec<SubscriptionItemChange>,
    /// What becomes of what was paid for the rest of the period.
    pub proration_behavior: Option<ProrationBehavior>,
    /// The moment of the change: the one that the preview was reckoned for.
    #[serde(with = "second::optional")]
    pub proration_date: Option<Timestamp>,
    /// What becomes of the change when the payment fails.
    pub payment_behavior: Option<PaymentBehavior>,
    /// Whether it ends with the period.
    pub cancel_at_period_end: Option<bool>,
    /// When it ends. Whoever undoes a cancellation clears the one of the two that is set.
    pub cancel_at: Option<CancelAt>,
    /// When the trial ends.
    pub trial_end: Option<TrialEnd>,
    /// Whether collection pauses.
    pub pause_collection: Option<Change<PauseOfCollection>>,
    /// When the period begins.
    pub billing_cycle_anchor: Option<BillingCycleAnchor>,
    /// What it is paid with, before the customer's own.
    pub default_payment_method: Option<String>,
    /// Why it ends.
    pub cancellation_details: Option<CancellationNote>,
    /// Ours; merged into what is there.
    pub metadata: Metadata,
}

/// What to change of something subscribed to. Its id is needed: without one, Stripe would add another.
#[derive(Debug, Clone, Serialize)]
pub struct SubscriptionItemChange {
    /// `si_…`
    pub id: String,
    /// `price_…`
    pub price: Option<String>,
    /// How many.
    pub quantity: Option<u64>,
}

/// Collection pauses.
#[derive(Debug, Clone, Serialize)]
pub struct PauseOfCollection {
    /// What becomes of invoices meanwhile.
    pub behavior: PausedInvoices,
    /// Until then; none is until somebody says so.
    #[serde(with = "second::optional")]
    pub resumes_at: Option<Timestamp>,
}

/// Why a subscription ends.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CancellationNote {
    /// In words.
    pub comment: Option<String>,
    /// What the customer chose.
    pub feedback: Option<CancellationFeedback>,
}

/// How to end a subscription at once. Both `false` drops what was prepaid without a last invoice.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CancelSubscription {
    /// Bill what is left to bill.
    pub invoice_now: bool,
    /// Give credit for what was prepaid.
    pub prorate: bool,
    /// Why.
    pub cancellation_details: Option<CancellationNote>,
}

/// How to go on with a subscription that is paused.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ResumeSubscription {
    /// When the period begins.
    pub billing_cycle_anchor: Option<BillingCycleAnchor>,
    /// What becomes of the time that was paused.
    pub proration_behavior: Option<ProrationBehavior>,
    /// What becomes of it when the payment fails.
    pub payment_behavior: Option<ResumePaymentBehavior>,
}

impl Stripe {
    /// A part of the subscriptions.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_subscriptions(&self, filter: &SubscriptionFilter) -> Result<List<Subscription>, Error> {
        self.get(&["subscriptions"], &filter.pairs()?).await
    }

    /// All subscriptions, page after page.
    #[must_use]
    pub fn subscriptions(&self, filter: &SubscriptionFilter) -> Pages<Subscription> {
        Pages::new(self, &["subscriptions"], filter.pairs())
    }

    /// One subscription.
    ///
    /// # Errors
    /// [`Error::is_missing`] when there is none.
    pub async fn get_subscription(
        &self,
        subscription_id: &str,
        expand: &[SubscriptionExpand],
    ) -> Result<Subscription, Error> {
        let mut query = Pairs::new();
        expanding(&mut query, expand.iter().map(|what| what.as_str().to_owned()));
        self.get(&["subscriptions", subscription_id], &query).await
    }

    /// Makes a subscription.
    ///
    /// # Errors
    /// [`Error::is_missing`] when there is no such customer or price.
    pub async fn create_subscription(&self, key: &Idempotency, new: &NewSubscription) -> Result<Subscription, Error> {
        self.post(&["subscriptions"], key, pairs(new)).await
    }

    /// Changes a subscription.
    ///
    /// # Errors
    /// [`Error::is_missing`] when there is none; [`Error::is_card_error`] when the change was not paid and was to be
    /// refused then.
    pub async fn update_subscription(
        &self,
        subscription_id: &str,
        key: &Idempotency,
        change: &SubscriptionChange,
    ) -> Result<Subscription, Error> {
        self.post(&["subscriptions", subscription_id], key, pairs(change)).await
    }

    /// Ends a subscription at once and for ever.
    ///
    /// # Errors
    /// [`Error::is_missing`] when there is none, or it ended before.
    pub async fn cancel_subscription(
        &self,
        subscription_id: &str,
        how: &CancelSubscription,
    ) -> Result<Subscription, Error> {
        self.delete(&["subscriptions", subscription_id], &pairs(how)?).await
    }

    /// Goes on with a subscription that is paused.
    ///
    /// # Errors
    /// [`Error::Api`] when it is not.
    pub async fn resume_subscription(
        &self,
        subscription_id: &str,
        key: &Idempotency,
        how: &ResumeSubscription,
    ) -> Result<Subscription, Error> {
        self.post(&["subscriptions", subscription_id, "resume"], key, pairs(how)).await
    }
}
