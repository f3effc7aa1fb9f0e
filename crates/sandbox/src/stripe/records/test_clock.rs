//! Test clocks: a time of their own for some customers.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::stripe::clock::{DAY, Seconds};
use crate::stripe::shelf::Record;

/// How long one lives.
const LIFE: Seconds = 30 * DAY;

/// A clock.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct TestClock {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) frozen_time: Seconds,
    /// Where it is going, while it goes.
    pub(crate) target: Option<Seconds>,
    pub(crate) created: Seconds,
}

impl Record for TestClock {
    const NAME: &'static str = "testclock";

    fn id(&self) -> &str {
        &self.id
    }
}

impl TestClock {
    /// As the API shows it.
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "test_helpers.test_clock",
            "created": self.created,
            "deletes_after": self.created + LIFE,
            "frozen_time": self.frozen_time,
            "livemode": false,
            "name": self.name,
            "status": if self.target.is_some() { "advancing" } else { "ready" },
            "status_details": match self.target {
                Some(target) => json!({"advancing": {"target_frozen_time": target}}),
                None => json!({}),
            },
        })
    }
}
