//! Invoices.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::stripe::book::{Book, whole_list};
use crate::stripe::clock::Seconds;
use crate::stripe::form::Metadata;
use crate::stripe::records::subscription::collection_method;
use crate::stripe::records::{Address, CustomField, InvoicePayment, Line};
use crate::stripe::shelf::Record;

/// Where an invoice stands.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum InvoiceStatus {
    Draft,
    Open,
    Paid,
    Uncollectible,
    Void,
}

impl InvoiceStatus {
    /// Stripe's word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Uncollectible => "uncollectible",
            Self::Void => "void",
        }
    }
}

/// An invoice.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Invoice {
    pub(crate) id: String,
    pub(crate) number: Option<String>,
    pub(crate) customer: String,
    pub(crate) subscription: Option<String>,
    /// The subscription's metadata when the invoice was made.
    pub(crate) subscription_metadata: Metadata,
    pub(crate) status: InvoiceStatus,
    pub(crate) currency: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) billing_reason: String,
    pub(crate) sends_invoices: bool,
    pub(crate) days_until_due: Option<i64>,
    pub(crate) created: Seconds,
    pub(crate) period_start: Seconds,
    pub(crate) period_end: Seconds,
    pub(crate) auto_advance: bool,
    /// When it is finalised by itself.
    pub(crate) finalizes_at: Option<Seconds>,
    pub(crate) attempt_count: usize,
    pub(crate) first_attempt: Option<Seconds>,
    pub(crate) next_payment_attempt: Option<Seconds>,
    pub(crate) due_date: Option<Seconds>,
    pub(crate) told_overdue: bool,
    pub(crate) finalized_at: Option<Seconds>,
    pub(crate) paid_at: Option<Seconds>,
    pub(crate) voided_at: Option<Seconds>,
    pub(crate) marked_uncollectible_at: Option<Seconds>,
    pub(crate) amount_paid: i64,
    /// The customer's balance before and after it, fixed when it is finalised.
    pub(crate) starting_balance: i64,
    pub(crate) ending_balance: Option<i64>,
    pub(crate) default_payment_method: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) footer: Option<String>,
    pub(crate) custom_fields: Vec<CustomField>,
    pub(crate) metadata: Metadata,
    /// The unguessable part of its address.
    pub(crate) secret: String,
    pub(crate) customer_name: Option<String>,
    pub(crate) customer_email: Option<String>,
    pub(crate) customer_phone: Option<String>,
    pub(crate) customer_address: Option<Address>,
    pub(crate) customer_tax_exempt: String,
    pub(crate) customer_tax_ids: Vec<(String, String)>,
}

impl Record for Invoice {
    const NAME: &'static str = "invoice";

    fn id(&self) -> &str {
        &self.id
    }
}

impl Invoice {
    /// What its lines come to.
    pub(crate) fn total(&self) -> i64 {
        self.lines.iter().map(|line| line.amount).sum()
    }

    /// What is to be paid: the customer's credit goes first, a negative total becomes credit.
    pub(crate) fn amount_due(&self) -> i64 {
        (self.total() + self.starting_balance).max(0)
    }

    /// What is still to be paid.
    pub(crate) fn amount_remaining(&self) -> i64 {
        if self.status == InvoiceStatus::Void { 0 } else { (self.amount_due() - self.amount_paid).max(0) }
    }

    /// Whether it can still be paid.
    pub(crate) fn is_payable(&self) -> bool {
        matches!(self.status, InvoiceStatus::Open | InvoiceStatus::Uncollectible)
    }
}

