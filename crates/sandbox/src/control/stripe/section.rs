//! Stripe's part of the control page.

use crate::mailbox::moment;
use crate::records::{Delivery, DeliveryStatus, WebhookMode};
use crate::stripe::{Book, Mood, Status, Subscription, day};

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
    pub(in crate::control) subscriptions: Vec<SubscriptionRow>,
    /// The cards that are charged.
    pub(in crate::control) cards: String,
    /// Whether the customer's time can be moved here.
    pub(in crate::control) is_free: bool,
}

/// One subscription of a customer's.
pub(in crate::control) struct SubscriptionRow {
    pub(in crate::control) id: String,
    pub(in crate::control) plan: String,
    pub(in crate::control) status: &'static str,
    /// What comes next, in words.
    pub(in crate::control) next: String,
    pub(in crate::control) is_trial: bool,
    pub(in crate::control) is_ending: bool,
    pub(in crate::control) is_over: bool,
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
            let theirs = book.subscriptions.iter().rev().filter(|subscription| subscription.customer == customer);
            theirs.map(|subscription| SubscriptionRow::of(book, subscription)).collect()
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
                    cards: cards(book, &customer.id),
                    is_free: customer.test_clock.is_none(),
                })
                .collect(),
            deliveries: book.outbox.deliveries.iter().rev().take(SHOWN).map(DeliveryRow::of).collect(),
        }
    }
}

/// The cards that are charged, and what is the matter with them.
fn cards(book: &Book, customer: &str) -> String {
    let words = |id: &String| {
        let card = &book.payment_methods.find(id)?.card;
        let mood = match card.mood {
            Mood::Plain => "",
            Mood::FailsOnce => ", the next charge fails",
            Mood::Expired => ", expired",
        };
        Some(format!("{} {}{mood}", card.brand, card.last4()))
    };
    book.cards_in_use(customer).iter().filter_map(words).collect::<Vec<_>>().join("; ")
}

impl SubscriptionRow {
    fn of(book: &Book, subscription: &Subscription) -> Self {
        let names = subscription.items.iter().filter_map(|item| {
            let price = book.prices.find(&item.price)?;
            book.products.find(&price.product).map(|product| product.name.as_str())
        });
        let end = day(subscription.period_end());
        let is_over = subscription.status.is_over();
        let is_trial = subscription.status == Status::Trialing;
        Self {
            id: subscription.id.clone(),
            plan: names.collect::<Vec<_>>().join(", "),
            status: subscription.status.as_str(),
            next: match subscription.cancel_at {
                _ if is_over => String::new(),
                Some(at) => format!("ends {}", day(at)),
                None if is_trial => format!("trial ends {end}"),
                None => format!("renews {end}"),
            },
            is_trial,
            is_ending: subscription.is_ending(),
            is_over,
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
