//! The steps of a run: tick and take back, skip, report, write down, hand over, sign off, comment.

use std::collections::HashMap;

use axum::response::Response;
use domain::OrgTx;
use domain::comments::{self, CommentText};
use domain::runs::RunId;
use domain::steps::{self, StepId, WriteError};
use http::StatusCode;
use jiff::civil::Date;
use serde::Deserialize;

use super::my_work;
use super::run::{Act, Shown, answer};
use crate::access::InOrg;
use crate::body::{At, Fields, Form};
use crate::error::Result;
use crate::flash::Flash;

/// When a step is due on a day that somebody chooses.
const END_OF_WORK: (i8, i8) = (18, 0);

/// The address of a step.
#[derive(Deserialize)]
pub(crate) struct StepPath {
    pub(crate) run: RunId,
    pub(crate) step: StepId,
}

/// What follows from what was done: whether the step stays open, and what is said.
#[derive(Default)]
struct After {
    stays: bool,
    /// The form to show again where something is wrong in it.
    act: Act,
    said: Option<Flash>,
}

/// `POST …/steps/{step}/tick`
pub(crate) async fn tick(org: InOrg, At(at): At<StepPath>, Form(form): Form<Fields>) -> Result<Response> {
    let mut tx = org.write().await?;
    let done = steps::tick(&mut tx, at.run, at.step).await;
    finish(&org, &at, form, tx, done, After { stays: false, ..After::default() }).await
}

/// `POST …/steps/{step}/undo`
pub(crate) async fn undo(org: InOrg, At(at): At<StepPath>, Form(form): Form<Fields>) -> Result<Response> {
    let mut tx = org.write().await?;
    let done = steps::undo(&mut tx, at.run, at.step).await;
    finish(&org, &at, form, tx, done, After::default()).await
}

/// `POST …/steps/{step}/skip`
pub(crate) async fn skip(org: InOrg, At(at): At<StepPath>, Form(form): Form<Fields>) -> Result<Response> {
    let mut tx = org.write().await?;
    let done = steps::skip(&mut tx, at.run, at.step, seen(&form), form.get("reason")).await;
    finish(&org, &at, form, tx, done, After { act: Act::Skip, ..After::default() }).await
}

/// `POST …/steps/{step}/problem`
pub(crate) async fn problem(org: InOrg, At(at): At<StepPath>, Form(form): Form<Fields>) -> Result<Response> {
    let mut tx = org.write().await?;
    let done = steps::report(&mut tx, at.run, at.step, seen(&form), form.get("reason")).await;
    finish(&org, &at, form, tx, done, After { act: Act::Problem, ..After::default() }).await
}

/// `POST …/steps/{step}/resolve`
pub(crate) async fn resolve(org: InOrg, At(at): At<StepPath>, Form(form): Form<Fields>) -> Result<Response> {
    let mut tx = org.write().await?;
    let done = steps::resolve(&mut tx, at.run, at.step).await;
    finish(&org, &at, form, tx, done, After { stays: true, ..After::default() }).await
}

/// `POST …/steps/{step}/write`: what the step asks for; ticked with it where `and` says `tick`.
pub(crate) async fn write(org: InOrg, At(at): At<StepPath>, Form(form): Form<Fields>) -> Result<Response> {
    let mut tx = org.write().await?;
    let typed: HashMap<String, String> = form.beginning_with("field-").collect();
    let ticks = form.get("and") == "tick";
    let written = match steps::write(&mut tx, at.run, at.step, seen(&form), &typed).await {
        Ok(()) if ticks => steps::tick(&mut tx, at.run, at.step).await,
        Ok(()) => Ok(()),
        Err(WriteError::Wrong(wrong)) => {
            drop(tx);
            let shown = Shown { step: Some(at.step), typed: form, wrong, ..Shown::default() };
            return answer(&org, at.run, StatusCode::UNPROCESSABLE_ENTITY, shown).await;
        }
        Err(WriteError::Other(error)) => Err(error),
    };
    finish(
        &org,
        &at,
        form,
        tx,
        written,
        After { stays: !ticks, said: (!ticks).then_some(Flash::Written), ..After::default() },
    )
    .await
}

