//! A time of its own, for tests.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second;
use serde::Deserialize;

use super::or_default;
use crate::words::words;

words! {
    /// What a clock does at this moment.
    TestClockStatus {
        /// Stands still.
        Ready = "ready",
        /// Is on its way.
        Advancing = "advancing",
        /// Broke on its way.
        InternalFailure = "internal_failure",
    }
}

/// A time of its own, for tests.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct TestClock {
    /// `clock_…`
    pub id: String,
    /// What it does at this moment.
    #[serde(default, deserialize_with = "or_default")]
    pub status: TestClockStatus,
    /// What time it is there.
    #[serde(with = "second::required")]
    pub frozen_time: Timestamp,
    /// What only we read.
    #[serde(default)]
    pub name: Option<String>,
}
