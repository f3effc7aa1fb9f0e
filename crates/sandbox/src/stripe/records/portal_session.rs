//! Portal sessions: a customer's way into the portal, for a short while.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::stripe::book::Book;
use crate::stripe::clock::Seconds;
use crate::stripe::shelf::Record;

/// A session.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct PortalSession {
    pub(crate) id: String,
    pub(crate) customer: String,
    pub(crate) configuration: String,
    pub(crate) return_url: Option<String>,
    pub(crate) locale: Option<String>,
    pub(crate) flow: Option<Flow>,
    /// The unguessable part of its address.
    pub(crate) secret: String,
    pub(crate) created: Seconds,
    /// When it was looked at last, by everybody's clock.
    pub(crate) visited: Option<Seconds>,
    /// Whether what it is for is done.
    #[serde(default)]
    pub(crate) flow_done: bool,
}

/// How long its address waits for somebody to come.
const UNVISITED: Seconds = 5 * 60;
/// How long it waits for the next visit.
const IDLE: Seconds = 60 * 60;

/// The one thing a session is for.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Flow {
    /// `payment_method_update`, `subscription_cancel`, `subscription_update`, `subscription_update_confirm` or
    /// `customer_update`.
    pub(crate) kind: String,
    pub(crate) subscription: Option<String>,
    /// Item, price and quantity of a change that is to be confirmed.
    pub(crate) item: Option<(String, Option<String>, Option<i64>)>,
    /// `redirect`, `hosted_confirmation` or `portal_homepage`.
    pub(crate) after: String,
    pub(crate) after_url: Option<String>,
    pub(crate) after_message: Option<String>,
}

impl Record for PortalSession {
    const NAME: &'static str = "session";

    fn id(&self) -> &str {
        &self.id
    }
}

impl PortalSession {
    /// Whether it is too late to come, or to come back.
    pub(crate) fn is_over(&self, now: Seconds) -> bool {
        let end = self.visited.map_or(self.created + UNVISITED, |visited| visited + IDLE);
        now >= end
    }

    /// Its address, on the pages' port.
    pub(crate) fn path(&self) -> String {
        format!("/p/session/{}", self.secret)
    }

    /// What it is for, until that is done.
    pub(crate) fn open_flow(&self) -> Option<&Flow> {
        self.flow.as_ref().filter(|_| !self.flow_done)
    }
}

impl Book {
    /// As the API shows it.
    pub(crate) fn portal_session_json(&self, session: &PortalSession) -> Value {
        json!({
            "id": session.id,
            "object": "billing_portal.session",
            "configuration": session.configuration,
            "created": session.created,
            "customer": session.customer,
            "customer_account": null,
            "flow": session.flow.as_ref().map(Flow::json),
            "livemode": false,
            "locale": session.locale,
            "on_behalf_of": null,
            "return_url": session.return_url,
            "url": format!("{}{}", self.origin, session.path()),
        })
    }
}

impl Flow {
    fn json(&self) -> Value {
        let subscription = || json!({"subscription": self.subscription});
        json!({
            "after_completion": {
                "hosted_confirmation": (self.after == "hosted_confirmation")
                    .then(|| json!({"custom_message": self.after_message})),
                "redirect": (self.after == "redirect").then(|| json!({"return_url": self.after_url})),
                "type": self.after,
            },
            "customer_update": (self.kind == "customer_update").then(|| json!({})),
            "subscription_cancel": (self.kind == "subscription_cancel").then(|| json!({
                "retention": null, "subscription": self.subscription,
            })),
            "subscription_update": (self.kind == "subscription_update").then(subscription),
            "subscription_update_confirm": self.item.as_ref().map(|(id, price, quantity)| json!({
                "discounts": null,
                "items": [match quantity {
                    Some(quantity) => json!({"id": id, "price": price, "quantity": quantity}),
                    None => json!({"id": id, "price": price}),
                }],
                "subscription": self.subscription,
            })),
            "type": self.kind,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_waits_five_minutes_and_an_hour_between_visits() {
        let mut session = PortalSession {
            id: "bps_1".to_owned(),
            customer: "cus_1".to_owned(),
            configuration: "bpc_1".to_owned(),
            return_url: None,
            locale: None,
            flow: None,
            secret: "test_1".to_owned(),
            created: 1_000,
            visited: None,
            flow_done: false,
        };
        assert!(!session.is_over(1_299) && session.is_over(1_300));
        session.visited = Some(1_299);
        assert!(!session.is_over(1_299 + 3_599) && session.is_over(1_299 + 3_600));
    }
}
