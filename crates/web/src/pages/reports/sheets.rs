//! The tables of a report as files for spreadsheets. Moments are the organisation's own, with their distance from UTC.

use domain::Access;
use domain::reports::Report;
use domain::reports::figures::DueSteps;
use domain::reports::period::Frame;
use domain::reports::settled::ReportedStep;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::words;
use crate::sheet::line;

const STEPS: [&str; 5] = ["steps_due", "steps_on_time", "steps_late", "steps_late_and_open", "steps_skipped"];

/// `reports-acme-2026-09-07-to-2026-11-24-people.csv`
pub(super) fn name(access: &Access, frame: &Frame, what: &str) -> String {
    let zone = access.organisation.zone();
    let day = |at: Timestamp| at.to_zoned(zone.clone()).date();
    format!("reports-{}-{}-to-{}-{what}.csv", access.organisation.slug, day(frame.from), day(frame.until))
}

pub(super) fn over_time(report: &Report) -> String {
    let mut sheet = String::new();
    let runs = ["runs_started", "runs_completed", "runs_cancelled", "median_seconds", "ninetieth_percentile_seconds"];
    line(&mut sheet, ["first_day"].into_iter().chain(STEPS).chain(runs));
    for slice in &report.slices {
        let seconds = |seconds: Option<i64>| seconds.map(|seconds| seconds.to_string()).unwrap_or_default();
        let mut cells = vec![slice.first_day.to_string()];
        cells.extend(counts(slice.steps));
        cells.extend([slice.runs.started, slice.runs.completed, slice.runs.cancelled].map(|count| count.to_string()));
        cells.extend([seconds(slice.runs.median_seconds), seconds(slice.runs.ninetieth_seconds)]);
        line(&mut sheet, cells.iter().map(String::as_str));
    }
    sheet
}

pub(super) fn procedures(report: &Report) -> String {
    let mut sheet = String::new();
    line(&mut sheet, ["procedure_id", "procedure"].into_iter().chain(STEPS));
    for one in &report.procedures {
        let mut cells = vec![one.id.to_string(), one.name.clone()];
        cells.extend(counts(one.steps));
        line(&mut sheet, cells.iter().map(String::as_str));
    }
    sheet
}

pub(super) fn people(report: &Report) -> String {
    let mut sheet = String::new();
    line(&mut sheet, ["person_id", "person"].into_iter().chain(STEPS));
    for one in &report.people {
        let mut cells = vec![one.id.clone().unwrap_or_default(), words::person(one)];
        cells.extend(counts(one.steps));
        line(&mut sheet, cells.iter().map(String::as_str));
    }
    sheet
}

fn counts(steps: DueSteps) -> [String; 5] {
    [steps.due, steps.on_time, steps.late, steps.open, steps.skipped].map(|count| count.to_string())
}

/// The line that names the columns.
pub(super) fn steps_head() -> String {
    let mut sheet = String::new();
    let columns = [
        "run_id",
        "run",
        "procedure",
        "version",
        "step_number",
        "step",
        "state",
        "assignee",
        "due_at",
        "done_at",
        "done_by",
        "late",
        "reason",
        "signed_by",
        "signed_at",
    ];
    line(&mut sheet, columns);
    sheet
}

pub(super) fn step(sheet: &mut String, step: &ReportedStep, zone: &TimeZone) {
    let at = |at: Option<Timestamp>| at.map(|at| moment(at, zone)).unwrap_or_default();
    let late = step.late().map_or("", |late| if late { "yes" } else { "no" });
    line(
        sheet,
        [
            step.run_id.to_string().as_str(),
            &step.run,
            &step.procedure,
            &step.version.to_string(),
            &step.position.to_string(),
            &step.title,
            step.state(),
            step.assignee.as_deref().unwrap_or_default(),
            &at(step.due_at),
            &at(step.done_at),
            step.done_by.as_deref().unwrap_or_default(),
            late,
            &step.reason,
            step.signed_by.as_deref().unwrap_or_default(),
            &at(step.signed_at),
        ],
    );
}

/// `2026-11-24T14:00:05+01:00`
fn moment(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_where_the_organisation_is() {
        let at: Timestamp = "2026-11-24T13:00:05.9Z".parse().unwrap();
        assert_eq!(moment(at, &TimeZone::get("Europe/Berlin").unwrap()), "2026-11-24T14:00:05+01:00");
        assert_eq!(moment(at, &TimeZone::UTC), "2026-11-24T13:00:05+00:00");
    }
}
