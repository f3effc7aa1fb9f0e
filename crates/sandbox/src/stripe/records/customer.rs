//! Customers: who is billed.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::stripe::billing::Ending;
use crate::stripe::book::Book;
use crate::stripe::clock::Seconds;
use crate::stripe::form::Metadata;
use crate::stripe::records::Address;
use crate::stripe::shelf::Record;

/// A customer.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Customer {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) business_name: Option<String>,
    pub(crate) individual_name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) address: Option<Address>,
    pub(crate) shipping: Option<Value>,
    /// Negative when the customer has credit.
    pub(crate) balance: i64,
    /// Set by the first thing that is billed.
    pub(crate) currency: Option<String>,
    pub(crate) delinquent: bool,
    pub(crate) invoice_prefix: String,
    pub(crate) next_invoice_sequence: i64,
    pub(crate) default_payment_method: Option<String>,
    pub(crate) custom_fields: Vec<CustomField>,
    pub(crate) footer: Option<String>,
    pub(crate) preferred_locales: Vec<String>,
    pub(crate) tax_exempt: String,
    pub(crate) test_clock: Option<String>,
    /// How far this customer's time is ahead of everybody's, in seconds; the control page moves it.
    pub(crate) ahead: Seconds,
    pub(crate) metadata: Metadata,
    pub(crate) created: Seconds,
    pub(crate) deleted: bool,
}

/// A line of its own on every invoice, such as a purchase order number.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub(crate) struct CustomField {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl Record for Customer {
    const NAME: &'static str = "customer";

    fn id(&self) -> &str {
        &self.id
    }
}

impl Customer {
    /// As the API shows it.
    pub(crate) fn json(&self) -> Value {
        if self.deleted {
            return json!({"id": self.id, "object": "customer", "deleted": true});
        }
        let mut value = json!({
            "id": self.id,
            "object": "customer",
            "address": self.address,
            "balance": self.balance,
            "created": self.created,
            "currency": self.currency,
            "customer_account": null,
            "default_source": null,
            "delinquent": self.delinquent,
            "description": self.description,
            "email": self.email,
            "invoice_credit_balance": self.credit(),
            "invoice_prefix": self.invoice_prefix,
            "invoice_settings": {
                "custom_fields": (!self.custom_fields.is_empty()).then_some(&self.custom_fields),
                "default_payment_method": self.default_payment_method,
                "footer": self.footer,
                "rendering_options": null,
            },
            "livemode": false,
            "metadata": self.metadata,
            "name": self.name,
            "next_invoice_sequence": self.next_invoice_sequence,
            "phone": self.phone,
            "preferred_locales": self.preferred_locales,
            "shipping": self.shipping,
            "tax_exempt": self.tax_exempt,
            "test_clock": self.test_clock,
        });
        for (name, text) in [("business_name", &self.business_name), ("individual_name", &self.individual_name)] {
            if let Some(text) = text {
                value[name] = json!(text);
            }
        }
        value
    }

    fn credit(&self) -> Value {
        match &self.currency {
            Some(currency) => json!({currency.as_str(): self.balance}),
            None => json!({}),
        }
    }
}

impl Book {
    /// Ends a customer: subscriptions are cancelled, payment methods detached, and only the id remains.
    pub(crate) fn delete_customer(&mut self, id: &str, at: Seconds) {
        let running: Vec<_> = self
            .subscriptions
            .iter()
            .filter(|subscription| subscription.customer == id && !subscription.status.is_over())
            .map(|subscription| subscription.id.clone())
            .collect();
        for subscription in running {
            // It is running: there is nothing to refuse.
            let _ = self.end(&subscription, &Ending::default(), "cancellation_requested", at);
        }
        let methods: Vec<_> = self
            .payment_methods
            .iter()
            .filter(|method| method.customer.as_deref() == Some(id))
            .map(|method| method.id.clone())
            .collect();
        for method in methods {
            self.detach(&method, at);
        }
        if let Some(customer) = self.customers.find_mut(id) {
            let shown = customer.json();
            customer.deleted = true;
            self.emit("customer.deleted", shown, at);
        }
    }
}
