//! Invoices: made, finalised, paid by nobody, given up.

use crate::ids;
use crate::stripe::book::Book;
use crate::stripe::clock::{DAY, HOUR, Seconds, day};
use crate::stripe::errors::StripeError;
use crate::stripe::form::Metadata;
use crate::stripe::records::{
    Debit, IntentStatus, Invoice, InvoiceItem, InvoicePayment, InvoiceStatus, Item, Line, PaymentIntent, Price,
    Subscription,
};

/// How long a renewal's invoice stays a draft.
const DRAFT: Seconds = HOUR;

/// A new invoice.
pub(crate) struct Draft {
    pub(crate) customer: String,
    pub(crate) subscription: Option<String>,
    pub(crate) reason: &'static str,
    pub(crate) lines: Vec<Line>,
    pub(crate) period: (Seconds, Seconds),
    pub(crate) auto_advance: bool,
}

impl Book {
    /// A line for the whole period of an item.
    pub(super) fn period_line(&self, subscription: &Subscription, item: &Item, is_trial: bool) -> Option<Line> {
        let price = self.prices.find(&item.price)?;
        let unit_amount = if is_trial { 0 } else { price.amount_in(&subscription.currency)? };
        let name = self.products.find(&price.product).map_or("", |product| product.name.as_str());
        let description = if is_trial {
            format!("Trial period for {name}")
        } else {
            format!("{} × {name} (at {} / {})", item.quantity, amount(unit_amount), price.rhythm().interval.as_str())
        };
        Some(Line {
            id: ids::fresh("il_"),
            amount: unit_amount * item.quantity,
            currency: subscription.currency.clone(),
            description: Some(description),
            start: item.period_start,
            end: item.period_end,
            price: Some((price.id.clone(), price.product.clone())),
            unit_amount,
            quantity: item.quantity,
            subscription: Some(subscription.id.clone()),
            subscription_item: Some(item.id.clone()),
            proration: false,
            invoice_item: None,
            credited: None,
            metadata: subscription.metadata.clone(),
        })
    }

    /// A line for a part of a period: credit when the amount is negative.
    pub(super) fn proration_line(
        &self,
        subscription: &Subscription,
        item: &Item,
        (amount, start, end): (i64, Seconds, Seconds),
        credited: Option<(String, String)>,
    ) -> Line {
        let price = self.prices.find(&item.price);
        let product = price.map_or("", |price| price.product.as_str());
        let name = self.products.find(product).map_or("", |product| product.name.as_str());
        let words = if amount < 0 { "Unused time on" } else { "Remaining time on" };
        let times = if item.quantity == 1 { String::new() } else { format!("{} × ", item.quantity) };
        Line {
            id: ids::fresh("il_"),
            amount,
            currency: subscription.currency.clone(),
            description: Some(format!("{words} {times}{name} after {}", day(start))),
            start,
            end,
            price: Some((item.price.clone(), product.to_owned())),
            unit_amount: price.and_then(|price| price.amount_in(&subscription.currency)).unwrap_or_default(),
            quantity: item.quantity,
            subscription: Some(subscription.id.clone()),
            subscription_item: Some(item.id.clone()),
            proration: true,
            invoice_item: None,
            credited,
            metadata: Metadata::new(),
        }
    }

    /// Keeps lines until there is an invoice for them.
    pub(super) fn keep_for_later(&mut self, customer: &str, lines: Vec<Line>, at: Seconds) {
        for mut line in lines {
            let id = ids::fresh("ii_");
            line.invoice_item = Some(id.clone());
            let item = InvoiceItem { id, customer: customer.to_owned(), invoice: None, line, created: at };
            let shown = item.json();
            self.invoice_items.put(item);
            self.emit("invoiceitem.created", shown, at);
        }
    }

    /// Lines that wait for an invoice of a subscription.
    pub(super) fn waiting(&self, customer: &str, subscription: Option<&str>) -> Vec<Line> {
        let is_waiting = |item: &&InvoiceItem| {
            item.invoice.is_none()
                && item.customer == customer
                && item.line.subscription.as_deref().is_none_or(|of| Some(of) == subscription)
        };
        self.invoice_items.iter().filter(is_waiting).map(|item| item.line.clone()).collect()
    }

    /// Whether anything waits for an invoice.
    pub(crate) fn has_waiting(&self, customer: &str, subscription: Option<&str>) -> bool {
        !self.waiting(customer, subscription).is_empty()
    }

