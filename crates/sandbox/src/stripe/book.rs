//! Everything the sandbox's Stripe knows: written to disk as one document of its own, changed only behind its lock.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::records::{Message, Outbox, WebhookMode};
use crate::settings::StripeSettings;
use crate::stripe::VERSION;
use crate::stripe::billing::Untold;
use crate::stripe::clock::{self, Seconds};
use crate::stripe::form::Metadata;
use crate::stripe::idempotency::Kept;
use crate::stripe::records::{
    BalanceTransaction, CheckoutSession, Customer, Event, Invoice, InvoiceItem, InvoicePayment, PaymentIntent,
    PaymentMethod, PortalConfiguration, PortalSession, Price, Product, Schedule, Secret, Subscription, TaxId,
    TestClock, WebhookEndpoint,
};
use crate::stripe::shelf::Shelf;

/// The file in the data directory.
pub(crate) const FILE: &str = "stripe.json";

/// The account's data.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Book {
    /// `http://localhost:<stripe port>`; given anew at each start.
    #[serde(skip)]
    pub(crate) origin: String,
    /// Id and idempotency key of the call under way.
    #[serde(skip)]
    pub(crate) request: Option<(String, Option<String>)>,
    /// Events of the action under way, which are told in their order when it is done.
    #[serde(skip)]
    pub(crate) untold: Option<Vec<Untold>>,
    pub(crate) dunning: Dunning,
    pub(crate) products: Shelf<Product>,
    pub(crate) prices: Shelf<Price>,
    pub(crate) customers: Shelf<Customer>,
    pub(crate) tax_ids: Shelf<TaxId>,
    pub(crate) balance_transactions: Shelf<BalanceTransaction>,
    pub(crate) payment_methods: Shelf<PaymentMethod>,
    pub(crate) test_clocks: Shelf<TestClock>,
    pub(crate) subscriptions: Shelf<Subscription>,
    pub(crate) schedules: Shelf<Schedule>,
    pub(crate) invoices: Shelf<Invoice>,
    pub(crate) invoice_items: Shelf<InvoiceItem>,
    pub(crate) invoice_payments: Shelf<InvoicePayment>,
    pub(crate) payment_intents: Shelf<PaymentIntent>,
    pub(crate) checkout_sessions: Shelf<CheckoutSession>,
    pub(crate) portal_configurations: Shelf<PortalConfiguration>,
    pub(crate) portal_sessions: Shelf<PortalSession>,
    pub(crate) webhook_endpoints: Shelf<WebhookEndpoint>,
    pub(crate) events: Shelf<Event>,
    pub(crate) outbox: Outbox,
    /// Answers by idempotency key.
    pub(crate) answers: BTreeMap<String, Kept>,
}

/// What the account does when a renewal is not paid.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Dunning {
    /// Days after the first attempt on which it is tried again.
    pub(crate) days: Vec<i64>,
    pub(crate) after: AfterRetries,
    pub(crate) marks_uncollectible: bool,
}

/// What becomes of the subscription when no retry is left.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AfterRetries {
    #[default]
    Cancel,
    Unpaid,
    PastDue,
}

impl Default for Dunning {
    fn default() -> Self {
        Self { days: vec![3, 5, 7, 14], after: AfterRetries::default(), marks_uncollectible: false }
    }
}

impl Dunning {
    /// For the control page.
    pub(crate) fn json(&self) -> Value {
        json!({
            "retry_days": self.days,
            "after_retries": self.after,
            "marks_uncollectible": self.marks_uncollectible,
        })
    }
}

/// The endpoint of the command line.
const ENDPOINT: &str = "we_commandline";

impl Book {
    /// Begins a run: with the addresses and secrets of the command line.
    pub(crate) fn open(&mut self, settings: &StripeSettings) {
        self.origin.clone_from(&settings.origin);
        self.forget_unfinished();
        self.webhook_endpoints.take(ENDPOINT);
        if let Some((url, secrets)) = &settings.webhook {
            let secrets = secrets.iter().map(|text| Secret { text: text.clone(), ends_at: None }).collect();
            self.webhook_endpoints.put(WebhookEndpoint {
                id: ENDPOINT.to_owned(),
                url: url.to_string(),
                enabled_events: vec!["*".to_owned()],
                api_version: Some(VERSION.to_owned()),
                description: Some("Of the sandbox's command line".to_owned()),
                disabled: false,
                secrets,
                metadata: Metadata::new(),
                created: clock::wall(),
            });
        }
    }

    /// The time a customer lives in.
    pub(crate) fn time_of(&self, customer: &str) -> Seconds {
        let Some(customer) = self.customers.find(customer) else {
            return clock::wall();
        };
        match customer.test_clock.as_deref().and_then(|clock| self.test_clocks.find(clock)) {
            Some(clock) => clock.frozen_time,
            None => clock::wall() + customer.ahead,
        }
    }

