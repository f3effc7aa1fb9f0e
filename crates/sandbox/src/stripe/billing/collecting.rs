//! Taking the money of an invoice: from which card, and what follows when it does not come.

use crate::ids;
use crate::stripe::book::{AfterRetries, Book};
use crate::stripe::cards::{Reaction, declined, sentence};
use crate::stripe::clock::{DAY, Seconds};
use crate::stripe::errors::StripeError;
use crate::stripe::records::{IntentStatus, InvoicePayment, InvoiceStatus, Status};

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Charged {
    Paid,
    Declined(&'static str, Option<&'static str>),
    NeedsAction,
    NoMethod,
}

impl Charged {
    /// The refusal a caller is told.
    pub(crate) fn refusal(&self) -> Option<StripeError> {
        match self {
            Self::Paid => None,
            Self::Declined(code, decline_code) => Some(declined(code, *decline_code)),
            Self::NeedsAction => Some(StripeError::card(
                "invoice_payment_intent_requires_action",
                None,
                "This payment requires additional user action before it can be completed successfully.",
            )),
            Self::NoMethod => Some(StripeError::invalid(
                "This customer has no attached payment source or default payment method. Please consider adding a \
                 default payment method.",
            )),
        }
    }
}

impl Book {
    /// The card that is charged for something of a customer's, in Stripe's order.
    pub(crate) fn method_for(&self, customer: &str, subscription: Option<&str>, given: Option<&str>) -> Option<String> {
        let of_subscription =
            subscription.and_then(|id| self.subscriptions.find(id)).and_then(|of| of.default_payment_method.as_deref());
        let of_customer = self.customers.find(customer).and_then(|of| of.default_payment_method.as_deref());
        let is_there = |id: &&str| {
            self.payment_methods.find(id).is_some_and(|method| method.customer.as_deref() == Some(customer))
        };
        [given, of_subscription, of_customer].into_iter().flatten().find(is_there).map(str::to_owned)
    }

    /// What would become of a charge.
    pub(crate) fn foresee(&self, method: Option<&str>, amount: i64) -> Charged {
        if amount <= 0 {
            return Charged::Paid;
        }
        let Some(method) = method.and_then(|id| self.payment_methods.find(id)) else {
            return Charged::NoMethod;
        };
        match method.card.charged() {
            Reaction::Accepts => Charged::Paid,
            Reaction::Declines(code, decline_code) => Charged::Declined(code, decline_code),
            Reaction::Asks => Charged::NeedsAction,
        }
    }

    /// Tries to have an invoice paid, with a card that is given or the one there is.
    pub(crate) fn collect(&mut self, id: &str, given: Option<&str>, at: Seconds) -> Charged {
        let Some(invoice) = self.invoices.find(id).filter(|invoice| invoice.is_payable()) else {
            return Charged::Paid;
        };
        let amount = invoice.amount_remaining();
        let given = given.or(invoice.default_payment_method.as_deref());
        let method = self.method_for(&invoice.customer, invoice.subscription.as_deref(), given);
        let outcome = self.foresee(method.as_deref(), amount);
        self.recover(method.as_deref());
        self.charge(id, method, &outcome, at);
        match outcome {
            Charged::Paid => self.mark_paid(id, at),
            _ => self.failed(id, &outcome, at),
        }
        outcome
    }

    /// Tries to have an invoice paid with its payer there, who has confirmed when the card asks for it.
    pub(crate) fn collect_with_holder(&mut self, id: &str, method: &str, confirmed: bool, at: Seconds) -> Charged {
        if let Some(method) = self.payment_methods.find_mut(method) {
            method.card.authenticated |= confirmed;
        }
        let outcome = self.collect(id, Some(method), at);
        if let Some(method) = self.payment_methods.find_mut(method) {
            method.card.leave_holder();
        }
        outcome
    }

    /// Notes an attempt in the payment intent.
    fn charge(&mut self, invoice: &str, method: Option<String>, outcome: &Charged, at: Seconds) {
        let payment = self.invoice_payments.iter().rev().find(|payment| payment.invoice == invoice);
        let Some(intent) = payment.and_then(|payment| self.payment_intents.find_mut(&payment.intent)) else {
            return;
        };
        if *outcome == Charged::NoMethod {
            return;
        }
        intent.payment_method = method;
        intent.failure = None;
        match outcome {
            Charged::Paid => {
                intent.status = IntentStatus::Succeeded;
                intent.charge = Some(ids::fresh("ch_"));
            }
            Charged::Declined(code, decline_code) => {
                intent.status = IntentStatus::RequiresPaymentMethod;
                intent.charge = Some(ids::fresh("ch_"));
                intent.failure = Some(((*code).to_owned(), decline_code.map(str::to_owned)));
            }
            Charged::NeedsAction | Charged::NoMethod => intent.status = IntentStatus::RequiresAction,
        }
        let (shown, charge) = (intent.json(), intent.charge_json());
        match outcome {
            Charged::Paid => {
                self.emit("payment_intent.succeeded", shown, at);
                self.emit("charge.succeeded", charge, at);
            }
            Charged::Declined(..) => {
                self.emit("charge.failed", charge, at);
                self.emit("payment_intent.payment_failed", shown, at);
            }
            Charged::NeedsAction | Charged::NoMethod => self.emit("payment_intent.requires_action", shown, at),
        }
    }

