//! One run: its steps under their headings, who is here, and what happened.

use std::collections::HashMap;

use askama::Template;
use axum::response::{Html, IntoResponse as _, Response};
use domain::activity::Happened;
use domain::comments::Comment;
use domain::evidence::Field;
use domain::runs::{self, Run, RunId, RunName, RunState};
use domain::steps::{SignOff, Step, StepId, StepState};
use domain::{Access, FieldErrors, Permission};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;

use super::page;
use super::progress::Progress;
use super::shell::{Face, Section, Shell};
use super::watched::Watched;
use crate::access::InOrg;
use crate::body::{At, Fields, Form, Query};
use crate::error::Result;
use crate::flash::Flash;
use crate::markdown::Markdown;

/// The address of a run.
#[derive(Deserialize)]
pub(crate) struct RunPath {
    pub(crate) run: RunId,
}

/// What of the page is open.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Open {
    step: String,
    act: String,
    open: String,
}

/// What is being done with the step that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Act {
    /// It is looked at.
    #[default]
    Look,
    Skip,
    Problem,
    HandOver,
    Due,
    Reject,
}

/// What of the page is not as the run stands: an open step, what was typed there, what was just done or refused.
#[derive(Default)]
pub(crate) struct Shown {
    pub(crate) step: Option<StepId>,
    pub(crate) act: Act,
    pub(crate) typed: Fields,
    pub(crate) errors: FieldErrors,
    /// What is wrong with what was written down, by the field's key.
    pub(crate) wrong: Vec<(String, String)>,
    /// The dialog that is open.
    pub(crate) dialog: String,
    pub(crate) done: Option<Flash>,
    pub(crate) refusal: Option<String>,
}

#[derive(Template)]
#[template(path = "runs/show.html", blocks = ["main"])]
struct RunPage {
    shell: Shell,
    /// Whether only the main part is sent, to htmx.
    part: bool,
    base: String,
    here: String,
    /// Where the page is read again as it is now.
    again: String,
    procedure_href: String,
    progress: Progress,
    watched: Watched,
    sections: Vec<SectionOfRun>,
    viewers: Vec<Face>,
    people: Vec<Choice>,
    toast: Option<String>,
    run: Run,
    shown: Shown,
    work: bool,
}

/// Steps under one heading.
struct SectionOfRun {
    name: String,
    done: usize,
    steps: Vec<StepOfRun>,
}

/// A step as the page shows it.
struct StepOfRun {
    step: Step,
    open: bool,
    comments: Vec<Comment>,
    /// Whether the person who looks did it.
    own: bool,
    /// Whether it changed a moment ago, by somebody else's hand.
    fresh: bool,
}

/// A person to hand a step to.
struct Choice {
    id: String,
    name: String,
}

/// `GET /orgs/{slug}/runs/{run}`
pub(crate) async fn show(org: InOrg, At(at): At<RunPath>, Query(open): Query<Open>) -> Result<Response> {
    let shown =
        Shown { step: open.step.parse().ok(), act: Act::parse(&open.act), dialog: open.open, ..Shown::default() };
    answer(&org, at.run, StatusCode::OK, shown).await
}

/// `POST /orgs/{slug}/runs/{run}/rename`
pub(crate) async fn rename(org: InOrg, At(at): At<RunPath>, Form(form): Form<Fields>) -> Result<Response> {
    let mut tx = org.write().await?;
    let renamed = match RunName::parse(form.get("name")) {
        Ok(name) => runs::rename(&mut tx, at.run, &name).await,
        Err(errors) => Err(errors.into()),
    };
    finish(&org, at.run, tx, renamed, ("rename", Flash::RunRenamed), form).await
}

/// `POST /orgs/{slug}/runs/{run}/cancel`
pub(crate) async fn cancel(org: InOrg, At(at): At<RunPath>, Form(form): Form<Fields>) -> Result<Response> {
    let mut tx = org.write().await?;
    let cancelled = runs::cancel(&mut tx, at.run, form.get("reason")).await;
    finish(&org, at.run, tx, cancelled, ("cancel", Flash::RunCancelled), form).await
}

