//! Time as Stripe writes it, and the calendar of billing periods.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// Seconds since 1970.
pub(crate) type Seconds = i64;

/// One hour.
pub(crate) const HOUR: Seconds = 3_600;
/// One day.
pub(crate) const DAY: Seconds = 24 * HOUR;

/// The present moment.
pub(crate) fn wall() -> Seconds {
    crate::clock::now() / crate::clock::SECOND
}

/// How often a price is due.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Interval {
    Day,
    Week,
    Month,
    Year,
}

impl Interval {
    /// Stripe's word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// The interval of that word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Day, Self::Week, Self::Month, Self::Year].into_iter().find(|interval| interval.as_str() == word)
    }
}

/// An interval and how many of them make a period.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub(crate) struct Rhythm {
    pub(crate) interval: Interval,
    pub(crate) count: i64,
}

impl Rhythm {
    /// The n-th boundary from an anchor. Months that are too short end early and do not move the day of later ones.
    pub(crate) fn boundary(self, anchor: Seconds, n: i64) -> Seconds {
        let steps = self.count * n;
        let span = match self.interval {
            Interval::Day => Span::new().try_days(steps),
            Interval::Week => Span::new().try_weeks(steps),
            Interval::Month => Span::new().try_months(steps),
            Interval::Year => Span::new().try_years(steps),
        };
        Timestamp::from_second(anchor)
            .ok()
            .zip(span.ok())
            .and_then(|(anchor, span)| anchor.to_zoned(TimeZone::UTC).checked_add(span).ok())
            .map_or(i64::MAX / 2, |moment| moment.timestamp().as_second())
    }

    /// The first boundary after a moment.
    pub(crate) fn next(self, anchor: Seconds, after: Seconds) -> Seconds {
        let length = self.longest();
        // Begins a little early: months differ in length.
        let mut n = (after - anchor).div_euclid(length) - 1;
        while self.boundary(anchor, n) <= after {
            n += 1;
        }
        self.boundary(anchor, n)
    }

    /// The longest a period can be.
    pub(crate) fn longest(self) -> Seconds {
        self.count
            * DAY
            * match self.interval {
                Interval::Day => 1,
                Interval::Week => 7,
                Interval::Month => 31,
                Interval::Year => 366,
            }
    }
}

/// A day for people, such as "14 Mar 2026".
pub(crate) fn day(moment: Seconds) -> String {
    Timestamp::from_second(moment)
        .map(|moment| moment.to_zoned(TimeZone::UTC).strftime("%-d %b %Y").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Seconds {
        text.parse::<Timestamp>().unwrap().as_second()
    }

    #[test]
    fn the_last_of_a_month_comes_back_after_february() {
        let monthly = Rhythm { interval: Interval::Month, count: 1 };
        let anchor = at("2026-01-31T12:00:00Z");
        let mut moment = anchor;
        for wanted in ["2026-02-28T12:00:00Z", "2026-03-31T12:00:00Z", "2026-04-30T12:00:00Z"] {
            moment = monthly.next(anchor, moment);
            assert_eq!(moment, at(wanted));
        }
        assert_eq!(monthly.next(anchor, at("2026-02-28T11:59:59Z")), at("2026-02-28T12:00:00Z"));
        let yearly = Rhythm { interval: Interval::Year, count: 1 };
        assert_eq!(yearly.next(at("2024-02-29T00:00:00Z"), at("2025-02-28T00:00:00Z")), at("2026-02-28T00:00:00Z"));
        let quarterly = Rhythm { interval: Interval::Month, count: 3 };
        assert_eq!(quarterly.next(anchor, anchor), at("2026-04-30T12:00:00Z"));
        assert_eq!(monthly.next(anchor, at("2025-12-01T00:00:00Z")), at("2025-12-31T12:00:00Z"), "before the anchor");
    }
}
