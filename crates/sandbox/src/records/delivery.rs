//! Webhook messages on their way to the application.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::Millis;

/// One message and how far it got.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Delivery {
    /// `svix-id`; the same on every attempt.
    pub(crate) id: String,
    /// Stripe's id of the event.
    #[serde(default)]
    pub(crate) event: Option<String>,
    /// Stripe's endpoint it is for.
    #[serde(default)]
    pub(crate) endpoint: Option<String>,
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

impl DeliveryStatus {
    /// For people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Held => "held back",
            Self::Pending => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "given up",
            Self::Dropped => "lost",
        }
    }
}

impl Delivery {
    /// For the control page's JSON.
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "event": self.event,
            "endpoint": self.endpoint,
            "type": self.kind,
            "status": self.status,
            "attempts": self.attempts,
            "created_at": self.created_at,
            "next_attempt_at": (self.status == DeliveryStatus::Pending).then_some(self.next_attempt_at),
            "last_answer": self.last_answer,
            "body": self.body,
        })
    }
}
