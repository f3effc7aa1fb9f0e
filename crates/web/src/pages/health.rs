//! How a run goes, as a pill.

use domain::Health;
use domain::runs::{RunState, RunSummary};

/// A pill: its tone, its icon and its word.
pub(crate) struct Badge {
    pub(crate) tone: &'static str,
    pub(crate) icon: &'static str,
    pub(crate) word: &'static str,
}

impl Badge {
    pub(crate) fn of(run: &RunSummary) -> Self {
        let (tone, icon, word) = match (run.state, run.health) {
            (RunState::Completed, _) => (" pill-success", "check", "Completed"),
            (RunState::Cancelled, _) => ("", "stop", "Cancelled"),
            (RunState::InProgress, Some(Health::Problem)) => (" pill-danger", "flag", "Problem"),
            (RunState::InProgress, Some(Health::Overdue)) => (" pill-danger", "alert", "Overdue"),
            (RunState::InProgress, Some(Health::DueSoon)) => (" pill-warning", "clock", "Due soon"),
            (RunState::InProgress, _) => (" pill-success", "check", "On track"),
        };
        Self { tone, icon, word }
    }
}

/// The word for a health alone, as a filter offers it.
pub(crate) fn word(health: Health) -> &'static str {
    match health {
        Health::Problem => "Problem",
        Health::Overdue => "Overdue",
        Health::DueSoon => "Due soon",
        Health::OnTrack => "On track",
    }
}
