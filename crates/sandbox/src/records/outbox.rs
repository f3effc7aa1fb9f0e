//! What is to be sent to applications, in which order and how.

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::ids;
use crate::records::{Delivery, DeliveryStatus, WebhookMode};

/// Finished deliveries that are kept to look at and to send again.
const FINISHED_KEPT: usize = 300;
/// How far apart `shuffle` throws what happens at once.
const SCATTER: Millis = 400;

/// What is to be sent.
pub(crate) struct Message {
    /// Stripe's id of the event; Clerk's messages have only their own.
    pub(crate) event: Option<String>,
    /// Stripe's endpoint; Clerk has the one of the command line.
    pub(crate) endpoint: Option<String>,
    pub(crate) kind: String,
    pub(crate) body: String,
}

/// The messages, and what the control page has decided about them.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Outbox {
    /// Oldest first.
    pub(crate) deliveries: Vec<Delivery>,
    pub(crate) webhook_mode: WebhookMode,
    /// How much later new events are sent.
    pub(crate) webhook_delay: Millis,
    /// How many of the next events are held back, to be sent in reverse order.
    pub(crate) webhooks_to_hold: u32,
    /// How many of the next events are sent twice.
    pub(crate) webhooks_to_double: u32,
    /// Whether new events are sent in any order.
    pub(crate) webhooks_shuffled: bool,
}

impl Outbox {
    /// Puts a message on its way, or only on record when it does not go.
    pub(crate) fn put(&mut self, message: Message, goes: bool, now: Millis) {
        let status = match goes {
            false => DeliveryStatus::Dropped,
            true if self.webhooks_to_hold > 0 => DeliveryStatus::Held,
            true => DeliveryStatus::Pending,
        };
        let scatter = if self.webhooks_shuffled { rand::random_range(0..SCATTER) } else { 0 };
        let delivery = Delivery {
            id: ids::fresh("msg_"),
            event: message.event,
            endpoint: message.endpoint,
            kind: message.kind,
            body: message.body,
            created_at: now,
            attempts: 0,
            next_attempt_at: now + self.webhook_delay + scatter,
            status,
            after: None,
            last_answer: None,
            answered_at: None,
        };
        if goes && self.webhooks_to_double > 0 {
            self.webhooks_to_double -= 1;
            self.deliveries.push(Delivery { id: ids::fresh("msg_"), ..delivery.clone() });
        }
        self.deliveries.push(delivery);
        if status == DeliveryStatus::Held {
            self.webhooks_to_hold -= 1;
            if self.webhooks_to_hold == 0 {
                self.release_held(now);
            }
        }
        self.forget_finished();
    }

    fn forget_finished(&mut self) {
        let is_finished =
            |delivery: &Delivery| !matches!(delivery.status, DeliveryStatus::Pending | DeliveryStatus::Held);
        let finished = self.deliveries.iter().filter(|delivery| is_finished(delivery)).count();
        let mut surplus = finished.saturating_sub(FINISHED_KEPT);
        self.deliveries.retain(|delivery| {
            let goes = surplus > 0 && is_finished(delivery);
            surplus -= usize::from(goes);
            !goes
        });
    }

    /// Lets go of what is held back: the newest first, each after the one before it has been tried.
    pub(crate) fn release_held(&mut self, now: Millis) {
        self.webhooks_to_hold = 0;
        let at = now + self.webhook_delay;
        let mut after = None;
        for delivery in self.deliveries.iter_mut().rev().filter(|delivery| delivery.status == DeliveryStatus::Held) {
            delivery.status = DeliveryStatus::Pending;
            delivery.next_attempt_at = at;
            delivery.after = after.replace(delivery.id.clone());
        }
    }

    /// Whether a message waits for another one's first attempt.
    pub(crate) fn is_behind(&self, delivery: &Delivery) -> bool {
        delivery.after.as_ref().is_some_and(|after| {
            self.deliveries
                .iter()
                .any(|other| other.id == *after && other.status == DeliveryStatus::Pending && other.attempts == 0)
        })
    }

    /// Sends the same message again, under the same id. False when it is not known.
    pub(crate) fn resend(&mut self, id: &str, now: Millis) -> bool {
        let Some(delivery) = self.deliveries.iter_mut().find(|delivery| delivery.id == id) else {
            return false;
        };
        delivery.status = DeliveryStatus::Pending;
        delivery.attempts = 0;
        delivery.next_attempt_at = now;
        true
    }

    /// Sends the same content as a new message, under an id of its own. `None` when the message is not known.
    pub(crate) fn duplicate(&mut self, id: &str, now: Millis) -> Option<String> {
        let mut copy = self.deliveries.iter().find(|delivery| delivery.id == id)?.clone();
        copy.id = ids::fresh("msg_");
        copy.status = DeliveryStatus::Pending;
        copy.attempts = 0;
        copy.created_at = now;
        copy.next_attempt_at = now;
        copy.last_answer = None;
        copy.answered_at = None;
        copy.after = None;
        let id = copy.id.clone();
        self.deliveries.push(copy);
        Some(id)
    }
}
