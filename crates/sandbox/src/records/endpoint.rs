//! The application's address for webhooks: whether it takes them, and when that was given up.

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::records::DeliveryStatus;
use crate::state::State;

/// How the address has answered lately.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Endpoint {
    /// Since when nothing but failures came of it.
    failing_since: Option<Millis>,
    /// Since when nothing is sent to it any more.
    pub(crate) disabled_at: Option<Millis>,
}

impl State {
    /// Notes how the address answered. After nothing but failures for that long it is disabled, and what waits for it
    /// is given up.
    pub(crate) fn endpoint_answered(&mut self, taken: bool, patience: Option<Millis>, now: Millis) {
        if taken {
            self.endpoint.failing_since = None;
            return;
        }
        let since = *self.endpoint.failing_since.get_or_insert(now);
        if patience.is_none_or(|patience| now - since < patience) || self.endpoint.disabled_at.is_some() {
            return;
        }
        self.endpoint.disabled_at = Some(now);
        for delivery in &mut self.outbox.deliveries {
            if delivery.status == DeliveryStatus::Pending {
                delivery.status = DeliveryStatus::Failed;
            }
        }
    }

    /// Sends to the address again, from now on.
    pub(crate) fn enable_endpoint(&mut self) {
        self.endpoint = Endpoint::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_success_begins_the_patience_anew() {
        let mut state = State::default();
        for (taken, now, disabled) in [
            (false, 0, false),
            (false, 99, false),
            (true, 100, false),
            (false, 150, false),
            (false, 249, false),
            (false, 250, true),
        ] {
            state.endpoint_answered(taken, Some(100), now);
            assert_eq!(state.endpoint.disabled_at.is_some(), disabled, "{now}");
        }
        state.enable_endpoint();
        state.endpoint_answered(false, None, 0);
        state.endpoint_answered(false, None, i64::MAX);
        assert!(state.endpoint.disabled_at.is_none(), "without a limit");
    }
}
