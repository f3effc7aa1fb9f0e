//! How a run goes.

use jiff::{Timestamp, ToSpan as _};

/// How a run in progress goes; the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Somebody reported a problem that nobody solved.
    Problem,
    /// A step should have been done by now.
    Overdue,
    /// A step is due within a day.
    DueSoon,
    /// None of these.
    OnTrack,
}

impl Health {
    /// The gravest first.
    pub const ALL: [Self; 4] = [Self::Problem, Self::Overdue, Self::DueSoon, Self::OnTrack];

    /// Of a run whose soonest open step is due then.
    pub fn of(problem: bool, next_due: Option<Timestamp>, now: Timestamp) -> Self {
        let soon = now + 24.hours();
        match next_due {
            _ if problem => Self::Problem,
            Some(due) if due < now => Self::Overdue,
            Some(due) if due < soon => Self::DueSoon,
            _ => Self::OnTrack,
        }
    }

    /// As written in addresses and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Problem => "problem",
            Self::Overdue => "overdue",
            Self::DueSoon => "due_soon",
            Self::OnTrack => "on_track",
        }
    }

    /// From its written form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|health| health.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_is_told() {
        let at = |hours: i64| Timestamp::from_second(1_800_000_000 + hours * 3600).unwrap();
        for (problem, due, expected) in [
            (true, Some(-1), Health::Problem),
            (false, Some(-1), Health::Overdue),
            (false, Some(0), Health::DueSoon),
            (false, Some(23), Health::DueSoon),
            (false, Some(24), Health::OnTrack),
            (false, None, Health::OnTrack),
        ] {
            assert_eq!(Health::of(problem, due.map(at), at(0)), expected, "{problem} {due:?}");
        }
    }
}
