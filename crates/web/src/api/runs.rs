//! `/api/v1/orgs/{slug}/runs`

use axum::Json;
use axum::response::Response;
use domain::FieldErrors;
use domain::procedures::ProcedureId;
use domain::runs::{self, Run, RunName};
use domain::tracker::{self, Tracked};
use http::StatusCode;
use serde::Deserialize;

use super::{Listed, created, listing};
use crate::access::InOrg;
use crate::body::{At, Json as Body, Query};
use crate::error::Result;
use crate::pages::paging::Before;
use crate::pages::run::RunPath;
use crate::pages::runs::Filter;

/// A procedure's id, and what the run is called.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Starting {
    procedure_id: String,
    name: String,
}

/// What it is called from now on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Renaming {
    name: String,
}

/// Why it is given up.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cancelling {
    reason: String,
}

/// `GET …/runs?before=&state=&health=&person=&procedure=&q=`: of every state, where none is said.
pub(crate) async fn list(
    org: InOrg,
    Query(before): Query<Before>,
    Query(mut filter): Query<Filter>,
) -> Result<Json<Listed<Tracked>>> {
    if filter.state.is_empty() {
        "all".clone_into(&mut filter.state);
    }
    let wanted = before.page();
    let page = wanted.clone().unwrap_or_default();
    let (_, runs) = org.read(|| tracker::list(page, &filter.wanted())).await?;
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

/// `PATCH …/runs/{run}`
pub(crate) async fn rename(org: InOrg, At(at): At<RunPath>, body: Body) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    let name = RunName::parse(&body.parse::<Renaming>()?.name)?;
    runs::rename(&mut tx, at.run, &name).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/runs/{run}/cancel`
pub(crate) async fn cancel(org: InOrg, At(at): At<RunPath>, body: Body) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    runs::cancel(&mut tx, at.run, &body.parse::<Cancelling>()?.reason).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/runs/{run}/reopen`
pub(crate) async fn reopen(org: InOrg, At(at): At<RunPath>) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    runs::reopen(&mut tx, at.run).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Starting {
    fn parse(&self) -> Result<(ProcedureId, RunName), FieldErrors> {
        let no_id = || FieldErrors::one("procedure_id", "This is not the id of a procedure.");
        FieldErrors::both(self.procedure_id.parse().map_err(|_| no_id()), RunName::parse(&self.name))
    }
}
