//! What a customer pays with.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second;
use serde::Deserialize;

use super::or_default;

/// What a customer pays with.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct PaymentMethod {
    /// `pm_…`
    pub id: String,
    /// `card`, `sepa_debit`, … (`type` on the wire).
    #[serde(default, rename = "type", deserialize_with = "or_default")]
    pub kind: String,
    /// The card, where it is one.
    #[serde(default)]
    pub card: Option<Card>,
    /// Made at.
    #[serde(default, with = "second::optional")]
    pub created: Option<Timestamp>,
}

/// What may be shown of a card.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Card {
    /// `visa`, …
    #[serde(default, deserialize_with = "or_default")]
    pub brand: String,
    /// The last four digits.
    #[serde(default, deserialize_with = "or_default")]
    pub last4: String,
    /// 1 to 12: good to the end of this month.
    #[serde(default, deserialize_with = "or_default")]
    pub exp_month: u8,
    /// Four digits.
    #[serde(default, deserialize_with = "or_default")]
    pub exp_year: i16,
}
