//! When something recurs: a rule, a time of day and a head start make days, and days in a zone make moments. No clock is
//! read here.

use std::fmt;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan as _};

/// Days ahead, at most.
pub const MOST_DAYS_BEFORE: i32 = 60;
/// From one day of the sparsest rule to the next there are fewer.
const LONGEST_PAUSE: usize = 62;

/// Days of the week, at least one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Weekdays(u8);

/// Which days something is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Every day.
    Daily,
    /// Monday to Friday.
    Weekdays,
    /// These days of every week.
    Weekly(Weekdays),
    /// This day of every month, 1 to 31; the last one where the month is shorter.
    Monthly(i8),
    /// The last day of every month that is neither a Saturday nor a Sunday.
    LastBusinessDay,
}

/// When something recurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    /// Which days it is for.
    pub rule: Rule,
    /// The time of day at which it starts.
    pub at: Time,
    /// How many days ahead of its day it starts, 0 to [`MOST_DAYS_BEFORE`].
    pub start_before: i32,
}

/// One time that it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurrence {
    /// The day it is for.
    pub day: Date,
    /// When it starts.
    pub starts_at: Timestamp,
}

impl Weekdays {
    /// Those that are named, in any order; none where none is.
    pub fn of(days: impl IntoIterator<Item = Weekday>) -> Option<Self> {
        let bits = days.into_iter().fold(0, |bits, day| bits | Self::bit(day));
        (bits != 0).then_some(Self(bits))
    }

    /// Whether this one is among them.
    pub fn contains(self, day: Weekday) -> bool {
        self.0 & Self::bit(day) != 0
    }

    /// Monday first.
    pub fn iter(self) -> impl Iterator<Item = Weekday> {
        Weekday::Monday.cycle_forward().take(7).filter(move |day| self.contains(*day))
    }

    fn bit(day: Weekday) -> u8 {
        1 << day.to_monday_zero_offset()
    }
}

impl fmt::Debug for Weekdays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Rule {
    /// As stored and as written in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekdays => "weekdays",
            Self::Weekly(_) => "weekly",
            Self::Monthly(_) => "monthly",
            Self::LastBusinessDay => "last_business_day",
        }
    }

    /// Of a weekly one, its days; Monday first.
    pub fn weekdays(self) -> impl Iterator<Item = Weekday> {
        let days = if let Self::Weekly(days) = self { Some(days) } else { None };
        days.into_iter().flat_map(Weekdays::iter)
    }

    /// Of a monthly one, its day.
    pub fn day_of_month(self) -> Option<i32> {
        if let Self::Monthly(day) = self { Some(day.into()) } else { None }
    }

    /// Whether a day is one of its days.
    pub fn is_on(self, day: Date) -> bool {
        match self {
            Self::Daily => true,
            Self::Weekdays => is_business_day(day),
            Self::Weekly(days) => days.contains(day.weekday()),
            Self::Monthly(wanted) => day.day() == wanted.min(day.days_in_month()),
            Self::LastBusinessDay => day == last_business_day(day),
        }
    }
}

impl Calendar {
    /// What comes after a day, the earliest first.
    ///
    /// A day that a zone has left out, as Samoa's 30 December 2011, comes with the start of the day after it.
    pub fn after(self, day: Date, zone: &TimeZone) -> impl Iterator<Item = Occurrence> + use<> {
        let zone = zone.clone();
        let next = move |day: Date| days_from(day).skip(1).take(LONGEST_PAUSE).find(|day| self.rule.is_on(*day));
        std::iter::successors(next(day), move |day| next(*day))
            .map_while(move |day| Some(Occurrence { day, starts_at: self.starts_at(day, &zone)? }))
    }

    /// The first that starts after a moment, and its like after it.
    pub fn starting_after(self, now: Timestamp, zone: &TimeZone) -> impl Iterator<Item = Occurrence> + use<> {
        // A day early, for what is left of yesterday where a zone has changed sides of the date line.
        let begin = now.to_zoned(zone.clone()).date().saturating_sub(2.days());
        self.after(begin, zone).skip_while(move |occurrence| occurrence.starts_at <= now)
    }

    /// When the one of a day starts; none at the end of time.
    fn starts_at(self, day: Date, zone: &TimeZone) -> Option<Timestamp> {
        let start = day.checked_sub(self.start_before.days()).ok()?.to_datetime(self.at);
        let there = zone.to_ambiguous_timestamp(start);
        match there.offset() {
            // The earlier one of two that the clock shows alike.
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => there.earlier().ok(),
            // The clock leaps over it: the moment of the leap is the first that exists.
            AmbiguousOffset::Gap { .. } => {
                let before = there.earlier().ok()?;
                zone.following(before).next().map(|leap| leap.timestamp())
            }
        }
    }
}

fn days_from(day: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(day), |day| day.tomorrow().ok())
}

fn is_business_day(day: Date) -> bool {
    !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn last_business_day(of: Date) -> Date {
    let last = of.last_of_month();
    let over = i32::from(last.weekday().to_monday_zero_offset() - Weekday::Friday.to_monday_zero_offset()).max(0);
    last.saturating_sub(over.days())
}

#[cfg(test)]
mod tests;
