//! A run's record: what was done, by whom and when, on paper.

use axum::response::{IntoResponse as _, Response};
use domain::comments::{Comment, Said};
use domain::runs::{self, Run};
use domain::steps::{SignOff, Step, StepState};
use domain::{Access, FieldErrors};
use http::HeaderValue;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::run::RunPath;
use crate::access::InOrg;
use crate::body::{At, Query};
use crate::error::{Error, Result};
use crate::paper::{Paper, Size, Style};

/// What belongs to a step stands in from it.
const INDENT: f32 = 14.0;

/// What it is to be printed on.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    paper: String,
}

/// `GET /orgs/{slug}/runs/{run}/record.pdf?paper=a4|letter`
pub(crate) async fn show(org: InOrg, At(at): At<RunPath>, Query(asked): Query<Asked>) -> Result<Response> {
    let (access, run) = org.read(|| runs::show(at.run)).await?;
    let size = match asked.paper.as_str() {
        "" => Size::A4,
        paper => Size::parse(paper).ok_or_else(|| FieldErrors::one("paper", "Paper is a4 or letter."))?,
    };
    let day = run.summary.started_at.to_zoned(access.organisation.zone()).date();
    let name = format!("inline; filename=\"run-{}-{day}-{}.pdf\"", access.organisation.slug, run.summary.id);
    // A run of a thousand steps takes a while, and nobody else has to wait for it.
    let written = tokio::task::spawn_blocking(move || record(&access, &run, size)).await;
    let mut response = written.map_err(|_| Error::Internal)??.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::try_from(name).expect("slugs, ids and days are visible ASCII"));
    Ok(response)
}

/// The same for the same state of the run: nothing in it tells when it was asked for.
fn record(access: &Access, run: &Run, size: Size) -> Result<Vec<u8>> {
    let words = Words { zone: access.organisation.zone() };
    let (summary, organisation) = (&run.summary, &access.organisation.name);
    let mut paper = Paper::new(size);
    paper.write(Style::Title, 0.0, &summary.name);
    paper.write(Style::Small, 0.0, &format!("Record of a run at {organisation}"));
    for line in words.of_run(run) {
        paper.write(Style::Plain, 0.0, &line);
    }
    let mut section = "";
    paper.write(Style::Heading, 0.0, &format!("Steps: {} of {} done", summary.done, summary.steps));
    for step in &run.steps {
        if step.section != section {
            section = &step.section;
            paper.write(Style::Heading, 0.0, if section.is_empty() { "Other steps" } else { section });
        }
        paper.write(Style::Strong, 0.0, &format!("{}. {}", step.position, step.title));
        for line in words.of_step(step) {
            paper.write(Style::Plain, INDENT, &line);
        }
        for comment in run.comments.iter().filter(|comment| comment.step_id == step.id) {
            paper.write(Style::Small, INDENT, &words.of_comment(comment));
        }
    }
    paper.finish(&summary.name, &format!("{} · {organisation}", summary.name))
}

/// The record's sentences, in the organisation's zone.
struct Words {
    zone: TimeZone,
}

impl Words {
    fn of_run(&self, run: &Run) -> Vec<String> {
        let summary = &run.summary;
        let by = match (&summary.started_by, run.scheduled) {
            (Some(name), _) => name.as_str(),
            (None, true) => "a schedule",
            (None, false) => "a former member",
        };
        let mut lines = vec![
            format!("Procedure: {}, version {}", summary.procedure, summary.version),
            format!("Started: {} by {by}", self.at(summary.started_at)),
        ];
        match (&run.cancelled, summary.completed_at) {
            (Some(cancelled), _) => {
                let by = name(cancelled.by.as_deref());
                lines.push(format!("Cancelled: {} by {by}: {}", self.at(cancelled.at), cancelled.reason));
            }
            (None, Some(at)) => lines.push(format!("Completed: {}", self.at(at))),
            (None, None) => lines.push("In progress".to_owned()),
        }
        let people = people(run);
        if !people.is_empty() {
            lines.push(format!("People: {}", people.join(", ")));
        }
        lines
    }

    fn of_step(&self, step: &Step) -> Vec<String> {
        let done = |what: &str, at: Timestamp| format!("{what}: {} by {}", self.at(at), name(step.done_by.as_deref()));
        let mut lines = vec![match (step.state, step.done_at) {
            (StepState::Skipped, Some(at)) => format!("{}: {}", done("Skipped", at), step.reason),
            (_, Some(at)) => done("Done", at),
            (StepState::Blocked, None) => format!("Problem: {}", step.reason),
            (_, None) => "To do".to_owned(),
        }];
        if let Some(assignee) = &step.assignee {
            lines.push(format!("Given to: {assignee}"));
        } else if let Some(duty) = &step.duty {
            lines.push(format!("Duty: {duty}"));
        }
        if let Some(due) = step.due_at {
            lines.push(format!("Due: {}", self.at(due)));
        }
        match (step.sign_off, step.signed_at) {
            (SignOff::Approved, Some(at)) => {
                lines.push(format!("Signed off: {} by {}", self.at(at), name(step.signed_by.as_deref())));
            }
            (SignOff::Pending | SignOff::Later, _) => lines.push("Sign-off by another person is missing".to_owned()),
            _ => {}
        }
        for field in &step.fields {
            let value =
                Some(step.value(&field.key)).filter(|value| !value.is_empty()).unwrap_or("nothing written down");
            lines.push(format!("{}: {value}", field.label));
        }
        lines
    }

    fn of_comment(&self, comment: &Comment) -> String {
        let said = comment.said.iter().map(|said| match said {
            Said::Text(text) => text.clone(),
            Said::Mention(name) => format!("@{name}"),
        });
        let (who, at) = (name(comment.written_by.as_deref()), self.at(comment.written_at));
        format!("{who}, {at}: {}", said.collect::<String>())
    }

    /// With the year, as paper is kept.
    fn at(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%a %-d %b %Y, %H:%M %Z").to_string()
    }
}

fn name(name: Option<&str>) -> &str {
    name.unwrap_or("a former member")
}

/// Everybody who did something in it, by name.
fn people(run: &Run) -> Vec<&str> {
    let mut people: Vec<&str> = run
        .steps
        .iter()
        .flat_map(|step| [&step.done_by, &step.signed_by])
        .chain(run.comments.iter().map(|comment| &comment.written_by))
        .chain([&run.summary.started_by])
        .filter_map(Option::as_deref)
        .collect();
    people.sort_unstable();
    people.dedup();
    people
}
