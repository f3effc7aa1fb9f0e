//! Events: what happened, frozen as it was shown at that moment.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::ids;
use crate::records::{Delivery, DeliveryStatus};
use crate::stripe::VERSION;
use crate::stripe::billing::Untold;
use crate::stripe::book::Book;
use crate::stripe::clock::{self, Seconds};
use crate::stripe::shelf::Record;

/// Events that are kept: all of it is written with every change.
const KEPT: usize = 1_000;

/// An event.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) created: Seconds,
    /// When it was told, by everybody's clock.
    pub(crate) told: Seconds,
    /// What it tells of, as JSON: copied and written often, and read seldom.
    object: String,
    previous: Option<String>,
    /// Id and idempotency key of the call that caused it.
    pub(crate) request: Option<(String, Option<String>)>,
    /// Endpoints it was sent to.
    pub(crate) endpoints: usize,
}

impl Record for Event {
    const NAME: &'static str = "event";

    fn id(&self) -> &str {
        &self.id
    }
}

impl Event {
    /// As the API shows it, in a version.
    pub(crate) fn json(&self, version: &str) -> Value {
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
        let mut data = json!({"object": read(&self.object)});
        if let Some(previous) = &self.previous {
            data["previous_attributes"] = read(previous);
        }
        json!({
            "id": self.id,
            "object": "event",
            "api_version": version,
            "created": self.created,
            "data": data,
            "livemode": false,
            "pending_webhooks": self.endpoints,
            "request": {
                "id": self.request.as_ref().map(|(id, _)| id),
                "idempotency_key": self.request.as_ref().and_then(|(_, key)| key.as_ref()),
            },
            "type": self.kind,
        })
    }
}

impl Book {
    /// Something happened.
    pub(crate) fn emit(&mut self, kind: &str, object: Value, at: Seconds) {
        self.emit_with(kind, object, None, at);
    }

    /// Something changed: nothing is told when it did not.
    pub(crate) fn emit_change(&mut self, kind: &str, before: &Value, after: Value, at: Seconds) {
        let previous = difference(before, &after);
        if previous.as_object().is_some_and(|members| !members.is_empty()) {
            self.emit_with(kind, after, Some(previous), at);
        }
    }

    /// Endpoints that have still to take an event.
    pub(crate) fn pending_webhooks(&self, event: &Event) -> usize {
        let waits = |delivery: &&Delivery| {
            matches!(delivery.status, DeliveryStatus::Pending | DeliveryStatus::Held)
                && delivery.event.as_ref() == Some(&event.id)
        };
        self.outbox.deliveries.iter().filter(waits).count()
    }

    /// Whether every endpoint has taken an event.
    pub(crate) fn is_taken(&self, event: &Event) -> bool {
        let mut deliveries =
            self.outbox.deliveries.iter().filter(|delivery| delivery.event.as_ref() == Some(&event.id));
        deliveries.all(|delivery| delivery.status == DeliveryStatus::Delivered)
    }

    /// Whether every endpoint has taken what was told last of an object under a name.
    pub(crate) fn has_taken(&self, kind: &str, id: &str) -> bool {
        let mut events = self.events.iter().rev().filter(|event| event.kind == kind);
        let last = events.find(|event| event.json(VERSION)["data"]["object"]["id"] == id);
        last.is_none_or(|event| self.is_taken(event))
    }

    fn emit_with(&mut self, kind: &str, object: Value, previous: Option<Value>, at: Seconds) {
        let event = Untold { kind: kind.to_owned(), object, previous, at };
        match &mut self.untold {
            Some(untold) => untold.push(event),
            None => self.tell(event),
        }
    }

    /// Keeps an event, and sends it to the endpoints that want it.
    pub(crate) fn tell(&mut self, untold: Untold) {
        if let Some(later) = &mut self.untold {
            later.push(untold);
            return;
        }
        let mut event = Event {
            id: ids::fresh("evt_"),
            kind: untold.kind,
            created: untold.at,
            told: clock::wall(),
            object: untold.object.to_string(),
            previous: untold.previous.map(|previous| previous.to_string()),
            request: self.request.clone(),
            endpoints: 0,
        };
        let wanting: Vec<_> = self.webhook_endpoints.iter().filter(|endpoint| endpoint.wants(&event.kind)).collect();
        event.endpoints = wanting.len();
        let sent: Vec<_> = wanting
            .into_iter()
            .map(|endpoint| {
                let body = event.json(endpoint.api_version.as_deref().unwrap_or(VERSION));
                (endpoint.id.clone(), body.to_string())
            })
            .collect();
        for (endpoint, body) in sent {
            self.post(&event, &endpoint, body);
        }
        self.events.put(event);
        if self.events.len() > KEPT + KEPT / 10 {
            let mut surplus = self.events.len() - KEPT;
            self.events.retain(|_| {
                let goes = surplus > 0;
                surplus -= usize::from(goes);
                !goes
            });
        }
    }
}

/// The members of the older object that the newer one has differently.
fn difference(before: &Value, after: &Value) -> Value {
    let (Some(old), Some(new)) = (before.as_object(), after.as_object()) else {
        return json!({});
    };
    let mut previous = Map::new();
    for (name, value) in old {
        let now = new.get(name).unwrap_or(&Value::Null);
        if value == now {
            continue;
        }
        let is_plain_object = |value: &Value| value.is_object() && value.get("object").is_none();
        let shown = if is_plain_object(value) && is_plain_object(now) { difference(value, now) } else { value.clone() };
        previous.insert(name.clone(), shown);
    }
    for name in new.keys().filter(|name| !old.contains_key(*name)) {
        previous.insert(name.clone(), Value::Null);
    }
    Value::Object(previous)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_told() {
        let before = json!({"a": 1, "b": {"c": 1, "d": 2}, "e": null});
        let after = json!({"a": 1, "b": {"c": 1, "d": 3}, "e": 5, "f": 6});
        assert_eq!(difference(&before, &after), json!({"b": {"d": 2}, "e": null, "f": null}));
        assert_eq!(difference(&after, &after), json!({}));
    }
}
