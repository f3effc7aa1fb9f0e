//! Stripe's part of the control page.

use crate::mailbox::moment;
use crate::records::{Delivery, DeliveryStatus, WebhookMode};
use crate::stripe::Book;

/// Customers and deliveries that are shown.
const SHOWN: usize = 40;

/// What is shown of Stripe.
pub(in crate::control) struct Section {
    pub(in crate::control) mode: &'static str,
    pub(in crate::control) pending: usize,
    pub(in crate::control) retry_days: String,
    pub(in crate::control) customers: Vec<CustomerRow>,
    pub(in crate::control) deliveries: Vec<DeliveryRow>,
}

/// One customer.
pub(in crate::control) struct CustomerRow {
    pub(in crate::control) id: String,
    pub(in crate::control) name: String,
    pub(in crate::control) now: String,
    pub(in crate::control) subscriptions: String,
    /// Whether the customer's time can be moved here.
    pub(in crate::control) is_free: bool,
}

/// One message.
pub(in crate::control) struct DeliveryRow {
    pub(in crate::control) id: String,
    pub(in crate::control) at: String,
    pub(in crate::control) kind: String,
    pub(in crate::control) status: &'static str,
    pub(in crate::control) last_answer: String,
}

impl Section {
    /// Of the book as it is.
    pub(in crate::control) fn of(book: &Book) -> Self {
        let customers = book.customers.iter().rev().filter(|customer| !customer.deleted).take(SHOWN);
        let subscriptions = |customer: &str| {
            let theirs = book.subscriptions.iter().filter(|subscription| subscription.customer == customer);
            theirs.map(|subscription| subscription.status.as_str()).collect::<Vec<_>>().join(", ")
        };
        Self {
            mode: match book.outbox.webhook_mode {
                WebhookMode::Deliver => "They are delivered.",
                WebhookMode::Pause => "They are paused and wait.",
                WebhookMode::Drop => "New events are lost.",
            },
            pending: book.outbox.deliveries.iter().filter(|one| one.status == DeliveryStatus::Pending).count(),
            retry_days: book.dunning.days.iter().map(i64::to_string).collect::<Vec<_>>().join(","),
            customers: customers
                .map(|customer| CustomerRow {
                    id: customer.id.clone(),
                    name: customer.name.clone().unwrap_or_default(),
                    now: moment(book.time_of(&customer.id) * crate::clock::SECOND),
                    subscriptions: subscriptions(&customer.id),
                    is_free: customer.test_clock.is_none(),
                })
                .collect(),
            deliveries: book.outbox.deliveries.iter().rev().take(SHOWN).map(DeliveryRow::of).collect(),
        }
    }
}

impl DeliveryRow {
    fn of(delivery: &Delivery) -> Self {
        Self {
            id: delivery.id.clone(),
            at: moment(delivery.created_at),
            kind: delivery.kind.clone(),
            status: delivery.status.words(),
            last_answer: delivery.last_answer.clone().unwrap_or_default(),
        }
    }
}
