//! Ways into the customer portal.

use serde::{Serialize, Serializer};
use serde_json::json;

use super::Stripe;
use crate::error::Error;
use crate::form::pairs;
use crate::idempotency::Idempotency;
use crate::types::PortalSession;

/// A way in to be made.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewPortalSession {
    /// `cus_…`
    pub customer: String,
    /// `bpc_…`: what is offered.
    pub configuration: Option<String>,
    /// Where to go back to.
    pub return_url: Option<String>,
    /// The portal's language.
    pub locale: Option<String>,
    /// One thing to be done there, and no other.
    pub flow_data: Option<FlowData>,
}

/// One thing to be done in the portal.
#[derive(Debug, Clone)]
pub struct FlowData {
    /// What.
    pub flow: Flow,
    /// What comes after it; none is the portal's first page.
    pub after_completion: Option<AfterCompletion>,
}

/// What can be done in the portal.
#[derive(Debug, Clone)]
pub enum Flow {
    /// Another card.
    PaymentMethodUpdate,
    /// Another name or address.
    CustomerUpdate,
    /// Leaving.
    SubscriptionCancel {
        /// `sub_…`
        subscription: String,
    },
    /// Choosing something else.
    SubscriptionUpdate {
        /// `sub_…`
        subscription: String,
    },
    /// Agreeing to what was chosen with us.
    SubscriptionUpdateConfirm {
        /// `sub_…`
        subscription: String,
        /// `si_…`
        item: String,
        /// `price_…`
        price: String,
        /// How many.
        quantity: u64,
    },
}

/// What comes after a flow.
#[derive(Debug, Clone)]
pub enum AfterCompletion {
    /// Back to us.
    Redirect {
        /// Where to.
        return_url: String,
    },
    /// A page that says that it is done.
    HostedConfirmation {
        /// What it says.
        custom_message: Option<String>,
    },
    /// The portal's first page.
    PortalHomepage,
}

impl Serialize for FlowData {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut data = match &self.flow {
            Flow::PaymentMethodUpdate => json!({ "type": "payment_method_update" }),
            Flow::CustomerUpdate => json!({ "type": "customer_update" }),
            Flow::SubscriptionCancel { subscription } => {
                json!({ "type": "subscription_cancel", "subscription_cancel": { "subscription": subscription } })
            }
            Flow::SubscriptionUpdate { subscription } => {
                json!({ "type": "subscription_update", "subscription_update": { "subscription": subscription } })
            }
            Flow::SubscriptionUpdateConfirm { subscription, item, price, quantity } => json!({
                "type": "subscription_update_confirm",
                "subscription_update_confirm": {
                    "subscription": subscription,
                    "items": [{ "id": item, "price": price, "quantity": quantity }],
                },
            }),
        };
        if let Some(after) = &self.after_completion {
            data["after_completion"] = match after {
                AfterCompletion::Redirect { return_url } => {
                    json!({ "type": "redirect", "redirect": { "return_url": return_url } })
                }
                AfterCompletion::HostedConfirmation { custom_message } => {
                    json!({ "type": "hosted_confirmation", "hosted_confirmation": { "custom_message": custom_message } })
                }
                AfterCompletion::PortalHomepage => json!({ "type": "portal_homepage" }),
            };
        }
        data.serialize(serializer)
    }
}

impl Stripe {
    /// Makes a way in; send the browser to its `url` at once. Every visit needs a new one, so the key is a
    /// [`Idempotency::fresh`] one.
    ///
    /// # Errors
    /// [`Error::is_missing`] when there is no such customer or portal.
    pub async fn create_portal_session(
        &self,
        key: &Idempotency,
        new: &NewPortalSession,
    ) -> Result<PortalSession, Error> {
        self.post(&["billing_portal", "sessions"], key, pairs(new)).await
    }
}
