//! Moments as people read them, with the exact one beside it for programs.

use std::fmt;

use domain::Access;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// The zone that dates are shown in.
#[derive(Debug, Clone)]
pub(crate) struct Zone(TimeZone);

/// A day: `Tue 24 Nov`, with the year where it is not this one.
pub(crate) struct Day(Zoned);

/// A moment: `Tue 24 Nov, 14:00 UTC`.
pub(crate) struct Moment(Zoned);

/// A moment to the second: `Tue 24 Nov, 14:00:05`.
pub(crate) struct Second(Zoned);

/// When something is due: `18:00` today, `Tomorrow, 18:00`, and the day alone otherwise.
pub(crate) struct Due(Zoned);

/// A moment that is better told by its distance: `3 hours ago`, and from a day on `Tue 24 Nov`.
pub(crate) struct Ago(Zoned);

impl Zone {
    /// The organisation's.
    pub(crate) fn of(access: &Access) -> Self {
        Self::named(&access.organisation.time_zone)
    }

    /// Where no day is asked for.
    pub(crate) fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// One of the IANA database, or UTC where this machine has never heard of it.
    pub(crate) fn named(name: &str) -> Self {
        Self(TimeZone::get(name).unwrap_or(TimeZone::UTC))
    }

    /// When a day begins there.
    pub(crate) fn begin_of(&self, day: Date) -> Result<Timestamp, jiff::Error> {
        Ok(day.to_zoned(self.0.clone())?.timestamp())
    }

    /// The day of a moment.
    pub(crate) fn day(&self, at: &Timestamp) -> Day {
        Day(at.to_zoned(self.0.clone()))
    }

    /// A day of the calendar.
    pub(crate) fn calendar_day(&self, day: Date) -> Day {
        let noon = day.at(12, 0, 0, 0).to_zoned(self.0.clone());
        // Only the last day of all has no noon everywhere.
        Day(noon.unwrap_or_else(|_| Timestamp::MAX.to_zoned(TimeZone::UTC)))
    }

    /// A moment to the minute.
    pub(crate) fn moment(&self, at: &Timestamp) -> Moment {
        Moment(at.to_zoned(self.0.clone()))
    }

    /// A moment to the second.
    pub(crate) fn second(&self, at: &Timestamp) -> Second {
        Second(at.to_zoned(self.0.clone()))
    }

    /// How long ago, within a day; the day itself before that.
    pub(crate) fn ago(&self, at: &Timestamp) -> Ago {
        Ago(at.to_zoned(self.0.clone()))
    }

    /// When something is due.
    pub(crate) fn due(&self, at: &Timestamp) -> Due {
        Due(at.to_zoned(self.0.clone()))
    }

    /// The day of a moment there.
    pub(crate) fn date(&self, at: &Timestamp) -> Date {
        at.to_zoned(self.0.clone()).date()
    }

    /// The day as a word in a sentence or a form, without markup.
    pub(crate) fn day_in_words(&self, at: Timestamp) -> String {
        in_words(&at.to_zoned(self.0.clone()), Timestamp::now())
    }
}

/// A moment to the minute, in UTC: for pages outside of an organisation.
pub(crate) fn moment(at: &Timestamp) -> Moment {
    Zone(TimeZone::UTC).moment(at)
}

fn in_words(at: &Zoned, now: Timestamp) -> String {
    let this_year = now.to_zoned(at.time_zone().clone()).year();
    let pattern = if at.year() == this_year { "%a %-d %b" } else { "%a %-d %b %Y" };
    at.strftime(pattern).to_string()
}

fn ago_in_words(at: &Zoned, now: Timestamp) -> String {
    match (now.as_second() - at.timestamp().as_second()) / 60 {
        ..10 => "Just now".to_owned(),
        minutes @ 10..60 => format!("{minutes} min ago"),
        60..120 => "1 hour ago".to_owned(),
        minutes @ 120..1440 => format!("{} hours ago", minutes / 60),
        _ => in_words(at, now),
    }
}

fn due_in_words(at: &Zoned, now: Timestamp) -> String {
    let today = now.to_zoned(at.time_zone().clone()).date();
    let clock = at.strftime("%H:%M");
    match today.until(at.date()).map_or(i32::MAX, |span| span.get_days()) {
        -1 => format!("Yesterday, {clock}"),
        0 => clock.to_string(),
        1 => format!("Tomorrow, {clock}"),
        _ => in_words(at, now),
    }
}

impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = self.0.timestamp().strftime("%Y-%m-%dT%H:%M:%SZ");
        write!(f, "<time datetime=\"{exact}\">{}</time>", due_in_words(&self.0, Timestamp::now()))
    }
}

