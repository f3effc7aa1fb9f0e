//! How many calls are made: four fifths of what Clerk allows an instance, so that others who use the same key have room.
//!
//! Limits: 1000 calls in 10 s for a production instance, 100 for a development one (Clerk's documentation).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::error::Error;
use crate::keys::InstanceType;

/// Somebody waits for a page: longer than this they would rather be told.
const INTERACTIVE_PATIENCE: Duration = Duration::from_secs(2);
/// Nobody waits.
const BACKGROUND_PATIENCE: Duration = Duration::from_secs(120);

/// Whether somebody waits for the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Urgency {
    Interactive,
    /// Leaves half of the budget to the others.
    Background,
}

impl Urgency {
    /// Whether there is time to try what nobody answers.
    pub(super) fn may_wait(self) -> bool {
        self == Self::Background
    }

    /// Clerk may ask for more patience than this.
    pub(super) fn longest_wait(self) -> Duration {
        Duration::from_secs(match self {
            Self::Interactive => 1,
            Self::Background => 30,
        })
    }
}

/// A bucket that fills evenly and holds what may be spent at once.
#[derive(Debug)]
pub(super) struct Budget {
    capacity: f64,
    a_second: f64,
    left: Mutex<(f64, Instant)>,
}

impl Budget {
    /// `allowed` calls in ten seconds, or as many as Clerk allows such an instance.
    pub(super) fn of(instance: InstanceType, allowed: Option<u32>) -> Self {
        let allowed = allowed.unwrap_or(match instance {
            InstanceType::Production => 1000,
            InstanceType::Development => 100,
        });
        let capacity = f64::from(allowed) * 0.8;
        Self { capacity, a_second: capacity / 10.0, left: Mutex::new((capacity, Instant::now())) }
    }

    /// Takes one call out of the budget, waiting for it within reason.
    ///
    /// # Errors
    /// [`Error::RateLimited`], by ourselves, where the wait would be too long.
    pub(super) async fn spend(&self, urgency: Urgency) -> Result<(), Error> {
        let patience = match urgency {
            Urgency::Interactive => INTERACTIVE_PATIENCE,
            Urgency::Background => BACKGROUND_PATIENCE,
        };
        let begun = Instant::now();
        loop {
            let Some(wait) = self.take(urgency) else { return Ok(()) };
            if begun.elapsed() + wait > patience {
                return Err(Error::RateLimited { retry_after: wait });
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// `None` when a call was taken; else how long until there may be one.
    fn take(&self, urgency: Urgency) -> Option<Duration> {
        let kept = match urgency {
            Urgency::Interactive => 0.0,
            Urgency::Background => self.capacity / 2.0,
        };
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let filled = left.0 + now.duration_since(left.1).as_secs_f64() * self.a_second;
        *left = (filled.min(self.capacity), now);
        if left.0 >= kept + 1.0 {
            left.0 -= 1.0;
            return None;
        }
        Some(Duration::from_secs_f64((kept + 1.0 - left.0) / self.a_second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn four_fifths_of_what_clerk_allows_is_spent_and_no_more() {
        let budget = Budget::of(InstanceType::Development, None);
        let begun = Instant::now();
        for _ in 0..100 {
            budget.spend(Urgency::Background).await.unwrap();
        }
        let took = begun.elapsed().as_secs_f64();
        assert!((7.4..7.7).contains(&took), "40 at once, 60 at eight a second: {took}");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_for_a_page_comes_before_the_reconciler_and_is_told_soon() {
        let budget = Budget::of(InstanceType::Development, None);
        for _ in 0..40 {
            assert_eq!(budget.take(Urgency::Background), None);
        }
        assert!(budget.take(Urgency::Background).is_some(), "half is kept for others");
        for _ in 0..40 {
            budget.spend(Urgency::Interactive).await.unwrap();
        }
        for _ in 0..10 {
            budget.spend(Urgency::Interactive).await.unwrap();
        }
        let crowd: Vec<_> = (0..40).map(|_| budget.spend(Urgency::Interactive)).collect();
        let answers = futures_util::future::join_all(crowd).await;
        let refused = answers.iter().filter(|answer| matches!(answer, Err(Error::RateLimited { .. }))).count();
        assert!(refused > 0 && refused < 40, "{refused} of 40 were told to come back");
    }
}
