//! Events: each change becomes one webhook message, whose body is fixed at that moment.

use serde_json::{Value, json};

use crate::clock::Millis;
use crate::ids;
use crate::records::{Delivery, DeliveryStatus, WebhookMode};
use crate::state::State;

/// Finished deliveries that are kept to look at and to send again.
const FINISHED_KEPT: usize = 300;

impl State {
    /// Records that something happened; the sender of webhooks finds it.
    pub(crate) fn emit(&mut self, kind: &str, data: Value, now: Millis) {
        let body = json!({
            "data": data,
            "event_attributes": {"http_request": {"client_ip": "127.0.0.1", "user_agent": "tenantry-sandbox"}},
            "instance_id": self.instance_id,
            "object": "event",
            "timestamp": now,
            "type": kind,
        });
        let goes =
            self.rules.has_webhook && self.webhook_mode != WebhookMode::Drop && self.endpoint.disabled_at.is_none();
        let status = match goes {
            false => DeliveryStatus::Dropped,
            true if self.webhooks_to_hold > 0 => DeliveryStatus::Held,
            true => DeliveryStatus::Pending,
        };
        self.deliveries.push(Delivery {
            id: ids::fresh("msg_"),
            kind: kind.to_owned(),
            body: body.to_string(),
            created_at: now,
            attempts: 0,
            next_attempt_at: now + self.webhook_delay,
            status,
            after: None,
            last_answer: None,
            answered_at: None,
        });
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
}

/// What events tell of something that is gone.
pub(crate) fn deleted(object: &str, id: &str) -> Value {
    json!({"object": object, "id": id, "deleted": true})
}
