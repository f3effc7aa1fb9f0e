//! What it costs, and how often.

use serde::Deserialize;

use super::{Expandable, Metadata, Product, or_default};
use crate::money::{Currency, Money};
use crate::words::words;

words! {
    /// How often.
    Interval {
        /// Every so many days.
        Day = "day",
        /// Every so many weeks.
        Week = "week",
        /// Every so many months.
        Month = "month",
        /// Every so many years.
        Year = "year",
    }
}

words! {
    /// What is counted.
    UsageType {
        /// What was ordered.
        Licensed = "licensed",
        /// What was used.
        Metered = "metered",
    }
}

words! {
    /// How the amount comes about.
    BillingScheme {
        /// So much each.
        PerUnit = "per_unit",
        /// By steps.
        Tiered = "tiered",
    }
}

words! {
    /// Whether it is paid once.
    PriceKind {
        /// Once.
        OneTime = "one_time",
        /// Again and again.
        Recurring = "recurring",
    }
}

/// What a product costs. The amount never changes: another amount is another price.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Price {
    /// `price_…`
    pub id: String,
    /// Whether it may be bought.
    #[serde(default, deserialize_with = "or_default")]
    pub active: bool,
    /// The name to buy it by. A price that another one took the name from has none, and may still be paid.
    #[serde(default)]
    pub lookup_key: Option<String>,
    /// In the smallest unit; none when it is finer than that or comes in steps.
    #[serde(default)]
    pub unit_amount: Option<i64>,
    /// The same as text, perhaps finer.
    #[serde(default)]
    pub unit_amount_decimal: Option<String>,
    /// Of what.
    pub currency: Currency,
    /// How often, unless once.
    #[serde(default)]
    pub recurring: Option<Recurring>,
    /// How the amount comes about.
    #[serde(default, deserialize_with = "or_default")]
    pub billing_scheme: BillingScheme,
    /// Whether it is paid once (`type` on the wire).
    #[serde(default, rename = "type", deserialize_with = "or_default")]
    pub kind: PriceKind,
    /// Of what.
    pub product: Expandable<Product>,
    /// What only we read.
    #[serde(default)]
    pub nickname: Option<String>,
    /// Ours.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
}

/// How often a price is paid.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Recurring {
    /// The unit.
    pub interval: Interval,
    /// How many of it.
    #[serde(default = "one")]
    pub interval_count: u32,
    /// What is counted.
    #[serde(default, deserialize_with = "or_default")]
    pub usage_type: UsageType,
}

fn one() -> u32 {
    1
}

impl Price {
    /// The amount, when it is a whole number of the smallest unit.
    #[must_use]
    pub fn amount(&self) -> Option<Money> {
        Some(Money::new(self.unit_amount?, self.currency))
    }
}
