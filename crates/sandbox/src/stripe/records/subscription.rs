//! Subscriptions: what a customer has bought, and until when it is paid.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::stripe::book::{Book, whole_list};
use crate::stripe::clock::{HOUR, Seconds};
use crate::stripe::form::Metadata;
use crate::stripe::shelf::Record;

/// How long the first invoice may stay unpaid, and an update pending.
pub(crate) const PATIENCE: Seconds = 23 * HOUR;

/// Where a subscription stands.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Incomplete,
    IncompleteExpired,
    Trialing,
    Active,
    PastDue,
    Unpaid,
    Paused,
    Canceled,
}

impl Status {
    /// Stripe's word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Incomplete => "incomplete",
            Self::IncompleteExpired => "incomplete_expired",
            Self::Trialing => "trialing",
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Unpaid => "unpaid",
            Self::Paused => "paused",
            Self::Canceled => "canceled",
        }
    }

    /// Whether nothing can happen to it any more.
    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Canceled | Self::IncompleteExpired)
    }
}

/// What happens when a trial ends and there is no card.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WithoutCard {
    #[default]
    CreateInvoice,
    Cancel,
    Pause,
}

impl WithoutCard {
    /// Stripe's words.
    pub(crate) const WORDS: [&'static str; 3] = ["create_invoice", "cancel", "pause"];

    /// The one of that word.
    pub(crate) fn parse(word: &str) -> Self {
        match word {
            "cancel" => Self::Cancel,
            "pause" => Self::Pause,
            _ => Self::CreateInvoice,
        }
    }
}

/// A subscription.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) customer: String,
    pub(crate) status: Status,
    pub(crate) items: Vec<Item>,
    pub(crate) currency: String,
    pub(crate) billing_cycle_anchor: Seconds,
    pub(crate) created: Seconds,
    pub(crate) start_date: Seconds,
    pub(crate) trial_start: Option<Seconds>,
    pub(crate) trial_end: Option<Seconds>,
    pub(crate) without_card: WithoutCard,
    pub(crate) cancel_at: Option<Seconds>,
    pub(crate) cancel_at_period_end: bool,
    pub(crate) canceled_at: Option<Seconds>,
    pub(crate) ended_at: Option<Seconds>,
    pub(crate) reason: Option<String>,
    pub(crate) feedback: Option<String>,
    pub(crate) comment: Option<String>,
    pub(crate) sends_invoices: bool,
    pub(crate) days_until_due: Option<i64>,
    pub(crate) default_payment_method: Option<String>,
    pub(crate) latest_invoice: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) schedule: Option<String>,
    pub(crate) pending_update: Option<PendingUpdate>,
    pub(crate) pause_collection: Option<PauseCollection>,
    /// Why and since when it is paused.
    pub(crate) paused: Option<(String, Seconds)>,
    pub(crate) automatic_tax: bool,
    /// Whether the end of the trial was announced.
    pub(crate) told_trial_end: bool,
    /// The end of the period whose renewal was announced.
    pub(crate) told_renewal: Option<Seconds>,
}

/// One price of a subscription.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) price: String,
    pub(crate) quantity: i64,
    pub(crate) created: Seconds,
    pub(crate) period_start: Seconds,
    pub(crate) period_end: Seconds,
    /// What was billed for the time that is running: credits are computed from it.
    pub(crate) debit: Option<Debit>,
    pub(crate) metadata: Metadata,
}

/// Money billed for a span of time.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub(crate) struct Debit {
    pub(crate) amount: i64,
    pub(crate) start: Seconds,
    pub(crate) end: Seconds,
    /// The invoice and its line, once there is one.
    pub(crate) billed: Option<(String, String)>,
}

/// A change that waits for its payment.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct PendingUpdate {
    pub(crate) items: Vec<Item>,
    pub(crate) billing_cycle_anchor: Option<Seconds>,
    pub(crate) trial_end: Option<Seconds>,
    pub(crate) expires_at: Seconds,
    pub(crate) invoice: String,
}

/// Invoices are made and not collected.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct PauseCollection {
    pub(crate) behavior: String,
    pub(crate) resumes_at: Option<Seconds>,
}

impl Record for Subscription {
    const NAME: &'static str = "subscription";

    fn id(&self) -> &str {
        &self.id
    }
}

impl Subscription {
    /// When the period ends that is paid first.
    pub(crate) fn period_end(&self) -> Seconds {
        self.items.iter().map(|item| item.period_end).min().unwrap_or(i64::MAX)
    }

    /// When the last of the periods ends.
    pub(crate) fn last_period_end(&self) -> Seconds {
        self.items.iter().map(|item| item.period_end).max().unwrap_or(i64::MAX)
    }

    /// When the period began.
    pub(crate) fn period_start(&self) -> Seconds {
        self.items.iter().map(|item| item.period_start).max().unwrap_or_default()
    }

    /// Whether it is to end by itself.
    pub(crate) fn is_ending(&self) -> bool {
        self.cancel_at.is_some() || self.cancel_at_period_end
    }
}

