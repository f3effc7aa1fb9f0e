//! Webhook messages on their way to the application.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::Millis;
use crate::ids;
use crate::state::State;

/// One message and how far it got.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Delivery {
    /// `svix-id`; the same on every attempt.
    pub(crate) id: String,
    /// Type of the event, such as `user.created`.
    pub(crate) kind: String,
    /// The bytes that are signed and sent.
    pub(crate) body: String,
    pub(crate) created_at: Millis,
    pub(crate) attempts: u32,
    /// Not before this moment; of interest while pending.
    pub(crate) next_attempt_at: Millis,
    pub(crate) status: DeliveryStatus,
    /// The message that has to be tried first, when they were put in an order.
    #[serde(default)]
    pub(crate) after: Option<String>,
    /// What the last attempt came to, for people.
    pub(crate) last_answer: Option<String>,
    /// When that was.
    #[serde(default)]
    pub(crate) answered_at: Option<Millis>,
}

/// How far a message got.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeliveryStatus {
    /// Held back, until enough others are.
    Held,
    /// Waiting for its first or next attempt.
    Pending,
    /// Answered with 2xx.
    Delivered,
    /// Given up.
    Failed,
    /// Never sent: nobody to send to, or sent into the void by the control page.
    Dropped,
}

/// What the control page has decided for webhooks.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WebhookMode {
    /// Send them.
    #[default]
    Deliver,
    /// Keep them until resumed.
    Pause,
    /// Lose every event that happens from now on.
    Drop,
}

impl Delivery {
    /// For the control page's JSON.
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "type": self.kind,
            "status": self.status,
            "attempts": self.attempts,
            "created_at": self.created_at,
            "next_attempt_at": (self.status == DeliveryStatus::Pending).then_some(self.next_attempt_at),
            "last_answer": self.last_answer,
            "answered_at": self.answered_at,
            "body": self.body,
        })
    }
}

impl State {
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
