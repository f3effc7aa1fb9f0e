//! One procedure: the draft with its steps for those who write, the checklist for those who read.

use askama::Template;
use axum::response::{Html, IntoResponse as _, Response};
use domain::procedures::{self, Procedure, ProcedureId, ProcedureState};
use domain::run_name::RunPattern;
use domain::step_templates::{StepTemplate, StepTemplateId};
use domain::versions::Version;
use domain::{Access, Permission};
use http::StatusCode;
use serde::Deserialize;

use super::new_procedure::Writing;
use super::page;
use super::publication::Publishing;
use super::rules_words::{Word, words};
use super::shell::{Section, Shell};
use super::step_templates::StepWriting;
use crate::access::InOrg;
use crate::body::{At, Fields, Form, Query};
use crate::error::Result;
use crate::flash::Flash;
use crate::markdown::Markdown;

/// The address of a procedure.
#[derive(Deserialize)]
pub(crate) struct ProcedurePath {
    pub(crate) procedure: ProcedureId,
}

/// What of the page is open.
#[derive(Deserialize)]
pub(crate) struct Open {
    step: Option<String>,
    open: Option<String>,
}

/// Forms of the page that are not as the draft stands, and what was just done.
#[derive(Default)]
pub(crate) struct Editing {
    pub(crate) about: Option<Writing>,
    /// A step being edited, with what was typed where that could not be saved.
    pub(crate) step: Option<(StepTemplateId, Option<StepWriting>)>,
    /// The field of that step to begin in, if any.
    pub(crate) step_focus: &'static str,
    pub(crate) new_step: StepWriting,
    pub(crate) publishing: Publishing,
    pub(crate) done: Option<Flash>,
}

#[derive(Template)]
#[template(path = "procedures/show.html", blocks = ["main"])]
struct ProcedurePage {
    shell: Shell,
    /// Whether only the main part is sent, to htmx.
    part: bool,
    base: String,
    here: String,
    procedure: Procedure,
    groups: Vec<Group>,
    /// Headings that there are.
    sections: Vec<String>,
    about: Writing,
    new_step: StepWriting,
    publishing: Publishing,
    toast: Option<String>,
    manage: bool,
    work: bool,
}

/// Steps under one heading.
struct Group {
    name: String,
    steps: Vec<Step>,
}

/// A step of the draft.
struct Step {
    template: StepTemplate,
    /// Counts from 1, without gaps.
    number: usize,
    last: bool,
    words: Vec<Word>,
    editing: Option<StepWriting>,
}

/// `GET /orgs/{slug}/procedures/{procedure}`
pub(crate) async fn show(org: InOrg, At(at): At<ProcedurePath>, Query(open): Query<Open>) -> Result<Response> {
    let step = open.step.and_then(|id| id.parse().ok()).map(|id| (id, None));
    let publishing = Publishing::begun(open.open.as_deref() == Some("publish"));
    answer(&org, at.procedure, StatusCode::OK, Editing { step, step_focus: "title", publishing, ..Editing::default() })
        .await
}

/// `POST /orgs/{slug}/procedures/{procedure}`: name and details.
pub(crate) async fn edit(org: InOrg, At(at): At<ProcedurePath>, Form(form): Form<Writing>) -> Result<Response> {
    let mut tx = org.write().await?;
    let (name, details) = match form.parse() {
        Ok(parsed) => parsed,
        Err(errors) => {
            drop(tx);
            let editing = Editing { about: Some(form.with(errors)), ..Editing::default() };
            return answer(&org, at.procedure, StatusCode::UNPROCESSABLE_ENTITY, editing).await;
        }
    };
    procedures::edit(&mut tx, at.procedure, &name, &details).await?;
    match RunPattern::parse(&form.run_name) {
        Ok(pattern) => procedures::name_runs(&mut tx, at.procedure, &pattern).await?,
        Err(errors) => {
            drop(tx);
            let editing = Editing { about: Some(form.with(errors)), ..Editing::default() };
            return answer(&org, at.procedure, StatusCode::UNPROCESSABLE_ENTITY, editing).await;
        }
    }
    tx.commit().await?;
    done(&org, at.procedure, Flash::ProcedureSaved, Editing::default()).await
}

/// `POST /orgs/{slug}/procedures/{procedure}/archive`: out of use, or back into it where `back` says so.
pub(crate) async fn archive(org: InOrg, At(at): At<ProcedurePath>, Form(form): Form<Fields>) -> Result<Response> {
    let mut tx = org.write().await?;
    let archived = form.get("back").is_empty();
    procedures::archive(&mut tx, at.procedure, archived).await?;
    tx.commit().await?;
    let flash = if archived { Flash::ProcedureArchived } else { Flash::ProcedureBack };
    Ok(org.see(&format!("procedures/{}", at.procedure), Some(flash)))
}

