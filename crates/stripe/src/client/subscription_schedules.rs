//! What will change of a subscription by itself. We read it and let it go; the portal makes it.

use super::Stripe;
use crate::error::Error;
use crate::form::Pairs;
use crate::idempotency::Idempotency;
use crate::types::SubscriptionSchedule;

impl Stripe {
    /// One schedule.
    ///
    /// # Errors
    /// [`Error::is_missing`] when there is none.
    pub async fn get_subscription_schedule(&self, schedule_id: &str) -> Result<SubscriptionSchedule, Error> {
        self.get(&["subscription_schedules", schedule_id], &Pairs::new()).await
    }

    /// Lets a schedule go: the subscription stays as it is.
    ///
    /// # Errors
    /// [`Error::Api`] when it has run or was let go before.
    pub async fn release_subscription_schedule(
        &self,
        schedule_id: &str,
        key: &Idempotency,
    ) -> Result<SubscriptionSchedule, Error> {
        self.post(&["subscription_schedules", schedule_id, "release"], key, Ok(Pairs::new())).await
    }
}
