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
}

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
            "url": format!("{}/p/session/{}", self.origin, session.secret),
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
