//! Lines of invoices, and those that wait for one.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::stripe::clock::Seconds;
use crate::stripe::form::Metadata;
use crate::stripe::shelf::Record;

/// A line.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) description: Option<String>,
    pub(crate) start: Seconds,
    pub(crate) end: Seconds,
    /// The price and its product; none when an amount was given.
    pub(crate) price: Option<(String, String)>,
    pub(crate) unit_amount: i64,
    pub(crate) quantity: i64,
    pub(crate) subscription: Option<String>,
    pub(crate) subscription_item: Option<String>,
    pub(crate) proration: bool,
    /// The pending item it was.
    pub(crate) invoice_item: Option<String>,
    /// The invoice and line a credit is for.
    pub(crate) credited: Option<(String, String)>,
    pub(crate) metadata: Metadata,
}

/// A line that waits for an invoice.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct InvoiceItem {
    pub(crate) id: String,
    pub(crate) customer: String,
    /// The invoice it went to.
    pub(crate) invoice: Option<String>,
    pub(crate) line: Line,
    pub(crate) created: Seconds,
}

impl Record for InvoiceItem {
    const NAME: &'static str = "invoiceitem";

    fn id(&self) -> &str {
        &self.id
    }
}

impl Record for Line {
    const NAME: &'static str = "line item";

    fn id(&self) -> &str {
        &self.id
    }
}

impl Line {
    fn pricing(&self) -> Value {
        match &self.price {
            Some((price, product)) => json!({
                "price_details": {"price": price, "product": product},
                "type": "price_details",
                "unit_amount_decimal": self.unit_amount.to_string(),
            }),
            None => Value::Null,
        }
    }

    /// The invoice and the lines a credit is for.
    fn credited_items(&self) -> Option<Value> {
        let (invoice, line) = self.credited.as_ref()?;
        Some(json!({"invoice": invoice, "invoice_line_items": [line]}))
    }

    fn proration_details(&self) -> Value {
        if self.proration { json!({"credited_items": self.credited_items()}) } else { Value::Null }
    }

    /// As the API shows it, on its invoice.
    pub(crate) fn json(&self, invoice: &str) -> Value {
        let parent = match (&self.subscription_item, &self.invoice_item) {
            (Some(item), pending) => json!({
                "invoice_item_details": null,
                "subscription_item_details": {
                    "invoice_item": pending,
                    "proration": self.proration,
                    "proration_details": self.proration_details(),
                    "subscription": self.subscription,
                    "subscription_item": item,
                },
                "type": "subscription_item_details",
            }),
            (None, Some(pending)) => json!({
                "invoice_item_details": {
                    "invoice_item": pending,
                    "proration": self.proration,
                    "proration_details": self.proration_details(),
                    "subscription": self.subscription,
                },
                "subscription_item_details": null,
                "type": "invoice_item_details",
            }),
            (None, None) => Value::Null,
        };
        json!({
            "id": self.id,
            "object": "line_item",
            "amount": self.amount,
            "currency": self.currency,
            "description": self.description,
            "discount_amounts": [],
            "discountable": !self.proration,
            "discounts": [],
            "invoice": invoice,
            "livemode": false,
            "metadata": self.metadata,
            "parent": parent,
            "period": {"end": self.end, "start": self.start},
            "pretax_credit_amounts": [],
            "pricing": self.pricing(),
            "quantity": self.quantity,
            "quantity_decimal": self.quantity.to_string(),
            "subscription": self.subscription,
            "subtotal": self.amount,
            "taxes": [],
        })
    }
}

impl InvoiceItem {
    /// As the API shows it.
    pub(crate) fn json(&self) -> Value {
        let line = &self.line;
        json!({
            "id": self.id,
            "object": "invoiceitem",
            "amount": line.amount,
            "currency": line.currency,
            "customer": self.customer,
            "customer_account": null,
            "date": self.created,
            "description": line.description,
            "discountable": !line.proration,
            "discounts": [],
            "invoice": self.invoice,
            "livemode": false,
            "metadata": line.metadata,
            "net_amount": line.amount,
            "parent": line.subscription.as_ref().map(|subscription| json!({
                "subscription_details": {"subscription": subscription, "subscription_item": line.subscription_item},
                "type": "subscription_details",
            })),
            "period": {"end": line.end, "start": line.start},
            "pricing": line.pricing(),
            "proration": line.proration,
            "proration_details": {
                "credited_items": line.credited_items().map(|items| json!({
                    "invoice_line_item_details": items, "type": "invoice_line_items",
                })),
                "discount_amounts": [],
            },
            "quantity": line.quantity,
            "quantity_decimal": line.quantity.to_string(),
            "tax_rates": [],
            "test_clock": null,
        })
    }
}
