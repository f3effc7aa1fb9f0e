//! What time does: renewals, the ends of trials, and what is announced before.

use serde_json::Value;

use crate::stripe::billing::invoicing::debit;
use crate::stripe::billing::{Draft, Prorating};
use crate::stripe::book::Book;
use crate::stripe::clock::Seconds;
use crate::stripe::errors::StripeError;
use crate::stripe::records::{Invoice, InvoiceStatus, Line, Status, Subscription, WithoutCard};

impl Book {
    /// The subscription as it will be after a boundary, and the lines of that period.
    pub(super) fn next_period(&self, old: &Subscription, at: Seconds) -> (Subscription, Vec<Line>) {
        let mut new = old.clone();
        let rhythm = self.rhythm(&new.items);
        // Another rhythm than the anchor's begins anew: the boundaries would not meet.
        if rhythm.next(new.billing_cycle_anchor, at - 1) != at {
            new.billing_cycle_anchor = at;
        }
        let end = rhythm.next(new.billing_cycle_anchor, at);
        for item in &mut new.items {
            (item.period_start, item.period_end) = (at, end);
            item.debit = self.prices.find(&item.price).map(|price| debit(price, item, &old.currency));
        }
        let lines = new.items.iter().filter_map(|item| self.period_line(&new, item, false)).collect();
        (new, lines)
    }

    /// The next period begins: its invoice is a draft for an hour.
    pub(crate) fn renew(&mut self, id: &str, at: Seconds) {
        let Some(old) = self.subscriptions.find(id).cloned() else {
            return;
        };
        let (new, lines) = self.next_period(&old, at);
        let before = old.period_start();
        self.in_order(|book| {
            book.change_subscription(id, at, |subscription| {
                subscription.items = new.items;
                subscription.billing_cycle_anchor = new.billing_cycle_anchor;
            });
            let draft = Draft {
                customer: old.customer.clone(),
                subscription: Some(id.to_owned()),
                reason: "subscription_cycle",
                lines,
                period: (before, at),
                auto_advance: old.status != Status::Unpaid,
            };
            book.draft(draft, at);
        });
    }

    /// The trial is over.
    pub(crate) fn end_trial(&mut self, id: &str, at: Seconds) {
        let Some(old) = self.subscriptions.find(id).cloned() else {
            return;
        };
        let has_card = self.method_for(&old.customer, Some(id), None).is_some();
        match old.without_card {
            WithoutCard::Cancel if !has_card && !old.sends_invoices => {
                // It is running: there is nothing to refuse.
                let _ = self.end(id, &crate::stripe::billing::Ending::default(), "cancellation_requested", at);
            }
            WithoutCard::Pause if !has_card && !old.sends_invoices => {
                self.change_subscription(id, at, |subscription| {
                    subscription.status = Status::Paused;
                    subscription.paused = Some(("trial_end_without_payment_method".to_owned(), at));
                });
                self.tell_of_subscription("customer.subscription.paused", id, at);
            }
            _ => {
                if let Some(subscription) = self.subscriptions.find_mut(id) {
                    subscription.billing_cycle_anchor = at;
                }
                self.in_order(|book| {
                    let before = book.subscriptions.find(id).map(|old| book.subscription_json(old));
                    if let Some(subscription) = book.subscriptions.find_mut(id) {
                        subscription.status = Status::Active;
                    }
                    book.renew(id, at);
                    // One change, not two.
                    book.take_back("customer.subscription.updated");
                    let after = book.subscriptions.find(id).map(|new| book.subscription_json(new));
                    if let Some((before, after)) = before.zip(after) {
                        book.emit_change("customer.subscription.updated", &before, after, at);
                    }
                });
            }
        }
    }

    /// The hour of a draft is over.
    pub(crate) fn finalize_and_collect(&mut self, id: &str, at: Seconds) {
        let pause = self
            .invoices
            .find(id)
            .and_then(|invoice| invoice.subscription.as_deref())
            .and_then(|subscription| self.subscriptions.find(subscription))
            .and_then(|subscription| subscription.pause_collection.as_ref())
            .map(|pause| pause.behavior.clone());
        self.finalize(id, at);
        let Some(invoice) = self.invoices.find(id).filter(|invoice| invoice.status == InvoiceStatus::Open) else {
            return;
        };
        let sends_invoices = invoice.sends_invoices;
        match pause.as_deref() {
            // It has just become open: neither can be refused.
            Some("void") => drop(self.void(id, at)),
            Some("mark_uncollectible") => drop(self.mark_uncollectible(id, at)),
            _ if sends_invoices => self.tell_of_invoice("invoice.sent", id, at),
            _ => drop(self.collect(id, None, at)),
        }
    }

