//! Moments as people read them, with the exact one beside it for programs.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A day: `Tue 24 Nov`, with the year where it is not this one.
pub(crate) struct Day(Timestamp);

/// A moment: `Tue 24 Nov, 14:00 UTC`.
pub(crate) struct Moment(Timestamp);

/// A moment to the second, in a zone: `Tue 24 Nov, 14:00:05`.
pub(crate) struct Second(jiff::Zoned);
/// A moment that is better told by its distance: `3 hours ago`, and from a day on `Tue 24 Nov`.
pub(crate) struct Ago(Timestamp);

/// The day of a moment.
pub(crate) fn day(at: &Timestamp) -> Day {
    Day(*at)
}

/// A moment to the minute.
pub(crate) fn moment(at: &Timestamp) -> Moment {
    Moment(*at)
}

/// A moment to the second, where the organisation is.
pub(crate) fn second(at: Timestamp, zone: &TimeZone) -> Second {
    Second(at.to_zoned(zone.clone()))
}

/// The day as a word in a sentence or a form, without markup.
pub(crate) fn day_in_words(at: Timestamp, now: Timestamp) -> String {
    let (at, now) = (at.to_zoned(TimeZone::UTC), now.to_zoned(TimeZone::UTC));
    let pattern = if at.year() == now.year() { "%a %-d %b" } else { "%a %-d %b %Y" };
    at.strftime(pattern).to_string()
}

/// How long ago, within a day; the day itself before that.
pub(crate) fn ago(at: &Timestamp) -> Ago {
    Ago(*at)
}

fn ago_in_words(at: Timestamp, now: Timestamp) -> String {
    match (now.as_second() - at.as_second()) / 60 {
        ..10 => "Just now".to_owned(),
        minutes @ 10..60 => format!("{minutes} min ago"),
        60..120 => "1 hour ago".to_owned(),
        minutes @ 120..1440 => format!("{} hours ago", minutes / 60),
        _ => day_in_words(at, now),
    }
}

impl fmt::Display for Ago {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = self.0.strftime("%Y-%m-%dT%H:%M:%SZ");
        write!(f, "<time datetime=\"{exact}\">{}</time>", ago_in_words(self.0, Timestamp::now()))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.0.to_zoned(TimeZone::UTC).date();
        write!(f, "<time datetime=\"{date}\">{}</time>", day_in_words(self.0, Timestamp::now()))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = self.0.to_zoned(TimeZone::UTC).strftime("%H:%M");
        let exact = self.0.strftime("%Y-%m-%dT%H:%M:%SZ");
        write!(f, "<time datetime=\"{exact}\">{}, {clock} UTC</time>", day_in_words(self.0, Timestamp::now()))
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
impl askama::filters::HtmlSafe for Moment {}
impl askama::filters::HtmlSafe for Second {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_is_named_where_it_is_not_this_one() {
        let at: Timestamp = "2026-11-24T14:00:05.5Z".parse().unwrap();
        assert_eq!(day_in_words(at, "2026-12-31T23:59:59Z".parse().unwrap()), "Tue 24 Nov");
        assert_eq!(day_in_words(at, "2027-01-01T00:00:00Z".parse().unwrap()), "Tue 24 Nov 2026");
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
            assert_eq!(ago_in_words(at.parse().unwrap(), now), expected, "{at}");
        }
    }
}
