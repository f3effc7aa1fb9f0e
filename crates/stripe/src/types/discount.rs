//! Something off the price.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second;
use serde::Deserialize;

/// Something off the price.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Discount {
    /// `di_…`
    pub id: String,
    /// Until then; none is as long as there is a subscription, or once.
    #[serde(default, with = "second::optional")]
    pub end: Option<Timestamp>,
}
