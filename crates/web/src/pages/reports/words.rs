//! Figures as people say them, and what each chart comes to.

use domain::reports::figures::RunCounts;
use domain::reports::{Before, OfPerson, Report, Slice};
use jiff::civil::Date;

use crate::pages::counted;

/// A large number with a name, and how it was before.
pub(super) struct Figure {
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) unit: &'static str,
    /// How it differs: `up` is for the better, `down` for the worse, and neither is neither.
    pub(super) class: &'static str,
    pub(super) change: String,
    /// Behind it.
    pub(super) aside: String,
}

/// What durations are told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Minutes,
    Hours,
    Days,
}

impl Unit {
    /// The largest that leaves more than one of it.
    pub(super) fn of(seconds: f64) -> Self {
        match seconds {
            ..5_400.0 => Self::Minutes,
            5_400.0..172_800.0 => Self::Hours,
            _ => Self::Days,
        }
    }

    pub(super) fn seconds(self) -> f64 {
        match self {
            Self::Minutes => 60.0,
            Self::Hours => 3_600.0,
            Self::Days => 86_400.0,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Minutes => "minutes",
            Self::Hours => "hours",
            Self::Days => "days",
        }
    }

    pub(super) fn short(self) -> &'static str {
        match self {
            Self::Minutes => "min",
            Self::Hours => "h",
            Self::Days => "days",
        }
    }
}

/// One decimal below a hundred, and none that is zero.
pub(super) fn short(value: f64) -> String {
    let text = if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.1}") };
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

/// `2.4 days`
pub(super) fn duration(seconds: f64) -> String {
    let unit = Unit::of(seconds);
    format!("{} {}", short(seconds / unit.seconds()), unit.short())
}

/// `93 %`; a hundred is all of them, and nothing less.
pub(super) fn percent(rate: f64) -> String {
    format!("{} %", whole(rate))
}

/// For the cells of tables.
pub(super) fn rate(rate: Option<f64>) -> String {
    rate.map_or_else(|| "None due".to_owned(), percent)
}

/// For the cells of tables.
#[expect(clippy::cast_precision_loss, reason = "no run takes so many seconds")]
pub(super) fn seconds(seconds: Option<i64>) -> String {
    seconds.map_or_else(|| "None".to_owned(), |seconds| duration(seconds as f64))
}

fn whole(rate: f64) -> String {
    match rate {
        99.5..100.0 => "99".to_owned(),
        f64::MIN_POSITIVE..0.5 => "1".to_owned(),
        _ => format!("{rate:.0}"),
    }
}

/// `7 Sep to 24 Nov 2026`
pub(super) fn time(from: Date, until: Date) -> String {
    let pattern = if from.year() == until.year() { "%-d %b" } else { "%-d %b %Y" };
    format!("{} to {}", from.strftime(pattern), until.strftime("%-d %b %Y"))
}

/// `7 Sep`, or `September` with the year in January.
pub(super) fn slice(first_day: Date, unit: &str) -> String {
    let pattern = if unit == "week" { "%-d %b" } else { "%b %y" };
    first_day.strftime(pattern).to_string()
}

/// A name; whoever is forgotten has none, and what is nobody's is told too.
pub(super) fn person(one: &OfPerson) -> String {
    match (&one.id, &one.name) {
        (Some(_), Some(name)) => name.clone(),
        (Some(_), None) => "A former member".to_owned(),
        (None, _) => "Nobody".to_owned(),
    }
}

/// The four numbers above everything.
pub(super) fn figures(report: &Report) -> Vec<Figure> {
    let before = report.before.as_ref();
    vec![
        on_time_figure(report, before),
        completed_figure(report, before),
        late_figure(report, before),
        took_figure(report, before),
    ]
}

fn on_time_figure(report: &Report, before: Option<&Before>) -> Figure {
    let rate = report.steps.on_time_rate();
    let skipped = if report.steps.skipped > 0 { format!("{} skipped", report.steps.skipped) } else { String::new() };
    let points = rate.zip(before.and_then(|before| before.steps.on_time_rate()));
    let (class, change) = points.map_or(("", String::new()), |(now, then)| {
        let points = (now - then).round();
        difference(
            points,
            &format!("{} better", points_in_words(points)),
            &format!("{} worse", points_in_words(points)),
            true,
        )
    });
    Figure {
        name: "Steps done on time",
        value: rate.map_or_else(|| "None due".to_owned(), whole),
        unit: if rate.is_some() { "%" } else { "" },
        class,
        change,
        aside: skipped,
    }
}

