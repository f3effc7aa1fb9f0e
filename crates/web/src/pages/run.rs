//! One run: its steps to tick, and how far it is.

use askama::Template;
use axum::response::Response;
use domain::Permission;
use domain::runs::{self, Run, RunId};
use http::StatusCode;
use serde::Deserialize;

use super::page;
use super::progress::Progress;
use super::shell::{Section, Shell};
use crate::access::InOrg;
use crate::body::At;
use crate::error::Result;
use crate::times::Zone;

/// The address of a run.
#[derive(Deserialize)]
pub(crate) struct RunPath {
    pub(crate) run: RunId,
}

#[derive(Template)]
#[template(path = "runs/show.html")]
struct RunPage {
    shell: Shell,
    base: String,
    here: String,
    procedure_href: String,
    zone: Zone,
    progress: Progress,
    run: Run,
    work: bool,
}

/// `GET /orgs/{slug}/runs/{run}`
pub(crate) async fn show(org: InOrg, At(at): At<RunPath>) -> Result<Response> {
    let (access, run) = org.read(|| runs::show(at.run)).await?;
    let base = org.url("runs");
    let view = RunPage {
        here: format!("{base}/{}", run.summary.id),
        procedure_href: org.url(&format!("procedures/{}", run.summary.procedure_id)),
        zone: Zone::of(&access),
        progress: Progress::of(&run.summary),
        work: access.may(Permission::RunsWork),
        shell: org.shell(&access, Section::Runs),
        base,
        run,
    };
    page(StatusCode::OK, &view)
}
