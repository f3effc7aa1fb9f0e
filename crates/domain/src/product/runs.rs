//! Runs: one execution of a procedure, pinned to the version it was started with.

use jiff::Timestamp;
use tenancy::{Query, Row, tenant_statements};
use uuid::Uuid;

use super::procedures::ProcedureId;
use crate::id::id_type;
use crate::text::text_type;
use crate::{Error, Listing, OrgTx, Page, Permission, Read, Result};

tenant_statements! {
    /// The page first, then the steps of all its runs at once: a third less work than asking for each run.
    LIST = "
        with page as materialized (
               select * from runs as run where run.organisation_id = $1 and run.id < $2 order by run.id desc limit 51),
             counted as (
               select step.run_id, count(*) as total, count(step.done_at) as done
                 from steps as step
                where step.organisation_id = $1 and step.run_id = any (array(select page.id from page))
                group by step.run_id)
        select page.id, page.name, version.name, page.procedure_id, version.number,
               coalesce(counted.total, 0), coalesce(counted.done, 0),
               page.started_at, starter.name, page.completed_at
          from page
          join procedure_versions as version on version.organisation_id = $1 and version.id = page.version_id
          left join counted on counted.run_id = page.id
          left join users as starter on starter.id = page.started_by
         order by page.id desc";
    SHOW = "
        select run.id, run.name, version.name, run.procedure_id, version.number,
               (select count(*) from steps as step where step.organisation_id = $1 and step.run_id = run.id),
               (select count(*) from steps as step
                 where step.organisation_id = $1 and step.run_id = run.id and step.done_at is not null),
               run.started_at, starter.name, run.completed_at
          from runs as run
          join procedure_versions as version on version.organisation_id = $1 and version.id = run.version_id
          left join users as starter on starter.id = run.started_by
         where run.organisation_id = $1 and run.id = $2";
    STEPS = "
        select step.id, step.position, template.title, template.details, step.done_at, doer.name
          from steps as step
          join version_steps as template on template.organisation_id = $1 and template.id = step.version_step_id
          left join users as doer on doer.id = step.done_by
         where step.organisation_id = $1 and step.run_id = $2
         order by step.position";
    STARTABLE = "
        select procedure.id, version.name, version.number
          from procedures as procedure
          join procedure_versions as version on version.organisation_id = $1
               and version.procedure_id = procedure.id and version.number = procedure.version
         where procedure.organisation_id = $1
         order by lower(version.name), procedure.id limit 500";
    NEWEST_VERSION = "
        select version.id
          from procedures as procedure
          left join procedure_versions as version on version.organisation_id = $1
               and version.procedure_id = procedure.id and version.number = procedure.version
         where procedure.organisation_id = $1 and procedure.id = $2";
    START = "
        insert into runs (organisation_id, id, procedure_id, version_id, name, started_by)
        values ($1, $2, $3, $4, $5, $6)";
    START_STEPS = "
        insert into steps (organisation_id, id, run_id, version_step_id, position)
        select $1, gen_random_uuid(), $2, template.id, template.position
          from version_steps as template
         where template.organisation_id = $1 and template.version_id = $3";
    /// Ticks of one run queue up behind this row, so that the last of them completes it.
    LOCK = "
        select id from runs where organisation_id = $1 and id = $2 for no key update";
    STEP = "
        select step.done_by, doer.name
          from steps as step left join users as doer on doer.id = step.done_by
         where step.organisation_id = $1 and step.run_id = $2 and step.id = $3";
    TICK = "
        update steps set done_by = $3, done_at = now() where organisation_id = $1 and id = $2 and done_at is null";
    UNDO = "
        update steps set done_by = null, done_at = null where organisation_id = $1 and id = $2";
    RECORD = "
        insert into step_events (organisation_id, id, step_id, what, who) values ($1, $2, $3, $4, $5)";
    /// Completed when its last step is done; in progress again when one is undone.
    SETTLE = "
        update runs as run
           set completed_at = case when exists (select from steps as step
                                                 where step.organisation_id = $1 and step.run_id = $2
                                                   and step.done_at is null)
                                   then null else coalesce(run.completed_at, now()) end
         where run.organisation_id = $1 and run.id = $2";
}

id_type! {
    /// A run.
    RunId
}
id_type! {
    /// A step of a run.
    StepId
}
text_type! {
    /// 1 to 120 characters on one line. Field `name`.
    RunName, "name", 1..=120, lines: false
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Steps are left.
    InProgress,
    /// All steps are done.
    Completed,
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Still to do.
    ToDo,
    /// Ticked.
    Done,
}

/// A run as a list shows it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct RunSummary {
    /// Its id.
    pub id: RunId,
    /// Its name.
    pub name: String,
    /// The procedure's name, as it was in the version.
    pub procedure: String,
    /// The procedure.
    pub procedure_id: ProcedureId,
    /// The version it is pinned to.
    pub version: i32,
    /// In progress or completed.
    pub state: RunState,
    /// Steps in all.
    pub steps: i64,
    /// Steps done.
    pub done: i64,
    /// When it was started.
    pub started_at: Timestamp,
    /// By whom; unknown once they left.
    pub started_by: Option<String>,
    /// When its last step was done.
    pub completed_at: Option<Timestamp>,
}

/// A step of a run.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Step {
    /// Its id.
    pub id: StepId,
    /// Counts from 1.
    pub position: i32,
    /// What to do.
    pub title: String,
    /// How to do it.
    pub details: String,
    /// To do or done.
    pub state: StepState,
    /// When it was ticked.
    pub done_at: Option<Timestamp>,
    /// By whom; unknown once they left.
    pub done_by: Option<String>,
}

