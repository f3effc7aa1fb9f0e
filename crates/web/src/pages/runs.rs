//! The list of runs, and the dialog that starts one.

use askama::Template;
use axum::response::Response;
use domain::procedures::ProcedureId;
use domain::runs::{self, RunName, RunState, RunSummary, Startable};
use domain::{Access, FieldErrors, Listing, Page, Permission};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;

use super::page;
use super::paging::{Before, Paging};
use super::progress::Progress;
use super::shell::{Section, Shell};
use crate::access::InOrg;
use crate::body::{Form, Query};
use crate::error::Result;
use crate::flash::Flash;
use crate::times::Zone;

#[derive(Template)]
#[template(path = "runs/list.html")]
struct Runs {
    shell: Shell,
    base: String,
    runs: Vec<Row>,
    paging: Paging,
    startable: Vec<Choice>,
    starting: Starting,
    manage: bool,
    work: bool,
}

struct Row {
    summary: RunSummary,
    progress: Progress,
}

/// A procedure to start a run of.
struct Choice {
    id: ProcedureId,
    label: String,
    chosen: bool,
}

/// What of the page is open.
#[derive(Deserialize)]
pub(crate) struct Open {
    open: Option<String>,
    procedure: Option<String>,
}

/// The dialog as it was typed, with what is wrong about it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Starting {
    procedure: String,
    name: String,
    /// Whether the page begins with the dialog open.
    #[serde(skip)]
    open: bool,
    #[serde(skip)]
    errors: FieldErrors,
}

/// `GET /orgs/{slug}/runs`
pub(crate) async fn list(org: InOrg, Query(before): Query<Before>, Query(open): Query<Open>) -> Result<Response> {
    let wanted = before.page();
    let which = wanted.clone().unwrap_or_default();
    let (access, (listing, startable)) = org.read(|| runs::list_and_startable(which)).await?;
    wanted?;
    let mut starting = Starting { open: open.open.as_deref() == Some("start"), ..Starting::default() };
    if let Some(chosen) = open.procedure.and_then(|id| startable.iter().find(|one| one.procedure_id.to_string() == id))
    {
        starting.procedure = chosen.procedure_id.to_string();
        starting.name = format!("{}, {}", chosen.name, Zone::of(&access).day_in_words(Timestamp::now()));
    }
    page(StatusCode::OK, &Runs::new(&org, &access, which, listing, startable, starting))
}

/// `POST /orgs/{slug}/runs`
pub(crate) async fn start(org: InOrg, Form(form): Form<Starting>) -> Result<Response> {
    let mut tx = org.write().await?;
    let errors = match form.parse() {
        Ok((procedure, name)) => match runs::start(&mut tx, procedure, &name).await {
            Ok(run) => {
                tx.commit().await?;
                return Ok(org.see(&format!("runs/{run}"), Some(Flash::RunStarted)));
            }
            Err(domain::Error::Conflict { code: "not_published", message }) => FieldErrors::one("procedure", message),
            Err(error) => return Err(error.into()),
        },
        Err(errors) => errors,
    };
    drop(tx);
    let first = Page::default();
    let (access, (listing, startable)) = org.read(|| runs::list_and_startable(first)).await?;
    let starting = Starting { open: true, errors, ..form };
    page(StatusCode::UNPROCESSABLE_ENTITY, &Runs::new(&org, &access, first, listing, startable, starting))
}

impl Starting {
    fn parse(&self) -> Result<(ProcedureId, RunName), FieldErrors> {
        let none_chosen = || FieldErrors::one("procedure", "Choose a procedure.");
        FieldErrors::both(self.procedure.parse().map_err(|_| none_chosen()), RunName::parse(&self.name))
    }

    fn error(&self, field: &str) -> Option<&str> {
        self.errors.message(field)
    }
}

impl Runs {
    fn new(
        org: &InOrg,
        access: &Access,
        which: Page,
        listing: Listing<RunSummary>,
        startable: Vec<Startable>,
        starting: Starting,
    ) -> Self {
        let base = org.url("runs");
        let choices = startable.into_iter().map(|one| Choice {
            chosen: one.procedure_id.to_string() == starting.procedure,
            label: format!("{} (version {})", one.name, one.version),
            id: one.procedure_id,
        });
        Self {
            startable: choices.collect(),
            paging: Paging::new(&base, which, listing.older),
            runs: listing.items.into_iter().map(Row::from).collect(),
            manage: access.may(Permission::ProceduresManage),
            work: access.may(Permission::RunsWork),
            shell: org.shell(access, Section::Runs),
            base,
            starting,
        }
    }

    fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.paging.newest.is_none()
    }

    fn can_start(&self) -> bool {
        self.work && !self.startable.is_empty()
    }
}

impl Row {
    fn completed(&self) -> bool {
        self.summary.state == RunState::Completed
    }
}

impl From<RunSummary> for Row {
    fn from(summary: RunSummary) -> Self {
        Self { progress: Progress::of(&summary), summary }
    }
}
