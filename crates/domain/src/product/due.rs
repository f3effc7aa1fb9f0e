//! When a step is due: days after something, at the end of a working day where the organisation is.

use jiff::civil::{Date, Time, Weekday, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

use crate::FieldErrors;

/// When work of a day is due.
const END_OF_WORK: Time = time(18, 0, 0, 0);
/// Of what is begun later that day.
const END_OF_DAY: Time = time(23, 59, 0, 0);
/// Days, at most.
const MOST_DAYS: i32 = 365;

/// What the days are counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum After {
    /// The start of the run.
    Start,
    /// The step before it, once that is done.
    Step,
}

/// When a step is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// What the days are counted from.
    pub after: After,
    /// How many, 0 to 365.
    pub days: i32,
    /// Whether Saturdays and Sundays are passed over.
    pub weekdays: bool,
}

impl After {
    /// As stored and as written in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Step => "step",
        }
    }

    /// From its written form.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Start, Self::Step].into_iter().find(|after| after.as_str() == text)
    }
}

impl Due {
    /// Checked. Field `due_days`.
    pub fn new(after: After, days: i32, weekdays: bool) -> Result<Self, FieldErrors> {
        if !(0..=MOST_DAYS).contains(&days) {
            return Err(FieldErrors::one("due_days", format!("Write a number of days from 0 to {MOST_DAYS}.")));
        }
        Ok(Self { after, days, weekdays })
    }

    /// When that is, counted from a moment, in the organisation's zone.
    pub fn at(self, from: Timestamp, zone: &TimeZone) -> Timestamp {
        let from = from.to_zoned(zone.clone());
        let day = self.day(from.date());
        let time = if day == from.date() && from.time() >= END_OF_WORK { END_OF_DAY } else { END_OF_WORK };
        // A time that is skipped by a clock going forward becomes the first one after it.
        let at = day.to_datetime(time).to_zoned(zone.clone()).map_or(from.timestamp(), |at| at.timestamp());
        at.max(from.timestamp())
    }

    fn day(self, from: Date) -> Date {
        if !self.weekdays {
            return from.saturating_add(self.days.days());
        }
        // Nothing is due on a weekend: what begins there begins on Monday.
        let mut day = next_weekday(from);
        for _ in 0..self.days {
            day = next_weekday(day.saturating_add(1.day()));
        }
        day
    }
}

fn next_weekday(mut day: Date) -> Date {
    while matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
        day = day.saturating_add(1.day());
    }
    day
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_where_the_organisation_is() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        for (zone, from, days, weekdays, expected) in [
            ("Europe/Berlin", "2026-11-24T09:00:00Z", 0, false, "2026-11-24T17:00:00Z"),
            // Begun after work: by the end of the day.
            ("Europe/Berlin", "2026-11-24T18:00:00Z", 0, false, "2026-11-24T22:59:00Z"),
            ("Europe/Berlin", "2026-11-24T23:30:00Z", 0, false, "2026-11-25T17:00:00Z"),
            ("Europe/Berlin", "2026-11-26T09:00:00Z", 2, false, "2026-11-28T17:00:00Z"),
            ("Europe/Berlin", "2026-11-26T09:00:00Z", 2, true, "2026-11-30T17:00:00Z"),
            ("Europe/Berlin", "2026-11-28T09:00:00Z", 0, true, "2026-11-30T17:00:00Z"),
            ("Europe/Berlin", "2026-11-28T09:00:00Z", 1, true, "2026-12-01T17:00:00Z"),
            // Over the change of clocks, and over a leap day.
            ("Europe/Berlin", "2026-10-24T09:00:00Z", 2, false, "2026-10-26T17:00:00Z"),
            ("UTC", "2028-02-28T09:00:00Z", 1, false, "2028-02-29T18:00:00Z"),
            ("Pacific/Kiritimati", "2026-11-24T09:00:00Z", 0, false, "2026-11-24T09:59:00Z"),
        ] {
            let due = Due { after: After::Start, days, weekdays };
            assert_eq!(
                due.at(at(from), &TimeZone::get(zone).unwrap()),
                at(expected),
                "{zone} {from} {days} {weekdays}"
            );
        }
    }

    #[test]
    fn nothing_is_due_before_it_began() {
        for days in [-1, 366] {
            assert!(Due::new(After::Start, days, false).is_err());
        }
    }
}
