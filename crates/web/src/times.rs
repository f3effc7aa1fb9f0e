//! Moments as people read them, with the exact one beside it for programs.

use std::fmt;

use domain::Access;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// The zone that dates are shown in.
#[derive(Debug, Clone)]
pub(crate) struct Zone(TimeZone);

/// A day: `Tue 24 Nov`, with the year where it is not this one.
pub(crate) struct Day(Zoned);

/// A moment: `Tue 24 Nov, 14:00 UTC`.
pub(crate) struct Moment(Zoned);

impl Zone {
    /// The organisation's, or UTC where this machine has never heard of it.
    pub(crate) fn of(access: &Access) -> Self {
        Self(TimeZone::get(&access.organisation.time_zone).unwrap_or(TimeZone::UTC))
    }

    /// The day of a moment.
    pub(crate) fn day(&self, at: &Timestamp) -> Day {
        Day(at.to_zoned(self.0.clone()))
    }

    /// A moment to the minute.
    pub(crate) fn moment(&self, at: &Timestamp) -> Moment {
        Moment(at.to_zoned(self.0.clone()))
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

impl askama::filters::HtmlSafe for Day {}
impl askama::filters::HtmlSafe for Moment {}

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
    fn a_day_begins_where_the_organisation_is() {
        let at: Timestamp = "2026-11-24T23:30:00Z".parse().unwrap();
        let berlin = Zone(TimeZone::get("Europe/Berlin").unwrap());
        assert!(berlin.day(&at).to_string().starts_with("<time datetime=\"2026-11-25\">Wed 25 Nov"));
        let moment = berlin.moment(&at).to_string();
        assert!(moment.starts_with("<time datetime=\"2026-11-24T23:30:00Z\">Wed 25 Nov"), "{moment}");
        assert!(moment.ends_with(", 00:30 CET</time>"), "{moment}");
        assert!(Zone(TimeZone::UTC).day(&at).to_string().starts_with("<time datetime=\"2026-11-24\">"));
    }
}
