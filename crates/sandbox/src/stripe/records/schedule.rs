//! Schedules: changes of a subscription that wait for their day.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::stripe::book::Book;
use crate::stripe::clock::Seconds;
use crate::stripe::form::Metadata;
use crate::stripe::shelf::Record;

/// A schedule.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Schedule {
    pub(crate) id: String,
    pub(crate) customer: String,
    pub(crate) subscription: Option<String>,
    pub(crate) released_subscription: Option<String>,
    /// `active`, `completed`, `released` or `canceled`.
    pub(crate) status: String,
    /// `release` or `cancel`.
    pub(crate) end_behavior: String,
    pub(crate) phases: Vec<Phase>,
    /// Index of the phase that runs.
    pub(crate) current: usize,
    pub(crate) canceled_at: Option<Seconds>,
    pub(crate) completed_at: Option<Seconds>,
    pub(crate) released_at: Option<Seconds>,
    pub(crate) metadata: Metadata,
    pub(crate) created: Seconds,
}

/// A span of time with its prices.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Phase {
    pub(crate) start: Seconds,
    pub(crate) end: Seconds,
    /// Prices and quantities.
    pub(crate) items: Vec<(String, i64)>,
    pub(crate) proration_behavior: String,
    pub(crate) metadata: Metadata,
}

impl Record for Schedule {
    const NAME: &'static str = "subscription schedule";

    fn id(&self) -> &str {
        &self.id
    }
}

impl Book {
    /// As the API shows it.
    pub(crate) fn schedule_json(&self, schedule: &Schedule) -> Value {
        let customer = self.customers.find(&schedule.customer);
        let subscription = schedule.subscription.as_ref().or(schedule.released_subscription.as_ref());
        let currency = subscription
            .and_then(|id| self.subscriptions.find(id))
            .map_or_else(|| "eur".to_owned(), |subscription| subscription.currency.clone());
        let settings = json!({
            "account_tax_ids": null, "custom_fields": null, "days_until_due": null, "description": null,
            "footer": null, "issuer": {"type": "self"},
        });
        let phases: Vec<_> = schedule.phases.iter().map(|phase| phase.json(&currency)).collect();
        let current = schedule.phases.get(schedule.current).filter(|_| schedule.status == "active");
        json!({
            "id": schedule.id,
            "object": "subscription_schedule",
            "application": null,
            "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible"},
            "canceled_at": schedule.canceled_at,
            "completed_at": schedule.completed_at,
            "created": schedule.created,
            "current_phase": current.map(|phase| json!({"end_date": phase.end, "start_date": phase.start})),
            "customer": schedule.customer,
            "customer_account": null,
            "default_settings": {
                "application_fee_percent": null,
                "automatic_tax": {"disabled_reason": null, "enabled": false, "liability": null},
                "billing_cycle_anchor": "automatic",
                "billing_thresholds": null,
                "collection_method": "charge_automatically",
                "default_payment_method": null,
                "description": null,
                "invoice_settings": settings,
                "on_behalf_of": null,
                "transfer_data": null,
            },
            "end_behavior": schedule.end_behavior,
            "livemode": false,
            "metadata": schedule.metadata,
            "phases": phases,
            "released_at": schedule.released_at,
            "released_subscription": schedule.released_subscription,
            "status": schedule.status,
            "subscription": schedule.subscription,
            "test_clock": customer.and_then(|customer| customer.test_clock.clone()),
        })
    }
}

impl Phase {
    fn json(&self, currency: &str) -> Value {
        let item = |(price, quantity): &(String, i64)| {
            json!({
                "billing_thresholds": null,
                "discounts": [],
                "metadata": {},
                "plan": price,
                "price": price,
                "quantity": quantity,
                "tax_rates": [],
            })
        };
        json!({
            "add_invoice_items": [],
            "application_fee_percent": null,
            "billing_cycle_anchor": null,
            "billing_thresholds": null,
            "collection_method": null,
            "currency": currency,
            "default_payment_method": null,
            "default_tax_rates": [],
            "description": null,
            "discounts": [],
            "end_date": self.end,
            "invoice_settings": null,
            "items": self.items.iter().map(item).collect::<Vec<_>>(),
            "metadata": self.metadata,
            "on_behalf_of": null,
            "proration_behavior": self.proration_behavior,
            "start_date": self.start,
            "transfer_data": null,
            "trial_end": null,
        })
    }
}
