//! Portal configurations: what customers may do by themselves.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::stripe::clock::Seconds;
use crate::stripe::form::Metadata;
use crate::stripe::shelf::Record;

/// A configuration.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct PortalConfiguration {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) active: bool,
    pub(crate) is_default: bool,
    pub(crate) headline: Option<String>,
    pub(crate) privacy_policy_url: Option<String>,
    pub(crate) terms_of_service_url: Option<String>,
    pub(crate) default_return_url: Option<String>,
    pub(crate) features: Features,
    pub(crate) metadata: Metadata,
    pub(crate) created: Seconds,
    pub(crate) updated: Seconds,
}

/// What is offered.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Features {
    /// What may be changed of the customer: `address`, `email`, `name`, `phone`, `shipping`, `tax_id`.
    pub(crate) customer_update: Option<Vec<String>>,
    pub(crate) invoice_history: bool,
    pub(crate) payment_method_update: bool,
    pub(crate) subscription_cancel: SubscriptionCancel,
    pub(crate) subscription_update: SubscriptionUpdate,
}

/// How subscriptions are cancelled.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct SubscriptionCancel {
    pub(crate) enabled: bool,
    pub(crate) immediately: bool,
    pub(crate) prorates: bool,
    /// The reasons that are offered, when one is asked for.
    pub(crate) reasons: Option<Vec<String>>,
}

/// How subscriptions are changed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct SubscriptionUpdate {
    pub(crate) enabled: bool,
    /// `price`, `quantity`, `promotion_code`.
    pub(crate) allowed: Vec<String>,
    pub(crate) products: Vec<PortalProduct>,
    pub(crate) proration_behavior: String,
    /// When a change waits for the end of the period: `decreasing_item_amount`, `shortening_interval`.
    pub(crate) schedule_conditions: Vec<String>,
    /// Whether periods begin anew.
    pub(crate) anchor_now: bool,
    pub(crate) ends_trial: bool,
}

impl Default for SubscriptionUpdate {
    fn default() -> Self {
        Self {
            enabled: false,
            allowed: Vec::new(),
            products: Vec::new(),
            proration_behavior: "none".to_owned(),
            schedule_conditions: Vec::new(),
            anchor_now: false,
            ends_trial: false,
        }
    }
}

/// A product customers may change to.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct PortalProduct {
    pub(crate) product: String,
    pub(crate) prices: Vec<String>,
    /// The least and the most of an adjustable quantity.
    pub(crate) quantity: Option<(i64, Option<i64>)>,
}

impl Record for PortalConfiguration {
    const NAME: &'static str = "configuration";

    fn id(&self) -> &str {
        &self.id
    }
}

impl PortalConfiguration {
    /// As the API shows it.
    pub(crate) fn json(&self) -> Value {
        let features = &self.features;
        let (cancel, update) = (&features.subscription_cancel, &features.subscription_update);
        json!({
            "id": self.id,
            "object": "billing_portal.configuration",
            "active": self.active,
            "application": null,
            "business_profile": {
                "headline": self.headline,
                "privacy_policy_url": self.privacy_policy_url,
                "terms_of_service_url": self.terms_of_service_url,
            },
            "created": self.created,
            "default_return_url": self.default_return_url,
            "features": {
                "customer_update": {
                    "allowed_updates": features.customer_update.clone().unwrap_or_default(),
                    "enabled": features.customer_update.is_some(),
                },
                "invoice_history": {"enabled": features.invoice_history},
                "payment_method_update": {
                    "enabled": features.payment_method_update, "payment_method_configuration": null,
                },
                "subscription_cancel": {
                    "cancellation_reason": {
                        "enabled": cancel.reasons.is_some(),
                        "feedback_options": [],
                        "options": cancel.reasons.clone().unwrap_or_default(),
                    },
                    "enabled": cancel.enabled,
                    "mode": if cancel.immediately { "immediately" } else { "at_period_end" },
                    "proration_behavior": if cancel.prorates { "create_prorations" } else { "none" },
                },
                "subscription_update": {
                    "billing_cycle_anchor": if update.anchor_now { "now" } else { "unchanged" },
                    "default_allowed_updates": update.allowed,
                    "enabled": update.enabled,
                    "proration_behavior": update.proration_behavior,
                    "schedule_at_period_end": {
                        "conditions": update
                            .schedule_conditions
                            .iter()
                            .map(|kind| json!({"type": kind}))
                            .collect::<Vec<_>>(),
                    },
                    "trial_update_behavior": if update.ends_trial { "end_trial" } else { "continue_trial" },
                },
            },
            "is_default": self.is_default,
            "livemode": false,
            "login_page": {"enabled": false, "url": null},
            "metadata": self.metadata,
            "name": self.name,
            "updated": self.updated,
        })
    }

    /// What customers may change to: shown to whoever asks for it.
    pub(crate) fn products_json(&self) -> Value {
        self.features.subscription_update.products.iter().map(PortalProduct::json).collect()
    }

    /// Whether customers may change to a price.
    pub(crate) fn offers(&self, price: &str) -> bool {
        let update = &self.features.subscription_update;
        update.enabled && update.products.iter().any(|product| product.prices.iter().any(|offered| offered == price))
    }
}

impl PortalProduct {
    fn json(&self) -> Value {
        json!({
            "adjustable_quantity": {
                "enabled": self.quantity.is_some(),
                "maximum": self.quantity.and_then(|(_, most)| most),
                "minimum": self.quantity.map_or(1, |(least, _)| least),
            },
            "prices": self.prices,
            "product": self.product,
        })
    }
}