    /// An invoice that was sent is late.
    pub(crate) fn overdue(&mut self, id: &str, at: Seconds) {
        let Some(invoice) = self.invoices.find_mut(id) else {
            return;
        };
        invoice.told_overdue = true;
        let subscription = invoice.subscription.clone();
        self.tell_of_invoice("invoice.overdue", id, at);
        if let Some(subscription) = subscription
            && self.subscriptions.find(&subscription).is_some_and(|it| it.status == Status::Active)
        {
            self.change_subscription(&subscription, at, |subscription| subscription.status = Status::PastDue);
        }
    }

    /// Says that a renewal comes.
    pub(crate) fn announce_renewal(&mut self, id: &str, at: Seconds) {
        if let Some(subscription) = self.subscriptions.find_mut(id) {
            subscription.told_renewal = Some(subscription.period_end());
        }
        if let Some(invoice) = self.upcoming(id) {
            let mut shown = self.upcoming_json(&invoice);
            // The object has no id: there is nothing yet.
            if let Some(members) = shown.as_object_mut() {
                members.remove("id");
            }
            self.emit("invoice.upcoming", shown, at);
        }
    }

    /// Says that a trial ends.
    pub(crate) fn announce_trial_end(&mut self, id: &str, at: Seconds) {
        if let Some(subscription) = self.subscriptions.find_mut(id) {
            subscription.told_trial_end = true;
        }
        self.tell_of_subscription("customer.subscription.trial_will_end", id, at);
    }

    /// The invoice of the next renewal, if there is to be one.
    pub(super) fn upcoming(&self, id: &str) -> Option<Invoice> {
        let old = self.subscriptions.find(id)?;
        let at = old.period_end();
        let ends = old.cancel_at.is_some_and(|end| end <= at) || old.cancel_at_period_end;
        if old.status.is_over() || old.status == Status::Paused {
            return None;
        }
        let lines = if ends { Vec::new() } else { self.next_period(&self.at_next_phase(old), at).1 };
        if ends && self.waiting(&old.customer, Some(id)).is_empty() {
            return None;
        }
        let draft = Draft {
            customer: old.customer.clone(),
            subscription: Some(id.to_owned()),
            reason: "upcoming",
            lines,
            period: (old.period_start(), at),
            auto_advance: true,
        };
        Some(self.drafted(draft, at))
    }

    /// An invoice that is not there yet, as previews and announcements show it.
    pub(super) fn upcoming_json(&self, invoice: &Invoice) -> Value {
        let mut invoice = invoice.clone();
        invoice.id = format!("upcoming_{}", invoice.id);
        "upcoming".clone_into(&mut invoice.billing_reason);
        let total = invoice.total();
        let balance = invoice.starting_balance;
        let moved = if total <= 0 { total } else { (-balance).min(total) };
        invoice.ending_balance = Some(balance + moved);
        self.invoice_json(&invoice)
    }

    /// Goes on with a paused subscription.
    pub(crate) fn resume(
        &mut self,
        id: &str,
        anchor_now: bool,
        prorating: Prorating,
        at: Seconds,
    ) -> Result<(), StripeError> {
        let old = self.subscriptions.get(id, "id")?.clone();
        if old.status != Status::Paused {
            return Err(StripeError::invalid(format!(
                "You can only resume a paused subscription. This subscription's status is {}.",
                old.status.as_str()
            )));
        }
        let is_due = anchor_now || old.period_end() <= at;
        if !is_due && prorating == Prorating::None {
            self.change_subscription(id, at, |subscription| {
                subscription.status = Status::Active;
                subscription.paused = None;
            });
            self.tell_of_subscription("customer.subscription.resumed", id, at);
            return Ok(());
        }
        let mut resumed = old.clone();
        resumed.billing_cycle_anchor = if anchor_now { at } else { old.billing_cycle_anchor };
        let (new, lines) = self.next_period(&resumed, at);
        let invoice = self.in_order(|book| {
            book.change_subscription(id, at, |subscription| {
                subscription.status = Status::Active;
                subscription.paused = None;
                subscription.items = new.items;
                subscription.billing_cycle_anchor = new.billing_cycle_anchor;
            });
            let draft = Draft {
                customer: old.customer.clone(),
                subscription: Some(id.to_owned()),
                reason: "subscription_update",
                lines,
                period: (at, at),
                auto_advance: true,
            };
            let invoice = book.draft(draft, at);
            book.finalize(&invoice, at);
            invoice
        });
        self.tell_of_subscription("customer.subscription.resumed", id, at);
        if !old.sends_invoices {
            self.collect(&invoice, None, at);
        }
        Ok(())
    }
}
