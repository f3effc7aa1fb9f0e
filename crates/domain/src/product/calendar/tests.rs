//! The calendar against a slow reading of the same rules: a table of what people expect, and ten years in every zone.

use jiff::civil::{date, time};

use super::*;

const BERLIN: &str = "Europe/Berlin";

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn weekly(days: &[Weekday]) -> Rule {
    Rule::Weekly(Weekdays::of(days.iter().copied()).unwrap())
}

fn calendar(rule: Rule, hour: i8, minute: i8, start_before: i32) -> Calendar {
    Calendar { rule, at: time(hour, minute, 0, 0), start_before }
}

/// The first days after a day.
fn days(rule: Rule, after: Date, number: usize) -> Vec<String> {
    let found = calendar(rule, 7, 0, 0).after(after, &TimeZone::UTC).take(number);
    found.map(|occurrence| occurrence.day.to_string()).collect()
}

/// When those of some days start, in the zone's own words.
fn starts(calendar: Calendar, named: &str, after: Date, number: usize) -> Vec<String> {
    let zone = zone(named);
    let found = calendar.after(after, &zone).take(number);
    found.map(|one| one.starts_at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %:z").to_string()).collect()
}

#[test]
fn each_rule_has_its_days() {
    let last = date(2026, 11, 26);
    assert_eq!(days(Rule::Daily, last, 3), ["2026-11-27", "2026-11-28", "2026-11-29"]);
    assert_eq!(days(Rule::Weekdays, last, 3), ["2026-11-27", "2026-11-30", "2026-12-01"]);
    let monday_and_saturday = weekly(&[Weekday::Saturday, Weekday::Monday]);
    assert_eq!(days(monday_and_saturday, last, 3), ["2026-11-28", "2026-11-30", "2026-12-05"]);
    assert_eq!(days(Rule::Monthly(15), last, 3), ["2026-12-15", "2027-01-15", "2027-02-15"]);
    assert_eq!(days(Rule::LastBusinessDay, last, 3), ["2026-11-30", "2026-12-31", "2027-01-29"]);
}

#[test]
fn a_month_that_is_shorter_has_its_last_day() {
    let long = ["2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"];
    assert_eq!(days(Rule::Monthly(31), date(2027, 12, 1), 5), long);
    let thirty = ["2027-01-30", "2027-02-28", "2027-03-30"];
    assert_eq!(days(Rule::Monthly(30), date(2027, 1, 1), 3), thirty);
    assert_eq!(days(Rule::Monthly(29), date(2028, 2, 1), 1), ["2028-02-29"]);
}

#[test]
fn the_last_business_day_is_never_on_a_weekend() {
    // A month that ends on a Saturday, on a Sunday, on a Friday and in a leap year.
    let of = |year, month| days(Rule::LastBusinessDay, date(year, month, 1), 1);
    assert_eq!(of(2026, 10), ["2026-10-30"]);
    assert_eq!(of(2026, 5), ["2026-05-29"]);
    assert_eq!(of(2026, 7), ["2026-07-31"]);
    assert_eq!(of(2028, 2), ["2028-02-29"]);
}

#[test]
fn a_skipped_hour_starts_at_the_first_moment_there_is() {
    let early = calendar(Rule::Daily, 2, 30, 0);
    let over = ["2026-03-28 02:30 +01:00", "2026-03-29 03:00 +02:00", "2026-03-30 02:30 +02:00"];
    assert_eq!(starts(early, BERLIN, date(2026, 3, 27), 3), over);
    // Where midnight itself is skipped.
    let midnight = calendar(Rule::Daily, 0, 0, 0);
    assert_eq!(starts(midnight, "Africa/Cairo", date(2026, 4, 23), 1), ["2026-04-24 01:00 +03:00"]);
    // Where the last hour of a Saturday is.
    let late = calendar(Rule::Daily, 23, 30, 0);
    let over = ["2026-03-29 00:00 -01:00", "2026-03-29 23:30 -01:00"];
    assert_eq!(starts(late, "America/Nuuk", date(2026, 3, 27), 2), over);
    // Where it is half an hour.
    assert_eq!(
        starts(calendar(Rule::Daily, 2, 10, 0), "Australia/Lord_Howe", date(2026, 10, 3), 1),
        ["2026-10-04 02:30 +11:00"]
    );
}

#[test]
fn a_doubled_hour_starts_once_and_the_first_time() {
    let early = calendar(Rule::Daily, 2, 30, 0);
    let over = ["2026-10-24 02:30 +02:00", "2026-10-25 02:30 +02:00", "2026-10-26 02:30 +01:00"];
    assert_eq!(starts(early, BERLIN, date(2026, 10, 23), 3), over);
}

#[test]
fn a_head_start_counts_days_of_the_calendar() {
    // Over the change of clocks it is still seven.
    let close = calendar(Rule::LastBusinessDay, 7, 0, 2);
    assert_eq!(starts(close, BERLIN, date(2026, 10, 1), 2), ["2026-10-28 07:00 +01:00", "2026-11-28 07:00 +01:00"]);
    let clocks = calendar(Rule::Monthly(30), 7, 0, 3);
    assert_eq!(starts(clocks, BERLIN, date(2026, 3, 1), 1), ["2026-03-27 07:00 +01:00"]);
    // Over a leap day.
    let leap = calendar(Rule::Monthly(1), 7, 0, 1);
    assert_eq!(starts(leap, BERLIN, date(2028, 2, 2), 1), ["2028-02-29 07:00 +01:00"]);
}

#[test]
fn a_day_that_was_left_out_starts_with_the_day_after_it() {
    let daily = calendar(Rule::Daily, 7, 0, 0);
    let over = ["2011-12-29 07:00 -10:00", "2011-12-31 00:00 +14:00", "2011-12-31 07:00 +14:00"];
    assert_eq!(starts(daily, "Pacific/Apia", date(2011, 12, 28), 3), over);
}

#[test]
fn what_starts_now_has_started() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let (daily, berlin) = (calendar(Rule::Daily, 7, 0, 0), zone(BERLIN));
    let next = |now: &str| daily.starting_after(at(now), &berlin).next().unwrap().day;
    assert_eq!(next("2026-11-24T05:59:59Z"), date(2026, 11, 24));
    assert_eq!(next("2026-11-24T06:00:00Z"), date(2026, 11, 25));
    // A head start: the next to start is for a later day.
    let ahead = calendar(Rule::Daily, 7, 0, 10);
    assert_eq!(ahead.starting_after(at("2026-11-24T06:00:00Z"), &berlin).next().unwrap().day, date(2026, 12, 5));
}