    /// Makes a draft, with everything that waits for it.
    pub(crate) fn draft(&mut self, draft: Draft, at: Seconds) -> String {
        let invoice = self.drafted(draft, at);
        let id = invoice.id.clone();
        for line in &invoice.lines {
            let pending = line.invoice_item.as_deref().and_then(|pending| self.invoice_items.find_mut(pending));
            if let Some(pending) = pending {
                pending.invoice = Some(id.clone());
            }
        }
        let subscription = invoice.subscription.as_deref().and_then(|of| self.subscriptions.find_mut(of));
        if let Some(subscription) = subscription {
            subscription.latest_invoice = Some(id.clone());
            for item in &mut subscription.items {
                let is_charge = |line: &&Line| line.subscription_item.as_ref() == Some(&item.id) && line.amount >= 0;
                if let (Some(line), Some(debit)) = (invoice.lines.iter().rfind(is_charge), &mut item.debit)
                    && debit.billed.is_none()
                {
                    debit.billed = Some((id.clone(), line.id.clone()));
                }
            }
        }
        if let Some(customer) = self.customers.find_mut(&invoice.customer) {
            customer.currency.get_or_insert_with(|| invoice.currency.clone());
        }
        self.invoices.put(invoice);
        self.tell_of_invoice("invoice.created", &id, at);
        id
    }

    /// The same, without keeping it.
    pub(super) fn drafted(&self, draft: Draft, at: Seconds) -> Invoice {
        let mut lines = self.waiting(&draft.customer, draft.subscription.as_deref());
        lines.extend(draft.lines);
        let subscription = draft.subscription.as_deref().and_then(|id| self.subscriptions.find(id));
        let customer = self.customers.find(&draft.customer).cloned().unwrap_or_default();
        let currency = lines.first().map(|line| line.currency.clone()).or_else(|| customer.currency.clone());
        let paused = subscription.and_then(|subscription| subscription.pause_collection.as_ref());
        let auto_advance = draft.auto_advance && paused.is_none_or(|pause| pause.behavior != "keep_as_draft");
        let tax_ids = self.tax_ids.iter().filter(|tax_id| tax_id.customer == draft.customer);
        Invoice {
            id: ids::fresh("in_"),
            number: None,
            customer: draft.customer.clone(),
            subscription: draft.subscription,
            subscription_metadata: subscription.map(|of| of.metadata.clone()).unwrap_or_default(),
            status: InvoiceStatus::Draft,
            currency: currency.unwrap_or_else(|| "eur".to_owned()),
            lines,
            billing_reason: draft.reason.to_owned(),
            sends_invoices: subscription.is_some_and(|of| of.sends_invoices),
            days_until_due: subscription.and_then(|of| of.days_until_due),
            created: at,
            period_start: draft.period.0,
            period_end: draft.period.1,
            auto_advance,
            finalizes_at: auto_advance.then_some(at + DRAFT),
            attempt_count: 0,
            first_attempt: None,
            next_payment_attempt: auto_advance.then_some(at + DRAFT),
            due_date: None,
            told_overdue: false,
            finalized_at: None,
            paid_at: None,
            voided_at: None,
            marked_uncollectible_at: None,
            amount_paid: 0,
            starting_balance: customer.balance,
            ending_balance: None,
            default_payment_method: None,
            description: None,
            footer: customer.footer,
            custom_fields: customer.custom_fields,
            metadata: Metadata::new(),
            secret: ids::letters(40),
            customer_name: customer.name,
            customer_email: customer.email,
            customer_phone: customer.phone,
            customer_address: customer.address,
            customer_tax_exempt: customer.tax_exempt,
            customer_tax_ids: tax_ids.map(|tax_id| (tax_id.kind.clone(), tax_id.value.clone())).collect(),
        }
    }