    /// Any object that other objects refer to by its id.
    pub(crate) fn object(&self, id: &str) -> Option<Value> {
        let (prefix, _) = id.rsplit_once('_')?;
        match prefix {
            "cus" => self.customers.find(id).map(Customer::json),
            "price" => self.prices.find(id).map(Price::json),
            "pm" => self.payment_methods.find(id).map(PaymentMethod::json),
            "txi" => self.tax_ids.find(id).map(TaxId::json),
            "sub" => self.subscriptions.find(id).map(|subscription| self.subscription_json(subscription)),
            "sub_sched" => self.schedules.find(id).map(|schedule| self.schedule_json(schedule)),
            "in" => self.invoices.find(id).map(|invoice| self.invoice_json(invoice)),
            "pi" => self.payment_intents.find(id).map(PaymentIntent::json),
            "ch" => self
                .payment_intents
                .iter()
                .find(|intent| intent.charge.as_deref() == Some(id))
                .map(PaymentIntent::charge_json),
            "cs_test" => self.checkout_sessions.find(id).map(|session| self.checkout_session_json(session)),
            "bpc" => self.portal_configurations.find(id).map(PortalConfiguration::json),
            "clock" => self.test_clocks.find(id).map(TestClock::json),
            // Products may have an id of one's own choosing.
            _ => self.products.find(id).map(Product::json),
        }
    }

    /// Another object of the same kind, of another customer.
    pub(crate) fn another(&self, id: &str) -> Option<Value> {
        let (prefix, _) = id.rsplit_once('_')?;
        match prefix {
            "cus" => self.customers.iter().rev().find(|other| other.id != id && !other.deleted).map(Customer::json),
            "pm" => {
                let own = &self.payment_methods.find(id)?.customer;
                self.payment_methods.iter().rev().find(|other| other.customer != *own).map(PaymentMethod::json)
            }
            "sub" => {
                let own = &self.subscriptions.find(id)?.customer;
                let other = self.subscriptions.iter().rev().find(|other| other.customer != *own);
                other.map(|other| self.subscription_json(other))
            }
            "in" => {
                let own = &self.invoices.find(id)?.customer;
                let other = self.invoices.iter().rev().find(|other| other.customer != *own);
                other.map(|other| self.invoice_json(other))
            }
            "cs_test" => {
                let own = &self.checkout_sessions.find(id)?.customer;
                let other = self.checkout_sessions.iter().rev().find(|other| other.customer != *own);
                other.map(|other| self.checkout_session_json(other))
            }
            _ => None,
        }
    }

    /// The one member deep inside an object that is shown only when it is asked for.
    pub(crate) fn includable_within(&self, object: &Value, names: &[&str]) -> Option<Value> {
        match (object["object"].as_str()?, names) {
            ("billing_portal.configuration", ["features", "subscription_update", "products"]) => {
                self.portal_configurations.find(object["id"].as_str()?).map(PortalConfiguration::products_json)
            }
            _ => None,
        }
    }

    /// A member that an object has only when it is asked for.
    pub(crate) fn includable(&self, object: &Value, name: &str) -> Option<Value> {
        let id = object["id"].as_str()?;
        match (object["object"].as_str()?, name) {
            ("customer", "tax_ids") => {
                let mine = self.tax_ids.iter().rev().filter(|tax_id| tax_id.customer == id);
                Some(whole_list(mine.map(TaxId::json).collect(), &format!("/v1/customers/{id}/tax_ids")))
            }
            ("customer", "sources") => Some(whole_list(Vec::new(), &format!("/v1/customers/{id}/sources"))),
            ("customer", "subscriptions") => {
                let mine = self.subscriptions.iter().rev();
                let mine = mine.filter(|subscription| subscription.customer == id && !subscription.status.is_over());
                let shown = mine.map(|subscription| self.subscription_json(subscription)).collect();
                Some(whole_list(shown, &format!("/v1/customers/{id}/subscriptions")))
            }
            ("invoice", "payments") => Some(self.invoice_payments_json(id)),
            ("invoice", "confirmation_secret") => Some(Value::Null),
            ("checkout.session", "line_items") => {
                self.checkout_sessions.find(id).map(|session| self.checkout_lines(session))
            }
            ("price", "currency_options") => self.prices.find(id).map(Price::currency_options_json),
            _ => None,
        }
    }

    /// Puts a message to an endpoint on its way.
    pub(crate) fn post(&mut self, event: &Event, endpoint: &str, body: String) {
        let goes = self.outbox.webhook_mode != WebhookMode::Drop;
        let message = Message {
            event: Some(event.id.clone()),
            endpoint: Some(endpoint.to_owned()),
            kind: event.kind.clone(),
            body,
        };
        self.outbox.put(message, goes, crate::clock::now());
    }
}

/// A list that is shown whole.
pub(crate) fn whole_list(data: Vec<Value>, url: &str) -> Value {
    json!({"object": "list", "data": data, "has_more": false, "url": url})
}