#[test]
fn the_calendar_ends_where_time_does() {
    assert_eq!(calendar(Rule::Daily, 7, 0, 0).after(Date::MAX, &TimeZone::UTC).count(), 0);
    let last = calendar(Rule::Monthly(31), 23, 59, 0).after(date(9999, 11, 1), &zone("Pacific/Pago_Pago"));
    assert!(last.count() <= 2);
}

/// The same rules said differently: one day after another, and the clock of the zone read to see what was meant.
mod slowly {
    use super::*;

    pub(super) fn is_on(rule: Rule, day: Date) -> bool {
        let weekend = |day: Date| day.weekday().to_monday_one_offset() > 5;
        let tomorrow = day.tomorrow().unwrap();
        match rule {
            Rule::Daily => true,
            Rule::Weekdays => !weekend(day),
            Rule::Weekly(days) => days.iter().any(|wanted| wanted == day.weekday()),
            Rule::Monthly(wanted) => day.day() == wanted || (day.day() < wanted && tomorrow.day() == 1),
            Rule::LastBusinessDay => {
                // Nothing is left of the month but a weekend.
                let mut rest = std::iter::successors(Some(tomorrow), |day| day.tomorrow().ok());
                !weekend(day) && rest.by_ref().take_while(|later| later.month() == day.month()).all(weekend)
            }
        }
    }

    /// It is the moment at which the zone's clock first shows the time of that day, or leaps over it.
    pub(super) fn is_first_moment(at: Timestamp, day: Date, time: Time, zone: &TimeZone) -> bool {
        let wanted = day.to_datetime(time);
        let shown = zone.to_datetime(at);
        let just_before = zone.to_datetime(at - jiff::SignedDuration::from_nanos(1));
        just_before < wanted
            && (shown == wanted || (shown > wanted && shown.duration_since(just_before).as_secs() > 60))
    }
}

/// Ten years from a day, and their last day.
const FROM: Date = date(2026, 11, 1);
const UNTIL: Date = date(2036, 10, 31);

fn holds_in(name: &str, calendar: Calendar) {
    let zone = zone(name);
    let what = || format!("{calendar:?} in {name}");
    let mut found = calendar.after(FROM, &zone).take_while(|occurrence| occurrence.day <= UNTIL);
    let mut last: Option<Occurrence> = None;
    let mut day = FROM;
    while day < UNTIL {
        day = day.tomorrow().unwrap();
        if !slowly::is_on(calendar.rule, day) {
            continue;
        }
        // None missing, none twice, none on another day: this one is exactly the next.
        let occurrence = found.next().unwrap_or_else(|| panic!("{day} is missing: {}", what()));
        assert_eq!(occurrence.day, day, "{}", what());
        assert!(
            last.is_none_or(|last| last.starts_at < occurrence.starts_at),
            "{day} is not after the last: {}",
            what()
        );
        let start = day.checked_sub(calendar.start_before.days()).unwrap();
        assert!(
            slowly::is_first_moment(occurrence.starts_at, start, calendar.at, &zone),
            "{day} starts at {}: {}",
            occurrence.starts_at,
            what()
        );
        last = Some(occurrence);
    }
    assert!(found.next().is_none(), "one too many: {}", what());
}

#[test]
fn ten_years_in_every_zone_have_no_double_and_no_missing_day() {
    let names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    assert!(names.len() > 400, "{} zones", names.len());
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || {
        while let Some(name) = names.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
            let odd = name.len();
            let number = |most: usize| i8::try_from(odd % most).unwrap();
            // The hours in which clocks change, and each zone another minute of them.
            let (hour, minute) = (number(4), number(60));
            let third = Weekday::Monday.wrapping_add(number(7));
            for calendar in [
                calendar(Rule::Daily, hour, minute, 0),
                calendar(Rule::Weekdays, 2, 30, number(5).into()),
                calendar(weekly(&[Weekday::Sunday, third]), 0, 0, 1),
                calendar(weekly(&[Weekday::Sunday, Weekday::Saturday]), 23, 30, 0),
                calendar(Rule::Monthly(31), 2, 0, number(60).into()),
                calendar(Rule::Monthly(29), 7, minute, 0),
                calendar(Rule::Monthly(number(31) + 1), 3, 0, 0),
                calendar(Rule::LastBusinessDay, 1, minute, number(9).into()),
            ] {
                holds_in(name, calendar);
            }
        }
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(work);
        work();
        other.join().unwrap();
    });
}
