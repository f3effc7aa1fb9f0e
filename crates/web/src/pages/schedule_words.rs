//! Schedules in words.

use domain::calendar::{Calendar, Occurrence, Rule};
use domain::schedules::{Missed, WhyMissed};
use domain::written_schedule::WEEKDAYS;
use jiff::civil::Weekday;

use super::counted;
use crate::times::{Day, Moment, Zone};

/// `Every Monday and Friday at 07:00`, or `Last business day of every month, started 2 days before at 07:00`.
pub(crate) fn in_words(calendar: &Calendar) -> String {
    let at = calendar.at.strftime("%H:%M");
    let rule = rule(calendar.rule);
    match i64::from(calendar.start_before) {
        0 => format!("{rule} at {at}"),
        days => format!("{rule}, started {} before at {at}", counted(days, "day")),
    }
}

fn rule(rule: Rule) -> String {
    match rule {
        Rule::Daily => "Every day".to_owned(),
        Rule::Weekdays => "Monday to Friday".to_owned(),
        Rule::Weekly(days) => {
            let days: Vec<&str> = days.iter().map(day_name).collect();
            match days.split_last() {
                Some((last, [])) => format!("Every {last}"),
                Some((last, others)) => format!("Every {} and {last}", others.join(", ")),
                None => String::new(),
            }
        }
        Rule::Monthly(31) => "Last day of every month".to_owned(),
        Rule::Monthly(day @ 29..) => format!("Day {day} of every month, or its last"),
        Rule::Monthly(day) => format!("Day {day} of every month"),
        Rule::LastBusinessDay => "Last business day of every month".to_owned(),
    }
}

/// `Monday`
pub(crate) fn day_name(day: Weekday) -> &'static str {
    let names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    WEEKDAYS.iter().position(|(_, other)| *other == day).map_or("", |place| names[place])
}

/// A run that is to come: when it starts, and the day it is for where that is another one.
pub(crate) struct Coming {
    pub(crate) starts: Moment,
    pub(crate) day: Option<Day>,
}

impl Coming {
    /// As the organisation reads it.
    pub(crate) fn of(zone: &Zone, calendar: &Calendar, occurrence: Occurrence) -> Self {
        let day = (calendar.start_before > 0).then(|| zone.calendar_day(occurrence.day));
        Self { starts: zone.moment(&occurrence.starts_at), day }
    }
}

/// Days without a run: the last of them, what there were besides, and why.
pub(crate) struct MissedDays {
    pub(crate) last: Day,
    pub(crate) besides: Option<String>,
    pub(crate) why: &'static str,
}

impl MissedDays {
    pub(crate) fn of(zone: &Zone, missed: &Missed) -> Self {
        let besides = match i64::from(missed.days) - 1 {
            ..=0 => None,
            days => Some(format!("{} before it", counted(days, "day"))),
        };
        let why = match missed.why {
            WhyMissed::Late => "nothing was at work here then, and a later day’s run was started instead",
            WhyMissed::Archived => "the procedure was archived",
            WhyMissed::Unpublished => "the procedure was not published",
            WhyMissed::Unpaid => "a payment was open, and the organisation could only be read",
            WhyMissed::Closing => "the organisation was being deleted",
        };
        Self { last: zone.calendar_day(missed.day), besides, why }
    }
}

#[cfg(test)]
mod tests {
    use domain::calendar::Weekdays;
    use jiff::civil::time;

    use super::*;

    #[test]
    fn each_rule_reads_as_a_sentence() {
        let weekly = |days: &[Weekday]| Rule::Weekly(Weekdays::of(days.iter().copied()).unwrap());
        for (rule, start_before, expected) in [
            (Rule::Daily, 0, "Every day at 07:00"),
            (Rule::Weekdays, 0, "Monday to Friday at 07:00"),
            (weekly(&[Weekday::Friday]), 0, "Every Friday at 07:00"),
            (weekly(&[Weekday::Friday, Weekday::Monday]), 0, "Every Monday and Friday at 07:00"),
            (
                weekly(&[Weekday::Monday, Weekday::Sunday, Weekday::Wednesday]),
                1,
                "Every Monday, Wednesday and Sunday, started 1 day before at 07:00",
            ),
            (Rule::Monthly(15), 0, "Day 15 of every month at 07:00"),
            (Rule::Monthly(30), 0, "Day 30 of every month, or its last at 07:00"),
            (Rule::Monthly(31), 0, "Last day of every month at 07:00"),
            (Rule::LastBusinessDay, 2, "Last business day of every month, started 2 days before at 07:00"),
        ] {
            assert_eq!(in_words(&Calendar { rule, at: time(7, 0, 0, 0), start_before }), expected);
        }
    }
}