impl fmt::Display for Ago {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = self.0.timestamp().strftime("%Y-%m-%dT%H:%M:%SZ");
        write!(f, "<time datetime=\"{exact}\">{}</time>", ago_in_words(&self.0, Timestamp::now()))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<time datetime=\"{}\">{}</time>", self.0.date(), in_words(&self.0, Timestamp::now()))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = self.0.timestamp().strftime("%Y-%m-%dT%H:%M:%SZ");
        let clock = self.0.strftime("%H:%M %Z");
        write!(f, "<time datetime=\"{exact}\">{}, {clock}</time>", in_words(&self.0, Timestamp::now()))
    }
}

impl Moment {
    /// Without markup, for an attribute.
    pub(crate) fn in_words(&self) -> String {
        format!("{}, {}", in_words(&self.0, Timestamp::now()), self.0.strftime("%H:%M %Z"))
    }
}

impl fmt::Display for Second {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = self.0.timestamp().strftime("%Y-%m-%dT%H:%M:%SZ");
        let this_year = self.0.year() == Timestamp::now().to_zoned(self.0.time_zone().clone()).year();
        let pattern = if this_year { "%a %-d %b, %H:%M:%S" } else { "%a %-d %b %Y, %H:%M:%S" };
        write!(f, "<time datetime=\"{exact}\">{}</time>", self.0.strftime(pattern))
    }
}

impl askama::filters::HtmlSafe for Ago {}
impl askama::filters::HtmlSafe for Day {}
impl askama::filters::HtmlSafe for Due {}
impl askama::filters::HtmlSafe for Moment {}
impl askama::filters::HtmlSafe for Second {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_is_named_where_it_is_not_this_one() {
        let at: Timestamp = "2026-11-24T14:00:05.5Z".parse().unwrap();
        let utc = at.to_zoned(TimeZone::UTC);
        assert_eq!(in_words(&utc, "2026-12-31T23:59:59Z".parse().unwrap()), "Tue 24 Nov");
        assert_eq!(in_words(&utc, "2027-01-01T00:00:00Z".parse().unwrap()), "Tue 24 Nov 2026");
        assert!(moment(&at).to_string().starts_with("<time datetime=\"2026-11-24T14:00:05Z\">Tue 24 Nov"));
    }

    #[test]
    fn what_is_near_is_told_by_its_distance() {
        let now: Timestamp = "2026-11-24T14:00:00Z".parse().unwrap();
        for (at, expected) in [
            ("2026-11-24T14:00:30Z", "Just now"),
            ("2026-11-24T13:51:00Z", "Just now"),
            ("2026-11-24T13:28:00Z", "32 min ago"),
            ("2026-11-24T12:30:00Z", "1 hour ago"),
            ("2026-11-23T14:30:00Z", "23 hours ago"),
            ("2026-11-23T14:00:00Z", "Mon 23 Nov"),
        ] {
            let at: Timestamp = at.parse().unwrap();
            assert_eq!(ago_in_words(&at.to_zoned(TimeZone::UTC), now), expected, "{at}");
        }
    }

    #[test]
    fn what_is_due_soon_is_told_by_the_clock() {
        let now: Timestamp = "2026-11-24T14:00:00Z".parse().unwrap();
        for (at, expected) in [
            ("2026-11-23T18:00:00Z", "Yesterday, 18:00"),
            ("2026-11-24T18:00:00Z", "18:00"),
            ("2026-11-25T18:00:00Z", "Tomorrow, 18:00"),
            ("2026-11-26T18:00:00Z", "Thu 26 Nov"),
            ("2026-11-22T18:00:00Z", "Sun 22 Nov"),
        ] {
            let at: Timestamp = at.parse().unwrap();
            assert_eq!(due_in_words(&at.to_zoned(TimeZone::UTC), now), expected, "{at}");
        }
    }

    #[test]
    fn a_day_begins_where_the_organisation_is() {
        let at: Timestamp = "2026-11-24T23:30:00Z".parse().unwrap();
        let berlin = Zone::named("Europe/Berlin");
        assert!(berlin.day(&at).to_string().starts_with("<time datetime=\"2026-11-25\">Wed 25 Nov"));
        let moment = berlin.moment(&at).to_string();
        assert!(moment.starts_with("<time datetime=\"2026-11-24T23:30:00Z\">Wed 25 Nov"), "{moment}");
        assert!(moment.ends_with(", 00:30 CET</time>"), "{moment}");
        assert!(Zone(TimeZone::UTC).day(&at).to_string().starts_with("<time datetime=\"2026-11-24\">"));
    }
}
