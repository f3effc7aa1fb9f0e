//! Subscriptions.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second;
use serde::Serialize;

use super::terms::{
    AutomaticTax, BillingCycleAnchor, CancelAt, CancellationNote, Collection, NewBillingMode, PauseOfCollection,
    PaymentBehavior, ProrationBehavior, TrialEnd, TrialSettings,
};
use super::{Pages, Paging, Stripe, expanding};
use crate::change::Change;
use crate::error::Error;
use crate::form::{Pairs, pairs};
use crate::idempotency::Idempotency;
use crate::types::{List, Metadata, Subscription};
use crate::words::choices;

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