/// `POST …/steps/{step}/assign`: to nobody, where no person is said.
pub(crate) async fn assign(org: InOrg, At(at): At<StepPath>, Form(form): Form<Fields>) -> Result<Response> {
    let mut tx = org.write().await?;
    let to = Some(form.get("assignee")).filter(|to| !to.is_empty());
    let done = steps::assign(&mut tx, at.run, at.step, seen(&form), to).await;
    finish(&org, &at, form, tx, done, After { act: Act::HandOver, ..After::default() }).await
}

/// `POST …/steps/{step}/due`: at the end of a day; never, where none is said.
pub(crate) async fn due(org: InOrg, At(at): At<StepPath>, Form(form): Form<Fields>) -> Result<Response> {
    let mut tx = org.write().await?;
    let zone = tx.access().organisation.zone();
    let day = match form.get("due") {
        "" => Ok(None),
        day => match day.parse::<Date>() {
            Ok(day) => Ok(day.at(END_OF_WORK.0, END_OF_WORK.1, 0, 0).to_zoned(zone).ok().map(|at| at.timestamp())),
            Err(_) => Err(domain::FieldErrors::one("due", "Write a day that exists, as 2026-11-24.")),
        },
    };
    let done = match day {
        Ok(day) => steps::due(&mut tx, at.run, at.step, seen(&form), day).await,
        Err(errors) => Err(errors.into()),
    };
    finish(&org, &at, form, tx, done, After { act: Act::Due, ..After::default() }).await
}

/// `POST …/steps/{step}/approve`
pub(crate) async fn approve(org: InOrg, At(at): At<StepPath>, Form(form): Form<Fields>) -> Result<Response> {
    let mut tx = org.write().await?;
    let done = steps::approve(&mut tx, at.run, at.step).await;
    finish(&org, &at, form, tx, done, After { said: Some(Flash::SignedOff), ..After::default() }).await
}

/// `POST …/steps/{step}/reject`
pub(crate) async fn reject(org: InOrg, At(at): At<StepPath>, Form(form): Form<Fields>) -> Result<Response> {
    let mut tx = org.write().await?;
    let done = steps::reject(&mut tx, at.run, at.step, form.get("reason")).await;
    finish(&org, &at, form, tx, done, After { act: Act::Reject, ..After::default() }).await
}

/// `POST …/steps/{step}/comments`
pub(crate) async fn comment(org: InOrg, At(at): At<StepPath>, Form(form): Form<Fields>) -> Result<Response> {
    let mut tx = org.write().await?;
    let done = match CommentText::parse(form.get("text")) {
        Ok(text) => comments::write(&mut tx, at.run, at.step, &text).await.map(drop),
        Err(errors) => Err(errors.into()),
    };
    finish(&org, &at, form, tx, done, After { stays: true, ..After::default() }).await
}

/// Which changes of the step the page had seen.
fn seen(form: &Fields) -> Option<i32> {
    form.get("revision").parse().ok()
}

/// Commits and shows the run as it is now; or shows why not, with what was typed.
async fn finish(
    org: &InOrg,
    at: &StepPath,
    form: Fields,
    tx: OrgTx,
    done: domain::Result<()>,
    after: After,
) -> Result<Response> {
    let open = form.get("open").parse().ok().filter(|open| *open != at.step);
    let refused = match done {
        Ok(()) => {
            tx.commit().await?;
            if form.get("from") == "my-work" {
                return my_work::back(org).await;
            }
            let step = if after.stays { Some(at.step) } else { open };
            if org.htmx() {
                return answer(org, at.run, StatusCode::OK, Shown { step, done: after.said, ..Shown::default() }).await;
            }
            let query = step.map_or_else(String::new, |step| format!("?step={step}"));
            return Ok(org.see(&format!("runs/{}{query}#step-{}", at.run, at.step), after.said));
        }
        Err(refused) => refused,
    };
    drop(tx);
    match refused {
        domain::Error::Invalid(errors) => {
            let refusal = errors.message("values").map(str::to_owned);
            let shown = Shown { step: Some(at.step), act: after.act, typed: form, errors, refusal, ..Shown::default() };
            answer(org, at.run, StatusCode::UNPROCESSABLE_ENTITY, shown).await
        }
        domain::Error::Conflict { message, .. } if org.htmx() => {
            let shown = Shown { step: open, refusal: Some(message), ..Shown::default() };
            answer(org, at.run, StatusCode::CONFLICT, shown).await
        }
        refused => Err(refused.into()),
    }
}