/// `POST /orgs/{slug}/runs/{run}/reopen`
pub(crate) async fn reopen(org: InOrg, At(at): At<RunPath>) -> Result<Response> {
    let mut tx = org.write().await?;
    let reopened = runs::reopen(&mut tx, at.run).await;
    finish(&org, at.run, tx, reopened, ("", Flash::RunReopened), Fields::default()).await
}

/// Commits and leads back to the page, or shows the dialog again with what is wrong.
async fn finish(
    org: &InOrg,
    run: RunId,
    tx: domain::OrgTx,
    done: domain::Result<()>,
    (dialog, flash): (&str, Flash),
    typed: Fields,
) -> Result<Response> {
    match done {
        Ok(()) => {
            tx.commit().await?;
            Ok(org.see(&format!("runs/{run}"), Some(flash)))
        }
        Err(domain::Error::Invalid(errors)) => {
            drop(tx);
            let shown = Shown { dialog: dialog.to_owned(), typed, errors, ..Shown::default() };
            answer(org, run, StatusCode::UNPROCESSABLE_ENTITY, shown).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The page, or its main part for htmx, as the run stands now.
pub(crate) async fn answer(org: &InOrg, run: RunId, status: StatusCode, shown: Shown) -> Result<Response> {
    let (access, run) = org.read(|| runs::show(run)).await?;
    let view = RunPage::new(org, &access, run, shown);
    if org.htmx() {
        return Ok((status, Html(view.as_main().render()?)).into_response());
    }
    page(status, &view)
}

impl Act {
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "skip" => Self::Skip,
            "problem" => Self::Problem,
            "hand-over" => Self::HandOver,
            "due" => Self::Due,
            "reject" => Self::Reject,
            _ => Self::Look,
        }
    }
}

impl Act {
    /// Of those that need a reason: where it goes, what it is, and the button.
    fn asks_why(self) -> Option<(&'static str, &'static str, &'static str)> {
        match self {
            Self::Skip => Some(("skip", "Why it is skipped", "Skip step")),
            Self::Problem => Some(("problem", "What is in the way", "Report problem")),
            Self::Reject => Some(("reject", "What is missing", "Ask for it again")),
            Self::Look | Self::HandOver | Self::Due => None,
        }
    }
}

impl RunPage {
    fn new(org: &InOrg, access: &Access, mut run: Run, shown: Shown) -> Self {
        let base = org.url("runs");
        let here = format!("{base}/{}", run.summary.id);
        let mut shell = org.shell(access, Section::Runs);
        let watched = Watched::of(run.revision, &run.viewers);
        shell.live = watched.stream(&shell.live, &run.summary.id.to_string());
        let me = access.person.id.to_string();
        let mut comments: HashMap<StepId, Vec<Comment>> = HashMap::new();
        for comment in std::mem::take(&mut run.comments) {
            comments.entry(comment.step_id).or_default().push(comment);
        }
        let mut sections: Vec<SectionOfRun> = Vec::new();
        for step in std::mem::take(&mut run.steps) {
            if sections.last().is_none_or(|section| section.name != step.section) {
                sections.push(SectionOfRun { name: step.section.clone(), done: 0, steps: Vec::new() });
            }
            let Some(section) = sections.last_mut() else { continue };
            section.done += usize::from(step.done_at.is_some());
            let own = step.done_by_id.as_deref() == Some(me.as_str());
            section.steps.push(StepOfRun {
                open: shown.step == Some(step.id),
                comments: comments.remove(&step.id).unwrap_or_default(),
                own,
                fresh: !own && step.done_at.is_some_and(|at| Timestamp::now().as_second() - at.as_second() < 5),
                step,
            });
        }
        Self {
            again: shown.step.map_or_else(|| here.clone(), |step| format!("{here}?step={step}")),
            part: org.htmx(),
            procedure_href: org.url(&format!("procedures/{}", run.summary.procedure_id)),
            progress: Progress::of(&run.summary),
            viewers: run.viewers.iter().map(|viewer| Face::of(&viewer.name)).collect(),
            people: run.colleagues.drain(..).map(|one| Choice { id: one.id, name: one.name }).collect(),
            toast: shown.done.map(Flash::text),
            work: access.may(Permission::RunsWork) && run.summary.state != RunState::Cancelled,
            shell,
            base,
            here,
            watched,
            sections,
            run,
            shown,
        }
    }

    fn health(&self) -> super::health::Badge {
        super::health::Badge::of(&self.run.summary)
    }

    /// Whether any step stands under a heading.
    fn has_sections(&self) -> bool {
        self.sections.iter().any(|section| !section.name.is_empty())
    }

    fn error(&self, field: &str) -> Option<&str> {
        self.shown.errors.message(field)
    }

    /// What was written into a field, or typed just now.
    fn value<'a>(&'a self, step: &'a Step, field: &'a Field) -> &'a str {
        let typed =
            self.shown.typed.given(&format!("field-{}", field.key)).filter(|_| self.shown.step == Some(step.id));
        typed.unwrap_or_else(|| step.value(&field.key))
    }

    fn wrong(&self, step: &Step, field: &Field) -> Option<&str> {
        let found = self.shown.wrong.iter().find(|(key, _)| *key == field.key && self.shown.step == Some(step.id));
        found.map(|(_, message)| message.as_str())
    }

    fn words(&self, happened: &Happened) -> String {
        let who = match (&happened.who, happened.what) {
            (Some(name), _) => name.clone(),
            (None, Some(domain::activity::What::Started)) if self.run.scheduled => "A schedule".to_owned(),
            (None, _) => "A former member".to_owned(),
        };
        let what = happened.what.map_or("changed", domain::activity::What::verb);
        let to = happened.step.as_ref().map_or("the run".to_owned(), |title| format!("“{title}”"));
        let note =
            if happened.note.is_empty() { String::new() } else { format!(": {}", happened.note.trim_end_matches('.')) };
        format!("{who} {what} {to}{note}.")
    }
}

