//! The steps of a draft: add, edit, move, remove.

use axum::response::Response;
use domain::Place;
use domain::procedures::ProcedureId;
use domain::step_templates::{self, StepTemplate, StepTemplateId, StepTitle};
use domain::{Details, FieldErrors, StepRules};
use http::StatusCode;
use serde::Deserialize;

use super::procedure::{Editing, ProcedurePath, answer, done};
use super::rules_writing::RulesWriting;
use crate::access::InOrg;
use crate::body::{At, Fields, Form};
use crate::error::Result;
use crate::flash::Flash;

/// The address of a step.
#[derive(Deserialize)]
pub(crate) struct StepPath {
    pub(crate) procedure: ProcedureId,
    pub(crate) step: StepTemplateId,
}

/// A step as it was typed, with what is wrong about it.
#[derive(Default)]
pub(crate) struct StepWriting {
    pub(crate) title: String,
    pub(crate) details: String,
    pub(crate) rules: RulesWriting,
    /// Another step that is being edited beside this.
    open: String,
    errors: FieldErrors,
    /// The field to begin in, if any.
    pub(crate) focus: &'static str,
}

/// `POST …/steps`: at the end. The next one can be typed at once.
pub(crate) async fn add(org: InOrg, At(at): At<ProcedurePath>, Form(form): Form<Fields>) -> Result<Response> {
    let mut tx = org.write().await?;
    let form = StepWriting::typed(&form);
    let (title, details) = match form.parse() {
        Ok((title, details, _)) => (title, details),
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
pub(crate) async fn edit(org: InOrg, At(at): At<StepPath>, Form(form): Form<Fields>) -> Result<Response> {
    let mut tx = org.write().await?;
    let form = StepWriting::typed(&form);
    let changed = match form.parse() {
        Ok((title, details, rules)) => {
            step_templates::edit(&mut tx, at.procedure, at.step, &title, &details).await?;
            step_templates::rule(&mut tx, at.procedure, at.step, &rules).await
        }
        Err(errors) => Err(errors.into()),
    };
    match changed {
        Ok(()) => {
            tx.commit().await?;
            done(&org, at.procedure, Flash::StepSaved, Editing::default()).await
        }
        Err(domain::Error::Invalid(errors)) => {
            drop(tx);
            let editing = Editing { step: Some((at.step, Some(form.with(errors)))), ..Editing::default() };
            answer(&org, at.procedure, StatusCode::UNPROCESSABLE_ENTITY, editing).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST …/steps/{step}/move`: `direction` up or down, or `before` another step; to the end, where that is empty.
pub(crate) async fn shift(org: InOrg, At(at): At<StepPath>, Form(form): Form<Fields>) -> Result<Response> {
    let mut tx = org.write().await?;
    let Some(place) = place(form.given("direction"), form.given("before")) else {
        let message = "Say where the step goes: up, down, or before which step.";
        return Err(FieldErrors::one("direction", message).into());
    };
    step_templates::shift(&mut tx, at.procedure, at.step, place).await?;
    tx.commit().await?;
    if org.htmx() {
        // The step has moved before one's eyes; nothing is left to say.
        let editing = Editing { step: beside(form.get("open")), ..Editing::default() };
        return answer(&org, at.procedure, StatusCode::OK, editing).await;
    }
    Ok(org.see(&format!("procedures/{}#step-{}", at.procedure, at.step), None))
}

/// `POST …/steps/{step}/remove`
pub(crate) async fn remove(org: InOrg, At(at): At<StepPath>, Form(form): Form<Fields>) -> Result<Response> {
    let mut tx = org.write().await?;
    step_templates::remove(&mut tx, at.procedure, at.step).await?;
    tx.commit().await?;
    let editing = Editing { step: beside(form.get("open")), ..Editing::default() };
    done(&org, at.procedure, Flash::StepRemoved, editing).await
}

/// Where a step is to go, as a form or a program says it.
pub(crate) fn place(direction: Option<&str>, before: Option<&str>) -> Option<Place<'static>> {
    match (direction, before) {
        (Some("up"), _) => Some(Place::Up),
        (Some("down"), _) => Some(Place::Down),
        (None, Some("")) => Some(Place::Last),
        (None, Some(step)) => step.parse().ok().map(Place::Before),
        _ => None,
    }
}

/// A step whose form stays open, with what is typed in it; the focus stays where it is.
fn beside(open: &str) -> Option<(StepTemplateId, Option<StepWriting>)> {
    open.parse().ok().map(|id| (id, None))
}

impl StepWriting {
    /// As it stands, to be edited.
    pub(crate) fn of(step: &StepTemplate, focus: &'static str) -> Self {
        let rules = RulesWriting::of(&step.rules);
        Self { title: step.title.clone(), details: step.details.clone(), rules, focus, ..Self::default() }
    }

    fn typed(form: &Fields) -> Self {
        Self {
            title: form.get("title").to_owned(),
            details: form.get("details").to_owned(),
            rules: RulesWriting::typed(form),
            open: form.get("open").to_owned(),
            ..Self::default()
        }
    }

    fn parse(&self) -> Result<(StepTitle, Details, StepRules), FieldErrors> {
        let written = FieldErrors::both(StepTitle::parse(&self.title), Details::parse(&self.details));
        FieldErrors::both(written, self.rules.parse()).map(|((title, details), rules)| (title, details, rules))
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
