//! Previews: the same code as the real thing, on a copy of the book.

use crate::stripe::billing::{Change, Ending, NewSubscription};
use crate::stripe::book::Book;
use crate::stripe::clock::Seconds;
use crate::stripe::errors::{Answer, StripeError};
use crate::stripe::records::Invoice;

/// What is to be previewed.
pub(crate) enum Preview {
    /// A new subscription.
    New(Box<NewSubscription>),
    /// The next invoice of a subscription, after a change if there is one.
    Next(Option<Box<Change>>),
    /// The end of a subscription, now.
    End(Ending),
    /// An end that is set or taken back.
    EndAt(Option<Seconds>),
}

impl Book {
    /// The invoice that would come of something.
    pub(crate) fn preview(&self, subscription: Option<&str>, preview: &Preview, at: Seconds) -> Answer {
        let mut copy = self.copy();
        let last = copy.invoices.len();
        let invoice = match (preview, subscription) {
            (Preview::New(new), _) => {
                let id = copy.subscribe((**new).clone(), at)?;
                let invoice = copy.subscriptions.find(&id).and_then(|new| new.latest_invoice.clone());
                invoice.and_then(|invoice| copy.invoices.find(&invoice).cloned())
            }
            (Preview::Next(change), Some(id)) => {
                copy.subscriptions.get(id, "subscription")?;
                if let Some(change) = change {
                    copy.change_plan(id, change, at)?;
                }
                copy.newest(last).or_else(|| copy.upcoming(id))
            }
            (Preview::End(ending), Some(id)) => {
                copy.end(id, ending, "cancellation_requested", at)?;
                copy.newest(last)
            }
            (Preview::EndAt(end), Some(id)) => {
                if let Some(subscription) = copy.subscriptions.find_mut(id) {
                    subscription.cancel_at = *end;
                    subscription.cancel_at_period_end = false;
                }
                copy.upcoming(id)
            }
            (_, None) => return Err(StripeError::missing("subscription")),
        };
        let Some(mut invoice) = invoice else {
            return Err(StripeError::nothing("invoice_upcoming_none", "No upcoming invoices for customer"));
        };
        invoice.unsettle();
        Ok(copy.upcoming_json(&invoice))
    }

    /// The first invoice made since there were so many.
    fn newest(&self, last: usize) -> Option<Invoice> {
        self.invoices.iter().nth(last).cloned()
    }

    /// Everything a preview reads, and nothing it tells.
    fn copy(&self) -> Self {
        Self {
            origin: self.origin.clone(),
            products: self.products.clone(),
            prices: self.prices.clone(),
            customers: self.customers.clone(),
            tax_ids: self.tax_ids.clone(),
            payment_methods: self.payment_methods.clone(),
            test_clocks: self.test_clocks.clone(),
            subscriptions: self.subscriptions.clone(),
            schedules: self.schedules.clone(),
            invoices: self.invoices.clone(),
            invoice_items: self.invoice_items.clone(),
            ..Self::default()
        }
    }
}

impl Invoice {
    /// As it was before anybody paid it.
    fn unsettle(&mut self) {
        use crate::stripe::records::InvoiceStatus;

        self.status = InvoiceStatus::Draft;
        self.number = None;
        self.finalized_at = None;
        self.paid_at = None;
        self.amount_paid = 0;
        self.attempt_count = 0;
        self.first_attempt = None;
        self.due_date = None;
        self.auto_advance = true;
    }
}