fn points_in_words(points: f64) -> String {
    let points = points.abs();
    if points == 1.0 { "1 point".to_owned() } else { format!("{points:.0} points") }
}

fn completed_figure(report: &Report, before: Option<&Before>) -> Figure {
    let (class, change) = before.map_or(("", String::new()), |before| {
        let more = report.runs.completed - before.runs.completed;
        counts(more, "more", "fewer", true)
    });
    let aside = match report.runs.cancelled {
        0 => String::new(),
        cancelled => format!("{cancelled} cancelled"),
    };
    Figure { name: "Runs completed", value: report.runs.completed.to_string(), unit: "", class, change, aside }
}

fn late_figure(report: &Report, before: Option<&Before>) -> Figure {
    let (class, change) = before
        .map_or(("", String::new()), |before| counts(report.steps.late - before.steps.late, "more", "fewer", false));
    let aside = match report.steps.open {
        0 => String::new(),
        open => format!("{open} still open"),
    };
    Figure { name: "Late steps", value: report.steps.late.to_string(), unit: "", class, change, aside }
}

#[expect(clippy::cast_precision_loss, reason = "no run takes so many seconds")]
fn took_figure(report: &Report, before: Option<&Before>) -> Figure {
    let Some(median) = report.runs.median_seconds.map(|seconds| seconds as f64) else {
        let (name, value) = ("Half of runs finish within", "None ended".to_owned());
        return Figure { name, value, unit: "", class: "", change: String::new(), aside: String::new() };
    };
    let unit = Unit::of(median);
    let then = before.and_then(|before| before.runs.median_seconds).map(|seconds| seconds as f64);
    let (class, change) = then.map_or(("", String::new()), |then| {
        let by = duration((median - then).abs());
        let same = short(median / unit.seconds()) == short(then / unit.seconds());
        let more = if same { 0.0 } else { median - then };
        difference(more, &format!("{by} slower"), &format!("{by} quicker"), false)
    });
    let aside = report.runs.ninetieth_seconds.map(|seconds| format!("nine of ten within {}", duration(seconds as f64)));
    Figure {
        name: "Half of runs finish within",
        value: short(median / unit.seconds()),
        unit: unit.name(),
        class,
        change,
        aside: aside.unwrap_or_default(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "nobody has so many steps")]
fn counts(more: i64, up: &str, down: &str, more_is_better: bool) -> (&'static str, String) {
    let number = more.abs();
    difference(more as f64, &format!("{number} {up}"), &format!("{number} {down}"), more_is_better)
}

fn difference(more: f64, up: &str, down: &str, more_is_better: bool) -> (&'static str, String) {
    if more == 0.0 {
        return ("", "as before".to_owned());
    }
    let text = if more > 0.0 { up } else { down };
    (if (more > 0.0) == more_is_better { "up" } else { "down" }, text.to_owned())
}

/// What the first chart comes to.
pub(super) fn on_time(report: &Report) -> String {
    let unit = report.period.unit();
    let rated: Vec<(&Slice, f64)> =
        report.slices.iter().filter_map(|slice| Some((slice, slice.steps.on_time_rate()?))).collect();
    let Some((last, now)) = rated.last().copied() else {
        return "No step was due in this time.".to_owned();
    };
    let under_way = report.slices.last().is_some_and(|slice| slice.first_day == last.first_day);
    let when = if under_way { format!("in this {unit} so far") } else { last_time(last, unit) };
    let all = format!("{} of {} in time.", report.steps.on_time, counted(report.steps.due, "step"));
    let lowest = rated.iter().copied().fold((last, f64::INFINITY), |low, one| if one.1 < low.1 { one } else { low });
    if rated.len() > 1 && lowest.0.first_day != last.first_day {
        return format!(
            "{all} {} {when}; lowest {}, with {}.",
            percent(now),
            last_time(lowest.0, unit),
            percent(lowest.1)
        );
    }
    format!("{all} {} {when}.", percent(now))
}

/// `in the week of 7 Sep`, `in Sep 26`
fn last_time(at: &Slice, unit: &str) -> String {
    let name = slice(at.first_day, unit);
    if unit == "week" { format!("in the week of {name}") } else { format!("in {name}") }
}

/// What became of runs.
pub(super) fn ended(report: &Report) -> String {
    let RunCounts { started, completed, cancelled, .. } = report.runs;
    match report.runs.completion_rate() {
        None => format!("{} began in this time, and none ended.", counted(started, "run")),
        Some(_) if cancelled == 0 => {
            let whole = if completed == 1 {
                "The one that ended was".to_owned()
            } else {
                format!("All {completed} that ended were")
            };
            format!("{whole} completed; {started} began.")
        }
        Some(rate) => {
            format!("{} of those that ended were completed, {cancelled} cancelled; {started} began.", percent(rate))
        }
    }
}

/// Where late steps come from.
pub(super) fn late(report: &Report) -> String {
    let late = report.steps.late;
    match report.procedures.iter().filter(|one| one.steps.late > 0).collect::<Vec<_>>()[..] {
        [] => "No step was late.".to_owned(),
        [only] if late == 1 => format!("The one late step is in {}.", only.name),
        [only] => format!("All {late} late steps are in {}.", only.name),
        [first, ..] => format!("{} has {} of the {late}.", first.name, first.steps.late),
    }
}

/// Who had most to do.
pub(super) fn people(report: &Report) -> String {
    let due: Vec<&OfPerson> = report.people.iter().filter(|one| one.steps.due > 0).collect();
    let Some(first) = due.first() else { return "No step was due in this time.".to_owned() };
    let most = format!("{} had the most, {}.", person(first), counted(first.steps.due, "step"));
    let latest = due.iter().max_by_key(|one| one.steps.late).filter(|one| one.steps.late > 0);
    match latest {
        None => format!("{most} None was late."),
        Some(one) if one.id == first.id => format!("{most} Of those, {} late.", one.steps.late),
        Some(one) => format!("{most} {} had the most late ones, {}.", person(one), one.steps.late),
    }
}

/// How long runs take.
#[expect(clippy::cast_precision_loss, reason = "no run takes so many seconds")]
pub(super) fn took(report: &Report) -> String {
    match (report.runs.median_seconds, report.runs.ninetieth_seconds) {
        (Some(half), Some(most)) => format!(
            "From the start to the last tick: half of {} within {}, nine of ten within {}.",
            counted(report.runs.completed, "run"),
            duration(half as f64),
            duration(most as f64)
        ),
        _ => "No run was completed in this time.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_told_in_what_people_count() {
        for (seconds, told) in [
            (40.0, "0.7 min"),
            (2_400.0, "40 min"),
            (5_400.0, "1.5 h"),
            (172_799.0, "48 h"),
            (207_360.0, "2.4 days"),
            (86_400.0 * 120.4, "120 days"),
        ] {
            assert_eq!(duration(seconds), told, "{seconds}");
        }
    }

    #[test]
    fn a_hundred_is_all_of_them() {
        for (rate, told) in [(100.0, "100 %"), (99.7, "99 %"), (92.6, "93 %"), (0.2, "1 %"), (0.0, "0 %")] {
            assert_eq!(percent(rate), told);
        }
    }

    #[test]
    fn what_is_better_depends_on_what_it_is() {
        assert_eq!(counts(12, "more", "fewer", true), ("up", "12 more".to_owned()));
        assert_eq!(counts(12, "more", "fewer", false), ("down", "12 more".to_owned()));
        assert_eq!(counts(-3, "more", "fewer", false), ("up", "3 fewer".to_owned()));
        assert_eq!(counts(0, "more", "fewer", true), ("", "as before".to_owned()));
    }

    #[test]
    fn the_year_is_told_once_where_it_is_one() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(time(day("2026-09-07"), day("2026-11-24")), "7 Sep to 24 Nov 2026");
        assert_eq!(time(day("2025-12-01"), day("2026-11-24")), "1 Dec 2025 to 24 Nov 2026");
        assert_eq!(slice(day("2026-09-07"), "week"), "7 Sep");
        assert_eq!(slice(day("2026-09-01"), "month"), "Sep 26");
    }
}
