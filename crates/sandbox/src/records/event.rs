//! Events: each change becomes one webhook message, whose body is fixed at that moment.

use serde_json::{Value, json};

use crate::clock::Millis;
use crate::records::{Message, WebhookMode};
use crate::state::State;

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
        let goes = self.rules.has_webhook
            && self.outbox.webhook_mode != WebhookMode::Drop
            && self.endpoint.disabled_at.is_none();
        let message = Message { event: None, endpoint: None, kind: kind.to_owned(), body: body.to_string() };
        self.outbox.put(message, goes, now);
    }
}

/// What events tell of something that is gone.
pub(crate) fn deleted(object: &str, id: &str) -> Value {
    json!({"object": object, "id": id, "deleted": true})
}
