//! What will change of a subscription by itself.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second;
use serde::Deserialize;

use super::{Expandable, Price, or_default};
use crate::words::words;

words! {
    /// What a schedule is at this moment.
    ScheduleStatus {
        /// Has not begun.
        NotStarted = "not_started",
        /// Runs.
        Active = "active",
        /// Has run.
        Completed = "completed",
        /// Let go: the subscription lives on without it.
        Released = "released",
        /// Ended together with its subscription.
        Canceled = "canceled",
    }
}

words! {
    /// What becomes of the subscription after the last phase.
    ScheduleEnd {
        /// It lives on.
        Release = "release",
        /// It ends.
        Cancel = "cancel",
    }
}

/// What will change of a subscription by itself.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SubscriptionSchedule {
    /// `sub_sched_…`
    pub id: String,
    /// What it is at this moment.
    #[serde(default, deserialize_with = "or_default")]
    pub status: ScheduleStatus,
    /// `sub_…`
    #[serde(default)]
    pub subscription: Option<String>,
    /// What is; none before it begins and after it ends.
    #[serde(default)]
    pub current_phase: Option<CurrentPhase>,
    /// What was, what is, and what will be.
    #[serde(default, deserialize_with = "or_default")]
    pub phases: Vec<SchedulePhase>,
    /// What becomes of the subscription afterwards.
    #[serde(default, deserialize_with = "or_default")]
    pub end_behavior: ScheduleEnd,
}

/// When the phase began that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct CurrentPhase {
    /// Then.
    #[serde(with = "second::required")]
    pub start_date: Timestamp,
}

/// A stretch of time in which nothing changes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SchedulePhase {
    /// From then.
    #[serde(with = "second::required")]
    pub start_date: Timestamp,
    /// Until then.
    #[serde(default, with = "second::optional")]
    pub end_date: Option<Timestamp>,
    /// What is subscribed to.
    #[serde(default, deserialize_with = "or_default")]
    pub items: Vec<SchedulePhaseItem>,
}

/// One thing subscribed to in a phase.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SchedulePhaseItem {
    /// What it costs.
    pub price: Expandable<Price>,
    /// How many.
    #[serde(default)]
    pub quantity: Option<u64>,
}

impl SubscriptionSchedule {
    /// The next change: the first phase after the one that is, by Stripe's own clock.
    #[must_use]
    pub fn next_phase(&self) -> Option<&SchedulePhase> {
        let current = self.current_phase.map(|phase| phase.start_date);
        let to_come = self.phases.iter().filter(|phase| current.is_none_or(|current| phase.start_date > current));
        to_come.min_by_key(|phase| phase.start_date)
    }
}
