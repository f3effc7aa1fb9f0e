//! Prices: what a product costs, and how often.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::stripe::clock::{Rhythm, Seconds};
use crate::stripe::form::Metadata;
use crate::stripe::shelf::Record;

/// A price.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Price {
    pub(crate) id: String,
    pub(crate) active: bool,
    pub(crate) product: String,
    pub(crate) currency: String,
    pub(crate) unit_amount: i64,
    /// Of a price that is due once there is none.
    pub(crate) recurring: Option<Recurring>,
    pub(crate) lookup_key: Option<String>,
    pub(crate) nickname: Option<String>,
    pub(crate) tax_behavior: String,
    pub(crate) currency_options: BTreeMap<String, i64>,
    pub(crate) metadata: Metadata,
    pub(crate) created: Seconds,
}

/// How often it is due.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub(crate) struct Recurring {
    pub(crate) rhythm: Rhythm,
    pub(crate) trial_period_days: Option<i64>,
}

impl Record for Price {
    const NAME: &'static str = "price";

    fn id(&self) -> &str {
        &self.id
    }
}

impl Price {
    /// The rhythm of a recurring price. One that is due once counts as monthly; no subscription has one.
    pub(crate) fn rhythm(&self) -> Rhythm {
        self.recurring
            .map_or(Rhythm { interval: crate::stripe::clock::Interval::Month, count: 1 }, |recurring| recurring.rhythm)
    }

    /// What it costs in a currency, if it is sold in it.
    pub(crate) fn amount_in(&self, currency: &str) -> Option<i64> {
        if currency == self.currency { Some(self.unit_amount) } else { self.currency_options.get(currency).copied() }
    }

    /// As the API shows it.
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "price",
            "active": self.active,
            "billing_scheme": "per_unit",
            "created": self.created,
            "currency": self.currency,
            "custom_unit_amount": null,
            "livemode": false,
            "lookup_key": self.lookup_key,
            "metadata": self.metadata,
            "nickname": self.nickname,
            "product": self.product,
            "recurring": self.recurring.map(|recurring| json!({
                "interval": recurring.rhythm.interval,
                "interval_count": recurring.rhythm.count,
                "meter": null,
                "trial_period_days": recurring.trial_period_days,
                "usage_type": "licensed",
            })),
            "tax_behavior": self.tax_behavior,
            "tiers_mode": null,
            "transform_quantity": null,
            "type": if self.recurring.is_some() { "recurring" } else { "one_time" },
            "unit_amount": self.unit_amount,
            "unit_amount_decimal": self.unit_amount.to_string(),
        })
    }

    /// The member that is only there when it is asked for.
    pub(crate) fn currency_options_json(&self) -> Value {
        let own = std::iter::once((&self.currency, &self.unit_amount));
        let option = |amount: &i64| {
            json!({
                "custom_unit_amount": null,
                "tax_behavior": self.tax_behavior,
                "unit_amount": amount,
                "unit_amount_decimal": amount.to_string(),
            })
        };
        own.chain(&self.currency_options).map(|(currency, amount)| (currency.clone(), option(amount))).collect()
    }

    /// The same in the older form that subscription items still carry.
    pub(crate) fn plan_json(&self) -> Value {
        let rhythm = self.rhythm();
        json!({
            "id": self.id,
            "object": "plan",
            "active": self.active,
            "amount": self.unit_amount,
            "amount_decimal": self.unit_amount.to_string(),
            "billing_scheme": "per_unit",
            "created": self.created,
            "currency": self.currency,
            "interval": rhythm.interval,
            "interval_count": rhythm.count,
            "livemode": false,
            "metadata": self.metadata,
            "meter": null,
            "nickname": self.nickname,
            "product": self.product,
            "tiers_mode": null,
            "transform_usage": null,
            "trial_period_days": self.recurring.and_then(|recurring| recurring.trial_period_days),
            "usage_type": "licensed",
        })
    }
}