/// After a change: the page's main part to htmx, the page itself to everybody else.
pub(crate) async fn done(org: &InOrg, procedure: ProcedureId, flash: Flash, editing: Editing) -> Result<Response> {
    if org.htmx() {
        answer(org, procedure, StatusCode::OK, Editing { done: Some(flash), ..editing }).await
    } else {
        Ok(org.see(&format!("procedures/{procedure}"), Some(flash)))
    }
}

/// The page, or its main part for htmx, as the draft stands now.
pub(crate) async fn answer(org: &InOrg, id: ProcedureId, status: StatusCode, editing: Editing) -> Result<Response> {
    let (access, procedure) = org.read(|| procedures::show(id)).await?;
    let view = ProcedurePage::new(org, &access, procedure, editing);
    if org.htmx() {
        return Ok((status, Html(view.as_main().render()?)).into_response());
    }
    page(status, &view)
}

impl ProcedurePage {
    fn new(org: &InOrg, access: &Access, mut procedure: Procedure, mut editing: Editing) -> Self {
        let summary = &procedure.summary;
        let about = editing.about.unwrap_or_else(|| Writing::of(&summary.name, &summary.details, &procedure.run_name));
        let base = org.url("procedures");
        let (count, editing_focus) = (procedure.steps.len(), editing.step_focus);
        let steps = std::mem::take(&mut procedure.steps).into_iter().enumerate().map(|(index, template)| {
            let open = editing.step.take_if(|(id, _)| *id == template.id);
            let editing = open.map(|(_, typed)| typed.unwrap_or_else(|| StepWriting::of(&template, editing_focus)));
            let words = words(&template.rules, &procedure.duties, &procedure.colleagues);
            Step { number: index + 1, last: index + 1 == count, words, editing, template }
        });
        let mut groups: Vec<Group> = Vec::new();
        for step in steps {
            let name = &step.template.rules.section;
            match groups.last_mut().filter(|group| group.name == *name) {
                Some(group) => group.steps.push(step),
                None => groups.push(Group { name: name.clone(), steps: vec![step] }),
            }
        }
        let named = groups.iter().map(|group| group.name.clone());
        Self {
            sections: named.filter(|name| !name.is_empty()).collect(),
            groups,
            shell: org.shell(access, Section::Procedures),
            part: org.htmx(),
            here: format!("{base}/{}", summary.id),
            base,
            about,
            new_step: editing.new_step,
            publishing: editing.publishing,
            toast: editing.done.map(Flash::text),
            manage: access.may(Permission::ProceduresManage),
            work: access.may(Permission::RunsWork),
            procedure,
        }
    }

    /// Where the draft stands against what runs use.
    fn standing(&self) -> String {
        let summary = &self.procedure.summary;
        if self.archived() {
            return "Archived: no run is started with it any more.".to_owned();
        }
        match (summary.version, summary.changed) {
            (None, _) => "A draft. Runs can be started once it is published.".to_owned(),
            (Some(version), false) => format!("Version {version}, as runs use it."),
            (Some(version), true) => {
                format!("Draft of version {}. Runs use version {version} until it is published.", version + 1)
            }
        }
    }

    fn published(&self) -> bool {
        self.procedure.summary.state == ProcedureState::Published
    }

    /// Whether there is something to publish.
    fn publishable(&self) -> bool {
        self.manage && !self.archived() && self.procedure.summary.changed && self.count() > 0
    }

    fn count(&self) -> usize {
        self.groups.iter().map(|group| group.steps.len()).sum()
    }

    fn archived(&self) -> bool {
        self.procedure.archived_at.is_some()
    }

    fn next_version(&self) -> i32 {
        self.procedure.summary.version.unwrap_or(0) + 1
    }

    /// The step being edited: forms beside it send it along, so that it stays open.
    fn open_step(&self) -> Option<StepTemplateId> {
        let mut steps = self.groups.iter().flat_map(|group| &group.steps);
        steps.find(|step| step.editing.is_some()).map(|step| step.template.id)
    }

    /// Begins the ids of the new step's fields. A morph keeps what is typed where ids stay: each new step has its own.
    fn new_step_key(&self) -> String {
        format!("new-{}", self.count() + 1)
    }

    fn runs_in_progress(&self) -> Option<String> {
        match self.procedure.runs_in_progress {
            0 => None,
            1 => Some("One run is in progress. It keeps its version to its end.".to_owned()),
            number => Some(format!("{number} runs are in progress. They keep their versions to their end.")),
        }
    }

    fn versions(&self) -> &[Version] {
        &self.procedure.versions
    }
}

impl Step {
    /// Begins the ids of its fields, so that what is typed for one step never ends up in another.
    fn key(&self) -> String {
        format!("edit-{}", self.template.id)
    }

    fn details(&self) -> Markdown {
        Markdown::of(&self.template.details)
    }
}
