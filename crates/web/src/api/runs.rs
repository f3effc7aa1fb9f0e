//! `/api/v1/orgs/{slug}/runs`

use axum::Json;
use axum::response::Response;
use domain::FieldErrors;
use domain::procedures::ProcedureId;
use domain::runs::{self, Run, RunName, RunSummary};
use http::StatusCode;
use serde::Deserialize;

use super::{Listed, created, listing};
use crate::access::InOrg;
use crate::body::{At, Json as Body, Query};
use crate::error::Result;
use crate::pages::paging::Before;
use crate::pages::run::RunPath;
use crate::pages::run_steps::StepPath;

/// A procedure's id, and what the run is called.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Starting {
    procedure_id: String,
    name: String,
}

/// `GET …/runs?before=`
pub(crate) async fn list(org: InOrg, Query(before): Query<Before>) -> Result<Json<Listed<RunSummary>>> {
    let wanted = before.page();
    let page = wanted.clone().unwrap_or_default();
    let (_, runs) = org.read(|| runs::list(page)).await?;
    wanted?;
    Ok(listing(runs))
}

/// `POST …/runs`
pub(crate) async fn start(org: InOrg, body: Body) -> Result<Response> {
    let mut tx = org.write().await?;
    let (procedure, name) = body.parse::<Starting>()?.parse()?;
    let id = runs::start(&mut tx, procedure, &name).await?;
    tx.commit().await?;
    Ok(created(&id, &org.url(&format!("runs/{id}"))))
}

/// `GET …/runs/{run}`
pub(crate) async fn show(org: InOrg, At(at): At<RunPath>) -> Result<Json<Run>> {
    let (_, run) = org.read(|| runs::show(at.run)).await?;
    Ok(Json(run))
}

/// `POST …/runs/{run}/steps/{step}/tick`
pub(crate) async fn tick(org: InOrg, At(at): At<StepPath>) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    runs::tick(&mut tx, at.run, at.step).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/runs/{run}/steps/{step}/undo`
pub(crate) async fn undo(org: InOrg, At(at): At<StepPath>) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    runs::undo(&mut tx, at.run, at.step).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Starting {
    fn parse(&self) -> Result<(ProcedureId, RunName), FieldErrors> {
        let no_id = || FieldErrors::one("procedure_id", "This is not the id of a procedure.");
        FieldErrors::both(self.procedure_id.parse().map_err(|_| no_id()), RunName::parse(&self.name))
    }
}