impl Book {
    /// As the API shows it.
    pub(crate) fn invoice_json(&self, invoice: &Invoice) -> Value {
        let customer = self.customers.find(&invoice.customer);
        let test_clock = customer.and_then(|customer| customer.test_clock.clone());
        let (total, due) = (invoice.total(), invoice.amount_due());
        let is_final = invoice.finalized_at.is_some();
        let page = is_final.then(|| format!("{}/i/acct_sandbox/{}", self.origin, invoice.secret));
        let lines: Vec<_> = invoice.lines.iter().map(|line| line.json(&invoice.id)).collect();
        json!({
            "id": invoice.id,
            "object": "invoice",
            "account_country": "DE",
            "account_name": "Tenantry sandbox",
            "account_tax_ids": null,
            "amount_due": due,
            "amount_overpaid": 0,
            "amount_paid": invoice.amount_paid,
            "amount_paid_off_stripe": 0,
            "amount_remaining": invoice.amount_remaining(),
            "amount_shipping": 0,
            "application": null,
            "attempt_count": invoice.attempt_count,
            "attempted": invoice.attempt_count > 0 || (invoice.paid_at.is_some() && due == 0),
            "auto_advance": invoice.auto_advance,
            "automatic_tax": {
                "disabled_reason": null, "enabled": false, "liability": null, "provider": null, "status": null,
            },
            "automatically_finalizes_at": invoice.finalizes_at,
            "billing_reason": invoice.billing_reason,
            "collection_method": collection_method(invoice.sends_invoices),
            "created": invoice.created,
            "currency": invoice.currency,
            "custom_fields": (!invoice.custom_fields.is_empty()).then_some(&invoice.custom_fields),
            "customer": invoice.customer,
            "customer_account": null,
            "customer_address": invoice.customer_address,
            "customer_email": invoice.customer_email,
            "customer_name": invoice.customer_name,
            "customer_phone": invoice.customer_phone,
            "customer_shipping": null,
            "customer_tax_exempt": invoice.customer_tax_exempt,
            "customer_tax_ids": invoice
                .customer_tax_ids
                .iter()
                .map(|(kind, value)| json!({"type": kind, "value": value}))
                .collect::<Vec<_>>(),
            "default_payment_method": invoice.default_payment_method,
            "default_source": null,
            "default_tax_rates": [],
            "description": invoice.description,
            "discounts": [],
            "due_date": invoice.due_date,
            "effective_at": invoice.finalized_at,
            "ending_balance": invoice.ending_balance,
            "footer": invoice.footer,
            "from_invoice": null,
            "hosted_invoice_url": page,
            "invoice_pdf": page.as_ref().map(|page| format!("{page}/pdf")),
            "issuer": {"type": "self"},
            "last_finalization_error": null,
            "latest_revision": null,
            "lines": whole_list(lines, &format!("/v1/invoices/{}/lines", invoice.id)),
            "livemode": false,
            "metadata": invoice.metadata,
            "next_payment_attempt": invoice.next_payment_attempt,
            "number": invoice.number,
            "on_behalf_of": null,
            "parent": invoice.subscription.as_ref().map(|subscription| json!({
                "quote_details": null,
                "subscription_details": {
                    "metadata": invoice.subscription_metadata, "subscription": subscription,
                },
                "type": "subscription_details",
            })),
            "payment_settings": {
                "default_mandate": null, "payment_method_options": null, "payment_method_types": null,
            },
            "period_end": invoice.period_end,
            "period_start": invoice.period_start,
            "post_payment_credit_notes_amount": 0,
            "pre_payment_credit_notes_amount": 0,
            "receipt_number": null,
            "rendering": null,
            "shipping_cost": null,
            "shipping_details": null,
            "starting_balance": invoice.starting_balance,
            "statement_descriptor": null,
            "status": invoice.status,
            "status_transitions": {
                "finalized_at": invoice.finalized_at,
                "marked_uncollectible_at": invoice.marked_uncollectible_at,
                "paid_at": invoice.paid_at,
                "voided_at": invoice.voided_at,
            },
            "subtotal": total,
            "subtotal_excluding_tax": total,
            "test_clock": test_clock,
            "total": total,
            "total_discount_amounts": [],
            "total_excluding_tax": total,
            "total_pretax_credit_amounts": [],
            "total_taxes": [],
            "webhooks_delivered_at": is_final.then_some(invoice.created),
        })
    }

    /// The payments of an invoice.
    pub(crate) fn invoice_payments_json(&self, invoice: &str) -> Value {
        let mine = self.invoice_payments.iter().rev().filter(|payment| payment.invoice == invoice);
        whole_list(mine.map(InvoicePayment::json).collect(), "/v1/invoice_payments")
    }

    /// Changes an invoice, and tells of it under a name.
    pub(crate) fn change_invoice(&mut self, id: &str, at: Seconds, change: impl FnOnce(&mut Invoice)) {
        let Some(before) = self.invoices.find(id).map(|invoice| self.invoice_json(invoice)) else {
            return;
        };
        if let Some(invoice) = self.invoices.find_mut(id) {
            change(invoice);
        }
        if let Some(after) = self.invoices.find(id).map(|invoice| self.invoice_json(invoice)) {
            self.emit_change("invoice.updated", &before, after, at);
        }
    }

    /// Tells something of an invoice.
    pub(crate) fn tell_of_invoice(&mut self, kind: &str, id: &str, at: Seconds) {
        if let Some(shown) = self.invoices.find(id).map(|invoice| self.invoice_json(invoice)) {
            self.emit(kind, shown, at);
        }
    }
}