    /// Nothing is owed any more: paid, or nothing was due.
    pub(crate) fn mark_paid(&mut self, id: &str, at: Seconds) {
        let Some(invoice) = self.invoices.find_mut(id) else {
            return;
        };
        let due = invoice.amount_due();
        invoice.status = InvoiceStatus::Paid;
        invoice.paid_at = Some(at);
        invoice.amount_paid = due;
        invoice.next_payment_attempt = None;
        invoice.auto_advance = false;
        if due > 0 {
            invoice.attempt_count += 1;
        }
        let (customer, subscription) = (invoice.customer.clone(), invoice.subscription.clone());
        let is_open = |payment: &&mut InvoicePayment| payment.invoice == id && payment.canceled_at.is_none();
        let payment = self.invoice_payments.iter_mut().rev().find(is_open);
        if let Some(payment) = payment.filter(|_| due > 0) {
            payment.paid_at = Some(at);
            let shown = payment.json();
            self.emit("invoice_payment.paid", shown, at);
        }
        self.tell_of_invoice("invoice.paid", id, at);
        self.tell_of_invoice("invoice.payment_succeeded", id, at);
        self.set_delinquent(&customer, false, at);
        if let Some(subscription) = subscription {
            self.after_payment(&subscription, id, at);
        }
    }

    /// What a payment does to the subscription.
    fn after_payment(&mut self, subscription: &str, invoice: &str, at: Seconds) {
        let Some(kept) = self.subscriptions.find(subscription) else {
            return;
        };
        if kept.pending_update.as_ref().is_some_and(|pending| pending.invoice == invoice) {
            self.apply_pending_update(subscription, at);
            return;
        }
        let is_latest = kept.latest_invoice.as_deref() == Some(invoice);
        match kept.status {
            Status::Incomplete | Status::PastDue | Status::Unpaid if is_latest => {
                self.change_subscription(subscription, at, |subscription| subscription.status = Status::Active);
            }
            _ => {}
        }
    }

    /// What a failed attempt does.
    fn failed(&mut self, id: &str, outcome: &Charged, at: Seconds) {
        let retries = self.dunning.days.clone();
        let Some(invoice) = self.invoices.find(id) else {
            return;
        };
        let first = invoice.first_attempt.unwrap_or(at);
        let is_first_of_subscription = invoice.billing_reason == "subscription_create";
        let goes_on = invoice.auto_advance && !is_first_of_subscription && !invoice.sends_invoices;
        let next = retries.get(invoice.attempt_count).filter(|_| goes_on).map(|days| first + days * DAY);
        let is_last = goes_on && next.is_none();
        let (customer, subscription) = (invoice.customer.clone(), invoice.subscription.clone());
        let note = |invoice: &mut crate::stripe::records::Invoice| {
            invoice.first_attempt = Some(first);
            invoice.attempt_count += 1;
            invoice.next_payment_attempt = next;
            invoice.auto_advance &= !is_last;
        };
        self.change_invoice(id, at, note);
        if *outcome == Charged::NeedsAction {
            self.tell_of_invoice("invoice.payment_action_required", id, at);
        }
        self.tell_of_invoice("invoice.payment_failed", id, at);
        self.set_delinquent(&customer, true, at);
        let Some(subscription) = subscription else {
            return;
        };
        let Some(kept) = self.subscriptions.find(&subscription) else {
            return;
        };
        let is_pending = kept.pending_update.as_ref().is_some_and(|pending| pending.invoice == id);
        if is_pending {
            return;
        }
        if kept.status == Status::Active {
            self.change_subscription(&subscription, at, |subscription| subscription.status = Status::PastDue);
        }
        if is_last {
            self.exhausted(&subscription, id, at);
        }
    }

    /// No retry is left: what the account has decided for that.
    fn exhausted(&mut self, subscription: &str, invoice: &str, at: Seconds) {
        match self.dunning.after {
            AfterRetries::Cancel => self.end_for_failed_payment(subscription, at),
            AfterRetries::Unpaid => {
                self.change_subscription(subscription, at, |subscription| subscription.status = Status::Unpaid);
            }
            AfterRetries::PastDue => {}
        }
        if self.dunning.marks_uncollectible {
            // Only an open invoice is given up, and this one is: nothing was paid.
            let _ = self.mark_uncollectible(invoice, at);
        }
    }

    fn set_delinquent(&mut self, id: &str, delinquent: bool, at: Seconds) {
        let Some(customer) = self.customers.find_mut(id) else {
            return;
        };
        let before = customer.json();
        customer.delinquent = delinquent;
        let after = customer.json();
        self.emit_change("customer.updated", &before, after, at);
    }

    /// The error of an invoice's last attempt, for pages.
    pub(crate) fn last_failure(&self, invoice: &str) -> Option<&'static str> {
        let payment = self.invoice_payments.iter().rev().find(|payment| payment.invoice == invoice)?;
        let (code, decline_code) = self.payment_intents.find(&payment.intent)?.failure.as_ref()?;
        Some(sentence(code, decline_code.as_deref()))
    }
}
