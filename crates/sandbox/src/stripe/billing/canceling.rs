//! The end of a subscription.

use crate::stripe::billing::Draft;
use crate::stripe::billing::proration::share;
use crate::stripe::book::Book;
use crate::stripe::clock::Seconds;
use crate::stripe::errors::StripeError;
use crate::stripe::records::{InvoiceStatus, Status};

/// How it ends.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ending {
    /// What waits for an invoice gets one.
    pub(crate) invoice_now: bool,
    /// Time that was paid for and not used is credited.
    pub(crate) prorate: bool,
    pub(crate) feedback: Option<String>,
    pub(crate) comment: Option<String>,
}

impl Book {
    /// Ends a subscription now.
    pub(crate) fn end(&mut self, id: &str, ending: &Ending, reason: &str, at: Seconds) -> Result<(), StripeError> {
        let old = self.subscriptions.get(id, "id")?.clone();
        if old.status.is_over() {
            return Err(StripeError::no_such("subscription", id, "id"));
        }
        if ending.prorate && old.status != Status::Trialing {
            let credits = old
                .items
                .iter()
                .filter_map(|item| {
                    let debit = item.debit.as_ref().filter(|debit| debit.amount > 0)?;
                    let credit = -share(debit.amount, at, debit.start, debit.end);
                    let span = (credit, at, debit.end);
                    (credit != 0).then(|| self.proration_line(&old, item, span, debit.billed.clone()))
                })
                .collect();
            self.keep_for_later(&old.customer, credits, at);
        }
        let waits = !self.waiting(&old.customer, Some(id)).is_empty();
        if ending.invoice_now && waits {
            let draft = Draft {
                customer: old.customer.clone(),
                subscription: Some(id.to_owned()),
                reason: "subscription_update",
                lines: Vec::new(),
                period: (old.period_start(), at),
                auto_advance: true,
            };
            let invoice = self.draft(draft, at);
            self.finalize(&invoice, at);
            if !old.sends_invoices {
                self.collect(&invoice, None, at);
            }
        } else if !ending.prorate {
            self.drop_prorations(id);
        }
        self.close(id, reason, ending, at);
        Ok(())
    }

    /// Ends a subscription whose retries are used up.
    pub(super) fn end_for_failed_payment(&mut self, id: &str, at: Seconds) {
        self.drop_prorations(id);
        self.close(id, "payment_failed", &Ending::default(), at);
    }

    /// Ends a subscription whose time has come; prorations that wait get their invoice.
    pub(crate) fn end_as_scheduled(&mut self, id: &str, at: Seconds) {
        let Some(old) = self.subscriptions.find(id) else {
            return;
        };
        let mut ending = Ending { feedback: old.feedback.clone(), comment: old.comment.clone(), ..Ending::default() };
        ending.invoice_now = !self.waiting(&old.customer, Some(id)).is_empty();
        // It was there a moment ago, and not over: nothing to refuse.
        let _ = self.end(id, &ending, "cancellation_requested", at);
    }

    fn close(&mut self, id: &str, reason: &str, ending: &Ending, at: Seconds) {
        let mut schedule = None;
        if let Some(subscription) = self.subscriptions.find_mut(id) {
            subscription.status = Status::Canceled;
            subscription.canceled_at.get_or_insert(at);
            subscription.ended_at = Some(at);
            subscription.reason = Some(reason.to_owned());
            subscription.feedback = ending.feedback.clone().or(subscription.feedback.take());
            subscription.comment = ending.comment.clone().or(subscription.comment.take());
            subscription.pending_update = None;
            subscription.paused = None;
            schedule = subscription.schedule.take();
        }
        // What is open stays open, and nobody collects it any more.
        let open: Vec<_> = self
            .invoices
            .iter()
            .filter(|invoice| invoice.subscription.as_deref() == Some(id))
            .filter(|invoice| matches!(invoice.status, InvoiceStatus::Open | InvoiceStatus::Draft))
            .map(|invoice| invoice.id.clone())
            .collect();
        for invoice in open {
            self.change_invoice(&invoice, at, |invoice| {
                invoice.auto_advance = false;
                invoice.finalizes_at = None;
                invoice.next_payment_attempt = None;
            });
        }
        if let Some(schedule) = schedule {
            self.cancel_schedule(&schedule, at);
        }
        self.tell_of_subscription("customer.subscription.deleted", id, at);
    }

    /// Forgets prorations nobody will bill.
    fn drop_prorations(&mut self, id: &str) {
        self.invoice_items.retain(|item| {
            !(item.invoice.is_none() && item.line.proration && item.line.subscription.as_deref() == Some(id))
        });
    }

    /// The first invoice was not paid in time.
    pub(crate) fn expire_incomplete(&mut self, id: &str, at: Seconds) {
        let invoice = self.subscriptions.find(id).and_then(|subscription| subscription.latest_invoice.clone());
        if let Some(invoice) = invoice {
            // An open invoice can be voided, and it is open: its subscription is incomplete.
            let _ = self.void(&invoice, at);
        }
        self.change_subscription(id, at, |subscription| {
            subscription.status = Status::IncompleteExpired;
            subscription.ended_at = Some(at);
        });
    }
}