/// A run with its steps.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Run {
    /// What lists show.
    #[serde(flatten)]
    pub summary: RunSummary,
    /// In order.
    #[serde(rename = "run_steps")]
    pub steps: Vec<Step>,
}

/// A procedure that has a version to start a run with.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Startable {
    /// The procedure.
    pub procedure_id: ProcedureId,
    /// Its name in the newest version.
    pub name: String,
    /// Number of the newest version.
    pub version: i32,
}

/// The organisation's runs, newest first.
pub fn list(page: Page) -> Read<Listing<RunSummary>> {
    Read::new(Permission::RunsRead, [Query::new(LIST).bind(page.bound())], |[rows]| {
        Ok(Listing::from_one_more(rows.iter().map(summary).collect(), |item| item.id.uuid()))
    })
}

/// The runs, and what a new one can be started from.
pub fn list_and_startable(page: Page) -> Read<(Listing<RunSummary>, Vec<Startable>)> {
    let queries = [Query::new(LIST).bind(page.bound()), Query::new(STARTABLE)];
    Read::new(Permission::RunsRead, queries, |[runs, procedures]| {
        let listing = Listing::from_one_more(runs.iter().map(summary).collect(), |item: &RunSummary| item.id.uuid());
        Ok((listing, procedures.iter().map(startable_from).collect()))
    })
}

/// One run with its steps.
pub fn show(run: RunId) -> Read<Run> {
    let queries = [Query::new(SHOW).bind(run.uuid()), Query::new(STEPS).bind(run.uuid())];
    Read::new(Permission::RunsRead, queries, |[run, steps]| {
        let row = run.first().ok_or(Error::NotFound)?;
        Ok(Run { summary: summary(row), steps: steps.iter().map(step).collect() })
    })
}

/// Starts a run of the procedure's newest version; conflict `not_published` where it has none.
pub async fn start(tx: &mut OrgTx, procedure: ProcedureId, name: &RunName) -> Result<RunId> {
    tx.require(Permission::RunsWork)?;
    let row = tx.one(Query::new(NEWEST_VERSION).bind(procedure.uuid())).await?;
    let Some(version) = row.get::<_, Option<Uuid>>(0) else {
        return Err(Error::Conflict {
            code: "not_published",
            message: "This procedure is still a draft. Publish it, then start a run.".to_owned(),
        });
    };
    let run = RunId::from(Uuid::now_v7());
    let query = Query::new(START).bind(run.uuid()).bind(procedure.uuid()).bind(version);
    let who = tx.who();
    tx.rows(query.bind(name.as_str().to_owned()).bind(who)).await?;
    tx.rows(Query::new(START_STEPS).bind(run.uuid()).bind(version)).await?;
    Ok(run)
}

/// Ticks a step. Ticking it twice is harmless; conflict `already_done` where somebody else was first.
pub async fn tick(tx: &mut OrgTx, run: RunId, step: StepId) -> Result<()> {
    tx.require(Permission::RunsWork)?;
    let who = tx.who();
    match doer(tx, run, step).await? {
        Some((id, _)) if id == who => return Ok(()),
        Some((_, name)) => {
            let name = name.unwrap_or_else(|| "A former member".to_owned());
            return Err(Error::Conflict { code: "already_done", message: format!("{name} ticked this step already.") });
        }
        None => tx.rows(Query::new(TICK).bind(step.uuid()).bind(who)).await?,
    };
    record(tx, run, step, "done").await
}

/// Takes a tick back. Harmless where there is none.
pub async fn undo(tx: &mut OrgTx, run: RunId, step: StepId) -> Result<()> {
    tx.require(Permission::RunsWork)?;
    if doer(tx, run, step).await?.is_none() {
        return Ok(());
    }
    tx.rows(Query::new(UNDO).bind(step.uuid())).await?;
    record(tx, run, step, "undone").await
}

/// Takes the run for this transaction and says who ticked the step, by id and name.
async fn doer(tx: &mut OrgTx, run: RunId, step: StepId) -> Result<Option<(String, Option<String>)>> {
    tx.one(Query::new(LOCK).bind(run.uuid())).await?;
    let row = tx.one(Query::new(STEP).bind(run.uuid()).bind(step.uuid())).await?;
    Ok(row.get::<_, Option<String>>(0).map(|id| (id, row.get(1))))
}

async fn record(tx: &mut OrgTx, run: RunId, step: StepId, what: &'static str) -> Result<()> {
    let event = Query::new(RECORD).bind(Uuid::now_v7()).bind(step.uuid()).bind(what).bind(tx.who());
    tx.rows(event).await?;
    tx.rows(Query::new(SETTLE).bind(run.uuid())).await.map(drop)
}

fn summary(row: &Row) -> RunSummary {
    let completed_at: Option<Timestamp> = row.get(9);
    RunSummary {
        id: row.get::<_, Uuid>(0).into(),
        name: row.get(1),
        procedure: row.get(2),
        procedure_id: row.get::<_, Uuid>(3).into(),
        version: row.get(4),
        state: if completed_at.is_some() { RunState::Completed } else { RunState::InProgress },
        steps: row.get(5),
        done: row.get(6),
        started_at: row.get(7),
        started_by: row.get(8),
        completed_at,
    }
}

fn step(row: &Row) -> Step {
    let done_at: Option<Timestamp> = row.get(4);
    Step {
        id: row.get::<_, Uuid>(0).into(),
        position: row.get(1),
        title: row.get(2),
        details: row.get(3),
        state: if done_at.is_some() { StepState::Done } else { StepState::ToDo },
        done_at,
        done_by: row.get(5),
    }
}

fn startable_from(row: &Row) -> Startable {
    Startable { procedure_id: row.get::<_, Uuid>(0).into(), name: row.get(1), version: row.get(2) }
}