impl StepOfRun {
    fn is_skipped(&self) -> bool {
        self.step.state == StepState::Skipped
    }

    fn is_blocked(&self) -> bool {
        self.step.state == StepState::Blocked
    }

    fn is_open_work(&self) -> bool {
        self.step.done_at.is_none()
    }

    fn to_sign(&self) -> bool {
        self.step.sign_off == SignOff::Pending
    }

    fn signed(&self) -> bool {
        self.step.sign_off == SignOff::Approved
    }

    /// Whether it is ticked where something can be written down first.
    fn asks(&self) -> bool {
        self.step.fields.iter().any(|field| field.required && self.step.value(&field.key).is_empty())
    }

    fn needs_sign_off(&self) -> bool {
        self.step.sign_off == SignOff::Later
    }

    fn details(&self) -> Markdown {
        Markdown::of(&self.step.details)
    }

    /// What was written down, label and value.
    fn evidence(&self) -> impl Iterator<Item = (&str, &str)> {
        let written = self.step.fields.iter().map(|field| (field.label.as_str(), self.step.value(&field.key)));
        written.filter(|(_, value)| !value.is_empty())
    }
}

/// What can be done with an open step beside ticking it: its name in addresses, an icon, and words.
pub(crate) const ACTS: [(&str, &str, &str); 4] = [
    ("skip", "minus", "Skip with a reason"),
    ("problem", "flag", "Report a problem"),
    ("hand-over", "users", "Hand over"),
    ("due", "calendar", "Change due date"),
];

/// The id of a field's control.
pub(crate) fn field_id(step: &Step, field: &Field) -> String {
    format!("field-{}-{}", step.id, field.key)
}
