//! Which part of a list.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second;
use serde::Serialize;

/// Which part of a list; the newest come first.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Paging {
    /// 1 to 100; Stripe's default is 10.
    pub limit: Option<u32>,
    /// Those after this one (an id): older ones.
    pub starting_after: Option<String>,
    /// Those before this one (an id): newer ones.
    pub ending_before: Option<String>,
}

/// When something was made; bounds that are not given do not bound.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Created {
    /// Then or later.
    #[serde(with = "second::optional")]
    pub gte: Option<Timestamp>,
    /// Before then.
    #[serde(with = "second::optional")]
    pub lt: Option<Timestamp>,
}