    /// Gives a draft its number and its final amounts. What comes to nothing is paid at once.
    pub(crate) fn finalize(&mut self, id: &str, at: Seconds) {
        let Some(invoice) = self.invoices.find(id).filter(|invoice| invoice.status == InvoiceStatus::Draft) else {
            return;
        };
        let (customer_id, total, currency) = (invoice.customer.clone(), invoice.total(), invoice.currency.clone());
        let balance = self.customers.find(&customer_id).map_or(0, |customer| customer.balance);
        // A negative total becomes credit; a balance is used as far as it goes.
        let moved = if total <= 0 { total } else { (-balance).min(total) };
        let before = self.customers.find(&customer_id).map(|customer| customer.json());
        let mut number = String::new();
        if let Some(customer) = self.customers.find_mut(&customer_id) {
            number = format!("{}-{:04}", customer.invoice_prefix, customer.next_invoice_sequence);
            customer.next_invoice_sequence += 1;
        }
        if moved != 0 {
            self.move_balance(&customer_id, moved, "applied_to_invoice", Some(id), at);
        }
        let mut due = 0;
        if let Some(invoice) = self.invoices.find_mut(id) {
            invoice.number = Some(number);
            invoice.status = InvoiceStatus::Open;
            invoice.finalized_at = Some(at);
            invoice.finalizes_at = None;
            invoice.starting_balance = balance;
            invoice.ending_balance = Some(balance + moved);
            invoice.next_payment_attempt = None;
            invoice.due_date = invoice.sends_invoices.then(|| at + invoice.days_until_due.unwrap_or(30) * DAY);
            due = invoice.amount_due();
        }
        self.tell_of_invoice("invoice.finalized", id, at);
        if due == 0 {
            self.mark_paid(id, at);
        } else {
            let intent = PaymentIntent {
                id: ids::fresh("pi_"),
                customer: customer_id.clone(),
                invoice: id.to_owned(),
                amount: due,
                currency: currency.clone(),
                payment_method: None,
                status: IntentStatus::RequiresPaymentMethod,
                charge: None,
                failure: None,
                created: at,
            };
            let shown = intent.json();
            self.invoice_payments.put(InvoicePayment {
                id: ids::fresh("inpay_"),
                invoice: id.to_owned(),
                intent: intent.id.clone(),
                amount: due,
                currency,
                paid_at: None,
                canceled_at: None,
                created: at,
            });
            self.payment_intents.put(intent);
            self.emit("payment_intent.created", shown, at);
        }
        if let Some((before, after)) = before.zip(self.customers.find(&customer_id).map(|customer| customer.json())) {
            self.emit_change("customer.updated", &before, after, at);
        }
    }

    /// Ends an invoice that is not to be paid any more.
    pub(crate) fn void(&mut self, id: &str, at: Seconds) -> Result<(), StripeError> {
        let invoice = self.invoices.get(id, "id")?;
        if !invoice.is_payable() {
            return Err(StripeError::invalid(format!(
                "You can only pass in open or uncollectible invoices. This invoice isn't, because its status is {}.",
                invoice.status.as_str()
            )));
        }
        // Credit that went into it comes back.
        let used = invoice.ending_balance.unwrap_or_default() - invoice.starting_balance;
        let customer = invoice.customer.clone();
        if let Some(invoice) = self.invoices.find_mut(id) {
            invoice.status = InvoiceStatus::Void;
            invoice.voided_at = Some(at);
            invoice.auto_advance = false;
            invoice.next_payment_attempt = None;
        }
        if used > 0 {
            self.move_balance(&customer, -used, "unapplied_from_invoice", Some(id), at);
        }
        self.cancel_payments(id, at);
        self.tell_of_invoice("invoice.voided", id, at);
        Ok(())
    }

    /// Gives an invoice up; it may still be paid.
    pub(crate) fn mark_uncollectible(&mut self, id: &str, at: Seconds) -> Result<(), StripeError> {
        let invoice = self.invoices.get_mut(id, "id")?;
        if invoice.status != InvoiceStatus::Open {
            return Err(StripeError::invalid(format!(
                "You can only mark an open invoice as uncollectible. This invoice's status is {}.",
                invoice.status.as_str()
            )));
        }
        invoice.status = InvoiceStatus::Uncollectible;
        invoice.marked_uncollectible_at = Some(at);
        invoice.auto_advance = false;
        invoice.next_payment_attempt = None;
        self.tell_of_invoice("invoice.marked_uncollectible", id, at);
        Ok(())
    }

    /// Stops the payments of an invoice that will not be used.
    pub(crate) fn cancel_payments(&mut self, invoice: &str, at: Seconds) {
        let mut canceled = Vec::new();
        for payment in self.invoice_payments.iter_mut().filter(|payment| payment.invoice == invoice) {
            if payment.paid_at.is_none() && payment.canceled_at.is_none() {
                payment.canceled_at = Some(at);
                canceled.push(payment.intent.clone());
            }
        }
        for id in canceled {
            if let Some(intent) = self.payment_intents.find_mut(&id) {
                intent.status = IntentStatus::Canceled;
                let shown = intent.json();
                self.emit("payment_intent.canceled", shown, at);
            }
        }
    }
}

/// What is owed for the whole period of an item.
pub(super) fn debit(price: &Price, item: &Item, currency: &str) -> Debit {
    Debit {
        amount: price.amount_in(currency).unwrap_or_default() * item.quantity,
        start: item.period_start,
        end: item.period_end,
        billed: None,
    }
}

/// An amount for people; the sandbox's descriptions are of currencies with cents.
fn amount(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}
