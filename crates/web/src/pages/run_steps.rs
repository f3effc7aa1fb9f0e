//! The steps of a run: tick, and take a tick back.

use askama::Template;
use axum::response::{Html, IntoResponse as _, Response};
use domain::runs::{self, Run, RunId, Step, StepId};
use http::StatusCode;
use serde::Deserialize;

use super::progress::Progress;
use crate::access::InOrg;
use crate::body::At;
use crate::error::{Error, Result};
use crate::times::Zone;

/// The address of a step.
#[derive(Deserialize)]
pub(crate) struct StepPath {
    pub(crate) run: RunId,
    pub(crate) step: StepId,
}

/// The step as it is now, with the run's progress beside it.
#[derive(Template)]
#[template(path = "runs/ticked.html")]
struct Ticked<'a> {
    here: String,
    procedure_href: String,
    zone: Zone,
    run: &'a Run,
    step: &'a Step,
    progress: Progress,
    work: bool,
    /// Why it is not as the person wanted.
    refusal: Option<String>,
    /// The last step was just ticked.
    completed: bool,
    toast: String,
}

/// `POST …/steps/{step}/tick`
pub(crate) async fn tick(org: InOrg, At(at): At<StepPath>) -> Result<Response> {
    let mut tx = org.write().await?;
    match runs::tick(&mut tx, at.run, at.step).await {
        Ok(()) => {
            tx.commit().await?;
            answer(&org, &at, true, None).await
        }
        Err(domain::Error::Conflict { code: "already_done", message }) if org.htmx() => {
            drop(tx);
            answer(&org, &at, false, Some(message)).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST …/steps/{step}/undo`
pub(crate) async fn undo(org: InOrg, At(at): At<StepPath>) -> Result<Response> {
    let mut tx = org.write().await?;
    runs::undo(&mut tx, at.run, at.step).await?;
    tx.commit().await?;
    answer(&org, &at, false, None).await
}

/// The changed step to htmx, the run's page to everybody else.
async fn answer(org: &InOrg, at: &StepPath, ticked: bool, refusal: Option<String>) -> Result<Response> {
    let here = format!("runs/{}", at.run);
    if !org.htmx() {
        return Ok(org.see(&format!("{here}#step-{}", at.step), None));
    }
    let (access, run) = org.read(|| runs::show(at.run)).await?;
    let step = run.steps.iter().find(|step| step.id == at.step).ok_or(Error::NotFound)?;
    let progress = Progress::of(&run.summary);
    let view = Ticked {
        here: org.url(&here),
        procedure_href: org.url(&format!("procedures/{}", run.summary.procedure_id)),
        zone: Zone::of(&access),
        completed: ticked && progress.is_complete(),
        toast: format!("“{}” is completed.", run.summary.name),
        // The route's permission is the one that ticking needs.
        work: true,
        run: &run,
        step,
        progress,
        refusal,
    };
    let status = if view.refusal.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    Ok((status, Html(view.render()?)).into_response())
}
