//! The order in which one action tells of its events: causes before effects.

use serde_json::Value;

use crate::stripe::book::Book;
use crate::stripe::clock::Seconds;

/// An event that is not told yet.
#[derive(Clone, Debug)]
pub(crate) struct Untold {
    pub(crate) kind: String,
    pub(crate) object: Value,
    pub(crate) previous: Option<Value>,
    pub(crate) at: Seconds,
}

/// Which comes first.
fn rank(kind: &str) -> u8 {
    match kind {
        "payment_method.attached" | "setup_intent.succeeded" | "setup_intent.created" => 0,
        _ if kind.starts_with("payment_intent.") => 1,
        _ if kind.starts_with("charge.") => 2,
        "customer.subscription.created" | "customer.subscription.updated" | "customer.subscription.resumed" => 3,
        _ if kind.starts_with("invoiceitem.") => 4,
        "invoice.created" => 5,
        "invoice.finalized" => 6,
        "invoice_payment.paid" => 7,
        "invoice.paid" => 8,
        _ if kind.starts_with("invoice.") => 9,
        "customer.subscription.deleted" => 10,
        _ => 11,
    }
}

impl Book {
    /// Does something whose events are told when it is done, in their order.
    pub(crate) fn in_order<R>(&mut self, act: impl FnOnce(&mut Self) -> R) -> R {
        let outer = self.untold.replace(Vec::new());
        let result = act(self);
        let mut events = std::mem::replace(&mut self.untold, outer).unwrap_or_default();
        events.sort_by_key(|event| rank(&event.kind));
        for event in events {
            self.tell(event);
        }
        result
    }

    /// Takes back what was not told yet of a kind.
    pub(crate) fn take_back(&mut self, kind: &str) {
        if let Some(untold) = &mut self.untold {
            untold.retain(|event| event.kind != kind);
        }
    }
}
