//! Payments of invoices: the intent, its charge, and the invoice's own record of it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::stripe::cards;
use crate::stripe::clock::Seconds;
use crate::stripe::shelf::Record;

/// An intent to take money.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct PaymentIntent {
    pub(crate) id: String,
    pub(crate) customer: String,
    pub(crate) invoice: String,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) payment_method: Option<String>,
    pub(crate) status: IntentStatus,
    /// The last attempt.
    pub(crate) charge: Option<String>,
    /// Code and decline code of the last failure.
    pub(crate) failure: Option<(String, Option<String>)>,
    pub(crate) created: Seconds,
}

/// Where an intent stands.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IntentStatus {
    RequiresPaymentMethod,
    RequiresAction,
    Succeeded,
    Canceled,
}

impl Record for PaymentIntent {
    const NAME: &'static str = "payment_intent";

    fn id(&self) -> &str {
        &self.id
    }
}

impl PaymentIntent {
    /// As the API shows it.
    pub(crate) fn json(&self) -> Value {
        let paid = if self.status == IntentStatus::Succeeded { self.amount } else { 0 };
        json!({
            "id": self.id,
            "object": "payment_intent",
            "allowed_payment_method_types": null,
            "amount": self.amount,
            "amount_capturable": 0,
            "amount_received": paid,
            "application": null,
            "application_fee_amount": null,
            "automatic_payment_methods": null,
            "canceled_at": null,
            "cancellation_reason": null,
            "capture_method": "automatic",
            "client_secret": format!("{}_secret_sandbox", self.id),
            "confirmation_method": "automatic",
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "customer_account": null,
            "description": "Subscription update",
            "excluded_payment_method_types": null,
            "last_payment_error": self.error(),
            "latest_charge": self.charge,
            "livemode": false,
            "managed_payments": null,
            "metadata": {},
            "next_action": (self.status == IntentStatus::RequiresAction).then(|| json!({"type": "use_stripe_sdk"})),
            "on_behalf_of": null,
            "payment_method": self.payment_method,
            "payment_method_configuration_details": null,
            "payment_method_options": {
                "card": {
                    "installments": null, "mandate_options": null, "network": null, "request_three_d_secure": "automatic",
                },
            },
            "payment_method_types": ["card"],
            "payment_record": null,
            "processing": null,
            "receipt_email": null,
            "review": null,
            "setup_future_usage": "off_session",
            "shipping": null,
            "source": null,
            "statement_descriptor": null,
            "statement_descriptor_suffix": null,
            "status": self.status,
            "transfer_data": null,
            "transfer_group": null,
        })
    }

    fn error(&self) -> Option<Value> {
        let (code, decline_code) = self.failure.as_ref()?;
        Some(json!({
            "type": "card_error",
            "code": code,
            "decline_code": decline_code,
            "message": cards::sentence(code, decline_code.as_deref()),
        }))
    }

    /// Its last charge, as the API shows it.
    pub(crate) fn charge_json(&self) -> Value {
        let succeeded = self.status == IntentStatus::Succeeded;
        json!({
            "id": self.charge,
            "object": "charge",
            "amount": self.amount,
            "amount_captured": if succeeded { self.amount } else { 0 },
            "amount_refunded": 0,
            "balance_transaction": null,
            "billing_details": {"address": null, "email": null, "name": null, "phone": null, "tax_id": null},
            "captured": succeeded,
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "disputed": false,
            "failure_code": self.failure.as_ref().map(|(code, _)| code),
            "failure_message": self.failure.as_ref().map(|(code, decline)| cards::sentence(code, decline.as_deref())),
            "livemode": false,
            "metadata": {},
            "paid": succeeded,
            "payment_intent": self.id,
            "payment_method": self.payment_method,
            "refunded": false,
            "status": if succeeded { "succeeded" } else { "failed" },
        })
    }
}

/// What an invoice knows of a payment.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct InvoicePayment {
    pub(crate) id: String,
    pub(crate) invoice: String,
    pub(crate) intent: String,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) paid_at: Option<Seconds>,
    pub(crate) canceled_at: Option<Seconds>,
    pub(crate) created: Seconds,
}

impl Record for InvoicePayment {
    const NAME: &'static str = "invoice payment";

    fn id(&self) -> &str {
        &self.id
    }
}

impl InvoicePayment {
    /// Stripe's word.
    pub(crate) fn status(&self) -> &'static str {
        match (self.paid_at, self.canceled_at) {
            (Some(_), _) => "paid",
            (None, Some(_)) => "canceled",
            (None, None) => "open",
        }
    }

    /// As the API shows it.
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "invoice_payment",
            "amount_paid": self.paid_at.map(|_| self.amount),
            "amount_requested": self.amount,
            "created": self.created,
            "currency": self.currency,
            "invoice": self.invoice,
            "is_default": true,
            "livemode": false,
            "payment": {"payment_intent": self.intent, "type": "payment_intent"},
            "status": self.status(),
            "status_transitions": {"canceled_at": self.canceled_at, "paid_at": self.paid_at},
        })
    }
}
