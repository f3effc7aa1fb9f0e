//! The steps of a draft: add, edit, move, remove.

use axum::response::Response;
use domain::procedures::ProcedureId;
use domain::step_templates::{self, Direction, StepTemplate, StepTemplateId, StepTitle};
use domain::{Details, FieldErrors};
use http::StatusCode;
use serde::Deserialize;

use super::procedure::{Editing, ProcedurePath, answer, done};
use crate::access::InOrg;
use crate::body::{At, Form};
use crate::error::Result;
use crate::flash::Flash;

/// The address of a step.
#[derive(Deserialize)]
pub(crate) struct StepPath {
    pub(crate) procedure: ProcedureId,
    pub(crate) step: StepTemplateId,
}

/// A step as it was typed, with what is wrong about it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct StepWriting {
    pub(crate) title: String,
    pub(crate) details: String,
    /// Another step that is being edited beside this.
    open: String,
    #[serde(skip)]
    errors: FieldErrors,
    /// The field to begin in, if any.
    #[serde(skip)]
    pub(crate) focus: &'static str,
}

/// Which way, and which step is being edited beside this.
#[derive(Deserialize)]
pub(crate) struct Move {
    direction: Direction,
    #[serde(default)]
    open: String,
}

/// A step goes; another may be being edited.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Removal {
    open: String,
}

/// `POST …/steps`: at the end. The next one can be typed at once.
pub(crate) async fn add(org: InOrg, At(at): At<ProcedurePath>, Form(form): Form<StepWriting>) -> Result<Response> {
    let mut tx = org.write().await?;
    let (title, details) = match form.parse() {
        Ok(parsed) => parsed,
        Err(errors) => {
            drop(tx);
            let editing = Editing { step: beside(&form.open), new_step: form.with(errors), ..Editing::default() };
            return answer(&org, at.procedure, StatusCode::UNPROCESSABLE_ENTITY, editing).await;
        }
    };
    step_templates::add(&mut tx, at.procedure, &title, &details).await?;
    tx.commit().await?;
    let new_step = StepWriting { focus: "title", ..StepWriting::default() };
    let editing = Editing { step: beside(&form.open), new_step, ..Editing::default() };
    done(&org, at.procedure, Flash::StepAdded, editing).await
}

/// `POST …/steps/{step}`
pub(crate) async fn edit(org: InOrg, At(at): At<StepPath>, Form(form): Form<StepWriting>) -> Result<Response> {
    let mut tx = org.write().await?;
    let (title, details) = match form.parse() {
        Ok(parsed) => parsed,
        Err(errors) => {
            drop(tx);
            let editing = Editing { step: Some((at.step, Some(form.with(errors)))), ..Editing::default() };
            return answer(&org, at.procedure, StatusCode::UNPROCESSABLE_ENTITY, editing).await;
        }
    };
    step_templates::edit(&mut tx, at.procedure, at.step, &title, &details).await?;
    tx.commit().await?;
    done(&org, at.procedure, Flash::StepSaved, Editing::default()).await
}

/// `POST …/steps/{step}/move`
pub(crate) async fn shift(org: InOrg, At(at): At<StepPath>, Form(form): Form<Move>) -> Result<Response> {
    let mut tx = org.write().await?;
    step_templates::shift(&mut tx, at.procedure, at.step, form.direction).await?;
    tx.commit().await?;
    if org.htmx() {
        // The step has moved before one's eyes; nothing is left to say.
        let editing = Editing { step: beside(&form.open), ..Editing::default() };
        return answer(&org, at.procedure, StatusCode::OK, editing).await;
    }
    Ok(org.see(&format!("procedures/{}#step-{}", at.procedure, at.step), None))
}

/// `POST …/steps/{step}/remove`
pub(crate) async fn remove(org: InOrg, At(at): At<StepPath>, Form(form): Form<Removal>) -> Result<Response> {
    let mut tx = org.write().await?;
    step_templates::remove(&mut tx, at.procedure, at.step).await?;
    tx.commit().await?;
    let editing = Editing { step: beside(&form.open), ..Editing::default() };
    done(&org, at.procedure, Flash::StepRemoved, editing).await
}

/// A step whose form stays open, with what is typed in it; the focus stays where it is.
fn beside(open: &str) -> Option<(StepTemplateId, Option<StepWriting>)> {
    open.parse().ok().map(|id| (id, None))
}

impl StepWriting {
    /// As it stands, to be edited.
    pub(crate) fn of(step: &StepTemplate, focus: &'static str) -> Self {
        Self { title: step.title.clone(), details: step.details.clone(), focus, ..Self::default() }
    }

    fn parse(&self) -> Result<(StepTitle, Details), FieldErrors> {
        FieldErrors::both(StepTitle::parse(&self.title), Details::parse(&self.details))
    }

    /// Begins in the first field that is wrong.
    fn with(mut self, errors: FieldErrors) -> Self {
        self.focus = errors.0.first().map_or("", |(field, _)| field);
        self.errors = errors;
        self
    }

    pub(crate) fn error(&self, field: &str) -> Option<&str> {
        self.errors.message(field)
    }
}