impl Book {
    /// As the API shows it.
    pub(crate) fn subscription_json(&self, subscription: &Subscription) -> Value {
        let customer = self.customers.find(&subscription.customer);
        let items: Vec<_> =
            subscription.items.iter().map(|item| self.subscription_item_json(item, &subscription.id)).collect();
        let mut value = json!({
            "id": subscription.id,
            "object": "subscription",
            "application": null,
            "application_fee_percent": null,
            "automatic_tax": {
                "disabled_reason": null,
                "enabled": subscription.automatic_tax,
                "liability": subscription.automatic_tax.then(|| json!({"type": "self"})),
            },
            "billing_cycle_anchor": subscription.billing_cycle_anchor,
            "billing_cycle_anchor_config": null,
            "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible", "updated_at": subscription.created},
            "billing_schedules": [],
            "billing_thresholds": null,
            "cancel_at": subscription.cancel_at,
            "cancel_at_period_end": subscription.cancel_at_period_end,
            "canceled_at": subscription.canceled_at,
            "cancellation_details": {
                "comment": subscription.comment,
                "feedback": subscription.feedback,
                "feedback_option": null,
                "reason": subscription.reason,
            },
            "collection_method": collection_method(subscription.sends_invoices),
            "created": subscription.created,
            "currency": subscription.currency,
            "customer": subscription.customer,
            "customer_account": null,
            "days_until_due": subscription.days_until_due,
            "default_payment_method": subscription.default_payment_method,
            "default_source": null,
            "default_tax_rates": [],
            "description": subscription.description,
            "discounts": [],
            "ended_at": subscription.ended_at,
            "invoice_settings": {
                "account_tax_ids": null,
                "custom_fields": null,
                "description": null,
                "footer": null,
                "issuer": {"type": "self"},
            },
            "items": whole_list(items, &format!("/v1/subscription_items?subscription={}", subscription.id)),
            "latest_invoice": subscription.latest_invoice,
            "livemode": false,
            "managed_payments": null,
            "metadata": subscription.metadata,
            "next_pending_invoice_item_invoice": null,
            "on_behalf_of": null,
            "pause_collection": subscription.pause_collection.as_ref().map(|pause| json!({
                "behavior": pause.behavior,
                "resumes_at": pause.resumes_at,
            })),
            "payment_settings": {
                "payment_method_options": null,
                "payment_method_types": null,
                "save_default_payment_method": "off",
            },
            "pending_invoice_item_interval": null,
            "pending_setup_intent": null,
            "pending_update": subscription.pending_update.as_ref().map(|pending| json!({
                "billing_cycle_anchor": pending.billing_cycle_anchor,
                "cancel_at_period_end": null,
                "discount": null,
                "discounts": null,
                "expires_at": pending.expires_at,
                "metadata": null,
                "subscription_items": pending
                    .items
                    .iter()
                    .map(|item| self.subscription_item_json(item, &subscription.id))
                    .collect::<Vec<_>>(),
                "trial_end": pending.trial_end,
                "trial_from_plan": null,
            })),
            "schedule": subscription.schedule,
            "start_date": subscription.start_date,
            "status": subscription.status,
            "test_clock": customer.and_then(|customer| customer.test_clock.clone()),
            "transfer_data": null,
            "trial_end": subscription.trial_end,
            "trial_settings": {
                "end_behavior": {"billing_cycle_anchor": null, "missing_payment_method": subscription.without_card},
            },
            "trial_start": subscription.trial_start,
        });
        if let Some((kind, at)) = &subscription.paused {
            value["status_details"] =
                json!({"paused": {"subscription": {"type": kind}, "transitioned_at": at, "type": "subscription"}});
        }
        value
    }

    /// One of its items.
    pub(crate) fn subscription_item_json(&self, item: &Item, subscription: &str) -> Value {
        let price = self.prices.find(&item.price);
        json!({
            "id": item.id,
            "object": "subscription_item",
            "billed_until": item.period_end,
            "billing_thresholds": null,
            "created": item.created,
            "current_period_end": item.period_end,
            "current_period_start": item.period_start,
            "current_trial": null,
            "discounts": [],
            "metadata": item.metadata,
            "plan": price.map(|price| price.plan_json()),
            "price": price.map(|price| price.json()),
            "quantity": item.quantity,
            "subscription": subscription,
            "tax_rates": [],
        })
    }

    /// Changes a subscription, and tells of it.
    pub(crate) fn change_subscription(&mut self, id: &str, at: Seconds, change: impl FnOnce(&mut Subscription)) {
        let Some(before) = self.subscriptions.find(id).map(|subscription| self.subscription_json(subscription)) else {
            return;
        };
        if let Some(subscription) = self.subscriptions.find_mut(id) {
            change(subscription);
        }
        if let Some(after) = self.subscriptions.find(id).map(|subscription| self.subscription_json(subscription)) {
            self.emit_change("customer.subscription.updated", &before, after, at);
        }
    }

    /// Tells something of a subscription that is no change.
    pub(crate) fn tell_of_subscription(&mut self, kind: &str, id: &str, at: Seconds) {
        if let Some(shown) = self.subscriptions.find(id).map(|subscription| self.subscription_json(subscription)) {
            self.emit(kind, shown, at);
        }
    }
}

/// Stripe's word.
pub(crate) fn collection_method(sends_invoices: bool) -> &'static str {
    if sends_invoices { "send_invoice" } else { "charge_automatically" }
}
