//! Times of their own, for tests. There are none where money is real.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second;
use serde::Serialize;

use super::Stripe;
use crate::error::Error;
use crate::form::{Pairs, pairs};
use crate::idempotency::Idempotency;
use crate::types::{Deleted, TestClock};

/// A clock to be made.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewTestClock {
    /// What time it is there.
    #[serde(with = "second::required")]
    pub frozen_time: Timestamp,
    /// What only we read.
    pub name: Option<String>,
    /// `cus_…`, to live in it from now on.
    pub customer: Option<String>,
}

#[derive(Serialize)]
struct Advance {
    #[serde(with = "second::required")]
    frozen_time: Timestamp,
}

impl Stripe {
    /// Makes a clock.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn create_test_clock(&self, key: &Idempotency, new: &NewTestClock) -> Result<TestClock, Error> {
        self.post(&["test_helpers", "test_clocks"], key, pairs(new)).await
    }

    /// One clock.
    ///
    /// # Errors
    /// [`Error::is_missing`] when there is none.
    pub async fn get_test_clock(&self, clock_id: &str) -> Result<TestClock, Error> {
        self.get(&["test_helpers", "test_clocks", clock_id], &Pairs::new()).await
    }

    /// Sends a clock on its way; it is there when [`Self::get_test_clock`] says that it stands still.
    ///
    /// # Errors
    /// [`Error::Api`] when it is on its way, or the time is before its own or too far from it.
    pub async fn advance_test_clock(
        &self,
        clock_id: &str,
        key: &Idempotency,
        frozen_time: Timestamp,
    ) -> Result<TestClock, Error> {
        self.post(&["test_helpers", "test_clocks", clock_id, "advance"], key, pairs(&Advance { frozen_time })).await
    }

    /// Deletes a clock and the customers who live in it.
    ///
    /// # Errors
    /// [`Error::is_missing`] when there is none.
    pub async fn delete_test_clock(&self, clock_id: &str) -> Result<Deleted, Error> {
        self.delete(&["test_helpers", "test_clocks", clock_id], &Pairs::new()).await
    }
}
