//! Changes that waited for their payment: done when it has come, given up when it has not.

use crate::stripe::book::Book;
use crate::stripe::clock::Seconds;

impl Book {
    /// Does what waited for its payment.
    pub(super) fn apply_pending_update(&mut self, id: &str, at: Seconds) {
        self.change_subscription(id, at, |subscription| {
            if let Some(pending) = subscription.pending_update.take() {
                subscription.items = pending.items;
                subscription.billing_cycle_anchor =
                    pending.billing_cycle_anchor.unwrap_or(subscription.billing_cycle_anchor);
            }
        });
        self.tell_of_subscription("customer.subscription.pending_update_applied", id, at);
    }

    /// Gives up what waited too long: its invoice is void.
    pub(crate) fn expire_pending_update(&mut self, id: &str, at: Seconds) {
        let invoice = self
            .subscriptions
            .find(id)
            .and_then(|subscription| subscription.pending_update.as_ref())
            .map(|pending| pending.invoice.clone());
        self.change_subscription(id, at, |subscription| subscription.pending_update = None);
        if let Some(invoice) = invoice {
            // Paid ones have been applied: this one is open.
            let _ = self.void(&invoice, at);
        }
        self.tell_of_subscription("customer.subscription.pending_update_expired", id, at);
    }
}
