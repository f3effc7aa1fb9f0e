//! What time a report is about, in weeks or months of the organisation's calendar.

use jiff::Timestamp;

use crate::entitlements::Terms;
use crate::{FieldErrors, Result};

/// What may be chosen. The last week or month is the one that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Period {
    /// Four weeks.
    Weeks4,
    /// Twelve weeks.
    #[default]
    Weeks12,
    /// Twelve months.
    Months12,
}

impl Period {
    /// The shortest first.
    pub const ALL: [Self; 3] = [Self::Weeks4, Self::Weeks12, Self::Months12];

    /// As written in addresses and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Weeks4 => "4-weeks",
            Self::Weeks12 => "12-weeks",
            Self::Months12 => "12-months",
        }
    }

    /// From its written form. Field `period`.
    pub fn parse(text: &str) -> Result<Self, FieldErrors> {
        let wrong = || FieldErrors::one("period", "Choose 4-weeks, 12-weeks or 12-months.");
        Self::ALL.into_iter().find(|period| period.as_str() == text).ok_or_else(wrong)
    }

    /// As people say it: `12 weeks`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Weeks4 => "4 weeks",
            Self::Weeks12 => "12 weeks",
            Self::Months12 => "12 months",
        }
    }

    /// `week` or `month`: into these it is cut.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Weeks4 | Self::Weeks12 => "week",
            Self::Months12 => "month",
        }
    }

    /// How many of them.
    pub(super) fn units(self) -> i32 {
        match self {
            Self::Weeks4 => 4,
            Self::Weeks12 | Self::Months12 => 12,
        }
    }

    /// How far back it reaches, at most.
    fn days(self) -> u32 {
        match self {
            Self::Weeks4 => 28,
            Self::Weeks12 => 84,
            Self::Months12 => 365,
        }
    }

    /// `LimitReached` where the plan does not reach back that far.
    pub fn allowed(self, terms: Terms) -> Result<()> {
        terms.looks_back(self.days())
    }

    /// Whether the plan reaches back as far again: only then it is compared with the time before.
    pub fn is_compared(self, terms: Terms) -> bool {
        terms.looks_back(2 * self.days()).is_ok()
    }

    /// The longest that the plan allows.
    pub fn longest(terms: Terms) -> Self {
        Self::ALL.into_iter().rev().find(|period| period.allowed(terms).is_ok()).unwrap_or(Self::Weeks4)
    }
}

impl serde::Serialize for Period {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The moments of a period, as they were when the report was made.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Frame {
    /// When it begins.
    pub from: Timestamp,
    /// When the report was made, which is where it ends.
    pub until: Timestamp,
    /// When each week or month begins.
    #[serde(skip)]
    pub(super) edges: Vec<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Plan;
    use crate::standing::Standing;

    #[test]
    fn the_plan_says_how_far_back() {
        let terms = |plan| Terms { plan: Plan::parse(plan).unwrap(), standing: Standing::Full };
        for (plan, allowed, compared) in [
            ("free", [true, false, false], [false, false, false]),
            ("team", [true, true, true], [true, true, false]),
            ("business", [true, true, true], [true, true, true]),
        ] {
            assert_eq!(Period::ALL.map(|period| period.allowed(terms(plan)).is_ok()), allowed, "{plan}");
            assert_eq!(Period::ALL.map(|period| period.is_compared(terms(plan))), compared, "{plan}");
        }
        assert_eq!(Period::longest(terms("free")), Period::Weeks4);
        assert_eq!(Period::longest(terms("team")), Period::Months12);
    }

    #[test]
    fn a_period_is_written_as_it_is_read() {
        for period in Period::ALL {
            assert_eq!(Period::parse(period.as_str()).unwrap(), period);
        }
        assert_eq!(Period::parse("13-weeks").unwrap_err().0[0].0, "period");
    }
}
