//! A schedule as it is written in forms and in JSON.

use jiff::civil::{Time, Weekday};
use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, MOST_DAYS_BEFORE, Rule, Weekdays};
use super::run_name::RunPattern;
use crate::FieldErrors;

/// The days of the week, as they are written, in their order.
pub const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// A schedule in words and numbers, not checked yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenSchedule {
    /// `daily`, `weekdays`, `weekly`, `monthly` or `last_business_day`.
    pub repeats: String,
    /// Of a weekly one: `monday` and so on.
    #[serde(default)]
    pub weekdays: Vec<String>,
    /// Of a monthly one: 1 to 31.
    #[serde(default)]
    pub day: Option<i32>,
    /// The time of day, `07:00`.
    pub at: String,
    /// How many days ahead of its day a run starts.
    #[serde(default)]
    pub start_before: i32,
    /// What the runs are called; empty: what those of the procedure are.
    #[serde(default)]
    pub run_name: String,
}

impl WrittenSchedule {
    /// As a checked one is written.
    pub fn of(calendar: Calendar, name: &RunPattern) -> Self {
        let named = |day: Weekday| WEEKDAYS.iter().find(|(_, other)| *other == day).map(|(name, _)| (*name).to_owned());
        Self {
            repeats: calendar.rule.as_str().to_owned(),
            weekdays: calendar.rule.weekdays().filter_map(named).collect(),
            day: calendar.rule.day_of_month(),
            at: calendar.at.strftime("%H:%M").to_string(),
            start_before: calendar.start_before,
            run_name: name.as_str().to_owned(),
        }
    }

    /// Checked. Fields `repeats`, `weekdays`, `day`, `at`, `start_before` and `run_name`; what belongs to another rule is
    /// left aside.
    pub fn parse(&self) -> Result<(Calendar, RunPattern), FieldErrors> {
        let when = FieldErrors::both(FieldErrors::both(self.rule(), self.time()), self.ahead());
        let (((rule, at), start_before), name) = FieldErrors::both(when, RunPattern::parse(&self.run_name))?;
        Ok((Calendar { rule, at, start_before }, name))
    }

    fn rule(&self) -> Result<Rule, FieldErrors> {
        match self.repeats.as_str() {
            "daily" => Ok(Rule::Daily),
            "weekdays" => Ok(Rule::Weekdays),
            "weekly" => self.days_of_the_week().map(Rule::Weekly),
            "monthly" => {
                let day = self.day.and_then(|day| i8::try_from(day).ok()).filter(|day| (1..=31).contains(day));
                day.map(Rule::Monthly).ok_or_else(|| FieldErrors::one("day", "Write a day of the month from 1 to 31."))
            }
            "last_business_day" => Ok(Rule::LastBusinessDay),
            _ => Err(FieldErrors::one("repeats", "Choose how often it repeats.")),
        }
    }

    fn days_of_the_week(&self) -> Result<Weekdays, FieldErrors> {
        let mut days = Vec::new();
        for written in &self.weekdays {
            let Some((_, day)) = WEEKDAYS.iter().find(|(name, _)| name == written) else {
                return Err(FieldErrors::one("weekdays", "Write days as monday, tuesday and so on."));
            };
            days.push(*day);
        }
        Weekdays::of(days).ok_or_else(|| FieldErrors::one("weekdays", "Choose at least one day of the week."))
    }

    fn time(&self) -> Result<Time, FieldErrors> {
        // A browser may send seconds along.
        let written = self.at.trim();
        let minutes = Time::strptime("%H:%M", written).or_else(|_| Time::strptime("%H:%M:%S", written));
        let at = minutes.ok().and_then(|time| Time::new(time.hour(), time.minute(), 0, 0).ok());
        at.ok_or_else(|| FieldErrors::one("at", "Write a time of day as 07:00."))
    }

    fn ahead(&self) -> Result<i32, FieldErrors> {
        if (0..=MOST_DAYS_BEFORE).contains(&self.start_before) {
            return Ok(self.start_before);
        }
        Err(FieldErrors::one("start_before", format!("Write a number of days from 0 to {MOST_DAYS_BEFORE}.")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(repeats: &str) -> WrittenSchedule {
        WrittenSchedule { repeats: repeats.to_owned(), at: "07:00".to_owned(), ..WrittenSchedule::default() }
    }

    #[test]
    fn what_is_checked_is_written_the_same() {
        let days = vec!["monday".to_owned(), "friday".to_owned()];
        for schedule in [
            written("daily"),
            written("weekdays"),
            WrittenSchedule { weekdays: days, at: "23:59".to_owned(), ..written("weekly") },
            WrittenSchedule { day: Some(31), start_before: 60, ..written("monthly") },
            WrittenSchedule { run_name: "Close of {month}".to_owned(), ..written("last_business_day") },
        ] {
            let (calendar, name) = schedule.parse().unwrap();
            assert_eq!(WrittenSchedule::of(calendar, &name), schedule);
        }
        let seconds = WrittenSchedule { at: "07:30:00".to_owned(), ..written("daily") };
        assert_eq!(seconds.parse().unwrap().0.at.to_string(), "07:30:00");
    }

    #[test]
    fn what_is_wrong_is_said_at_its_field() {
        let wrong = [
            (written("hourly"), "repeats"),
            (written(""), "repeats"),
            (written("weekly"), "weekdays"),
            (WrittenSchedule { weekdays: vec!["Montag".to_owned()], ..written("weekly") }, "weekdays"),
            (written("monthly"), "day"),
            (WrittenSchedule { day: Some(0), ..written("monthly") }, "day"),
            (WrittenSchedule { day: Some(32), ..written("monthly") }, "day"),
            (WrittenSchedule { at: "24:00".to_owned(), ..written("daily") }, "at"),
            (WrittenSchedule { at: "7".to_owned(), ..written("daily") }, "at"),
            (WrittenSchedule { start_before: -1, ..written("daily") }, "start_before"),
            (WrittenSchedule { start_before: 61, ..written("daily") }, "start_before"),
            (WrittenSchedule { run_name: "{day}".to_owned(), ..written("daily") }, "run_name"),
        ];
        for (schedule, field) in wrong {
            let errors = schedule.parse().unwrap_err();
            assert!(errors.message(field).is_some(), "{schedule:?}: {errors}");
        }
        let all = WrittenSchedule { start_before: 99, run_name: "}".to_owned(), at: String::new(), ..written("") };
        assert_eq!(all.parse().unwrap_err().0.len(), 4);
    }
}
