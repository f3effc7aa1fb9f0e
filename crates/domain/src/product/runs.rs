//! Runs: one execution of a procedure, pinned to the version it was started with.

use jiff::Timestamp;
use serde_json::{Value, json};
use tenancy::{Query, Row, Transaction, tenant_statements};
use uuid::Uuid;

use super::activity::{self, Happened};
use super::due::After;
use super::evidence::FieldValue;
use super::health::Health;
use super::procedures::ProcedureId;
use super::run_name::RunPattern;
use super::step_rules::{Assignee, StepRules};
use super::steps::Step;
use super::viewers::{self, Viewer};
use super::{comments, steps};
use crate::id::id_type;
use crate::text::{clean, text_type};
use crate::{Error, OrgTx, Permission, Read, Result};

tenant_statements! {
    SHOW = "
        select run.id, run.name, version.name, run.procedure_id, version.number,
               (select count(*) from steps as step where step.organisation_id = $1 and step.run_id = run.id),
               (select count(*) from steps as step
                 where step.organisation_id = $1 and step.run_id = run.id and step.done_at is not null),
               run.started_at, starter.name, run.completed_at, run.cancelled_at,
               (select max(step.due_at) from steps as step where step.organisation_id = $1 and step.run_id = run.id),
               (select bool_or(step.problem) from steps as step where step.organisation_id = $1 and step.run_id = run.id),
               (select min(step.due_at) from steps as step
                 where step.organisation_id = $1 and step.run_id = run.id and step.done_at is null),
               now(), run.reason, canceller.name, run.revision, run.schedule_id is not null
          from runs as run
          join procedure_versions as version on version.organisation_id = $1 and version.id = run.version_id
          left join users as starter on starter.id = run.started_by
          left join users as canceller on canceller.id = run.cancelled_by
         where run.organisation_id = $1 and run.id = $2";
    STARTABLE = "
        select procedure.id, version.name, version.number, version.run_name
          from procedures as procedure
          join procedure_versions as version on version.organisation_id = $1
               and version.procedure_id = procedure.id and version.number = procedure.version
         where procedure.organisation_id = $1 and procedure.archived_at is null
         order by lower(version.name), procedure.id limit 500";
    NEWEST_VERSION = "
        select version.id, procedure.archived_at is not null
          from procedures as procedure
          left join procedure_versions as version on version.organisation_id = $1
               and version.procedure_id = procedure.id and version.number = procedure.version
         where procedure.organisation_id = $1 and procedure.id = $2";
    NAMING = "
        select coalesce(version.name, procedure.name), coalesce(version.run_name, procedure.run_name), now()
          from procedures as procedure
          left join procedure_versions as version on version.organisation_id = $1
               and version.procedure_id = procedure.id and version.number = procedure.version
         where procedure.organisation_id = $1 and procedure.id = $2";
    TO_DO = "
        select step.id, to_jsonb(step),
               (select membership.user_id from memberships as membership
                 where membership.organisation_id = $1 and membership.user_id = step.assignee_user
                   and membership.removed_at is null)
          from version_steps as step
         where step.organisation_id = $1 and step.version_id = $2 order by step.position";
    START = "
        insert into runs (organisation_id, id, procedure_id, version_id, name, started_by, schedule_id, occurs_on)
        values ($1, $2, $3, $4, $5, $6, $7, $8::text::date)
        on conflict (organisation_id, schedule_id, occurs_on) do nothing
        returning started_at";
    START_STEPS = "
        insert into steps (organisation_id, id, run_id, version_step_id, position, must_wait, sign_off, assignee, duty_id, due_at)
        select $1, gen_random_uuid(), $2, template.id, template.position, template.must_wait, template.sign_off,
               work.assignee, work.duty, work.due_at
          from jsonb_to_recordset($4) as work (step uuid, assignee text, duty uuid, due_at timestamptz)
          join version_steps as template on template.organisation_id = $1 and template.id = work.step
         where template.version_id = $3";
    /// Changes of one run queue up behind this row, so that the last of them completes it.
    LOCK = "
        select cancelled_at is not null, completed_at is not null, name from runs
         where organisation_id = $1 and id = $2 for no key update";
    /// Completed when its last step is done and signed; in progress again when one is undone.
    SETTLE = "
        update runs as run
           set revision = run.revision + 1,
               completed_at = case when exists (select from steps as step
                                                 where step.organisation_id = $1 and step.run_id = $2
                                                   and (step.done_at is null or (step.sign_off and step.signed_at is null)))
                                   then null else coalesce(run.completed_at, now()) end
         where run.organisation_id = $1 and run.id = $2";
    CANCEL = "
        update runs set cancelled_at = now(), cancelled_by = $3, reason = $4, revision = revision + 1
         where organisation_id = $1 and id = $2";
    REOPEN = "
        update runs set cancelled_at = null, cancelled_by = null, reason = '', revision = revision + 1
         where organisation_id = $1 and id = $2";
    RENAME = "
        update runs set name = $3, revision = revision + 1 where organisation_id = $1 and id = $2";
}

id_type! {
    /// A run.
    RunId
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
    /// Given up.
    Cancelled,
}

impl RunState {
    /// As written in addresses and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    /// From its written form.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::InProgress, Self::Completed, Self::Cancelled].into_iter().find(|state| state.as_str() == text)
    }
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
    /// In progress, completed or cancelled.
    pub state: RunState,
    /// How it goes, as long as it is in progress.
    pub health: Option<Health>,
    /// Steps in all.
    pub steps: i64,
    /// Steps done or skipped.
    pub done: i64,
    /// When its last step is due.
    pub due_at: Option<Timestamp>,
    /// When it was started.
    pub started_at: Timestamp,
    /// By whom; nobody where a schedule did it, unknown once they are forgotten.
    pub started_by: Option<String>,
    /// When its last step was done.
    pub completed_at: Option<Timestamp>,
}

/// A run with its steps.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Run {
    /// What lists show.
    #[serde(flatten)]
    pub summary: RunSummary,
    /// Why it was cancelled, and by whom.
    pub cancelled: Option<Cancelled>,
    /// Whether a schedule started it.
    pub scheduled: bool,
    /// In order.
    #[serde(rename = "run_steps")]
    pub steps: Vec<Step>,
    /// What was said, oldest first.
    pub comments: Vec<comments::Comment>,
    /// What happened lately, newest first.
    pub activity: Vec<Happened>,
    /// Who looks at it at this moment.
    #[serde(skip)]
    pub viewers: Vec<Viewer>,
    /// Whom steps can be handed to.
    #[serde(skip)]
    pub colleagues: Vec<super::duties::Colleague>,
    /// Counts what happened in it: whoever has read it once can ask whether there is more.
    pub revision: i32,
}

/// How a run ended early.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Cancelled {
    /// When.
    pub at: Timestamp,
    /// By whom; unknown once they are forgotten.
    pub by: Option<String>,
    /// Why.
    pub reason: String,
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
    /// What its runs are called.
    pub run_name: String,
}

/// Who or what starts a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Starter {
    /// A person, by Clerk's id.
    Person(String),
    /// A schedule, for a day of the calendar.
    Schedule {
        /// Which.
        id: Uuid,
        /// `2026-11-24`.
        occurs_on: String,
    },
}

/// The statement that lists what runs can be started from, to travel with others.
pub(super) fn startable() -> Query {
    Query::new(STARTABLE)
}

/// One run with its steps.
pub fn show(run: RunId) -> Read<Run> {
    let queries = [
        Query::new(SHOW).bind(run.uuid()),
        steps::of_run(run),
        steps::values_of_run(run),
        comments::of_run(run),
        activity::of_run(run),
        viewers::of_run(run),
        super::duties::people(),
    ];
    Read::new(Permission::RunsRead, queries, |[run, steps, values, comments, activity, viewers, people]| {
        let row = run.first().ok_or(Error::NotFound)?;
        let summary = summary(row);
        let cancelled = row.get::<_, Option<Timestamp>>(10);
        let values =
            values.iter().map(|row| (row.get::<_, Uuid>(0), FieldValue { key: row.get(1), value: row.get(2) }));
        Ok(Run {
            cancelled: cancelled.map(|at| Cancelled { at, by: row.get(16), reason: row.get(15) }),
            scheduled: row.get(18),
            revision: row.get(17),
            steps: steps::from_rows(&steps, values.collect(), row.get(14)),
            comments: comments.iter().map(comments::Comment::from_row).collect(),
            activity: activity.iter().map(Happened::from_row).collect(),
            viewers: viewers.iter().map(Viewer::from_row).collect(),
            colleagues: people.iter().map(super::duties::Colleague::from_row).collect(),
            summary,
        })
    })
}

/// Starts a run of the procedure's newest version; conflict `not_published` where it has none, `archived` where it is out
/// of use.
pub async fn start(tx: &mut OrgTx, procedure: ProcedureId, name: &RunName) -> Result<RunId> {
    tx.require(Permission::RunsWork)?;
    let starter = Starter::Person(tx.who());
    let zone = tx.access().organisation.zone();
    let started = begin(tx.transaction(), procedure, name, starter, &zone).await?;
    started.ok_or(Error::NotFound)
}

/// The same, called as the procedure's newest version says.
pub async fn start_named_by_day(tx: &mut OrgTx, procedure: ProcedureId) -> Result<RunId> {
    tx.require(Permission::RunsWork)?;
    let row = tx.one(Query::new(NAMING).bind(procedure.uuid())).await?;
    let day = row.get::<_, Timestamp>(2).to_zoned(tx.access().organisation.zone()).date();
    let name = RunPattern::stored(row.get(1)).run_name(row.get(0), day);
    start(tx, procedure, &name).await
}

/// The same for whoever or whatever starts it; `None` where the schedule has started one for this day already.
pub(super) async fn begin(
    transaction: &mut Transaction,
    procedure: ProcedureId,
    name: &RunName,
    starter: Starter,
    zone: &jiff::tz::TimeZone,
) -> Result<Option<RunId>> {
    let rows = transaction.query(Query::new(NEWEST_VERSION).bind(procedure.uuid())).await?;
    let row = rows.first().ok_or(Error::NotFound)?;
    let conflict = |code, message: &str| Err(Error::Conflict { code, message: message.to_owned() });
    let Some(version) = row.get::<_, Option<Uuid>>(0) else {
        return conflict("not_published", "This procedure is still a draft. Publish it, then start a run.");
    };
    if row.get(1) {
        return conflict("archived", "This procedure is archived. Take it back into use, then start a run.");
    }
    let run = RunId::from(Uuid::now_v7());
    let (person, schedule, day) = match starter {
        Starter::Person(user) => (Some(user), None, None),
        Starter::Schedule { id, occurs_on } => (None, Some(id), Some(occurs_on)),
    };
    let query = Query::new(START).bind(run.uuid()).bind(procedure.uuid()).bind(version).bind(name.as_str().to_owned());
    let started = transaction.query(query.bind(person.clone()).bind(schedule).bind(day)).await?;
    let Some(started_at) = started.first().map(|row| row.get::<_, Timestamp>(0)) else { return Ok(None) };
    let to_do = transaction.query(Query::new(TO_DO).bind(version)).await?;
    let work: Vec<Value> = to_do.iter().map(|row| work(row, person.as_deref(), started_at, zone)).collect();
    transaction.query(Query::new(START_STEPS).bind(run.uuid()).bind(version).bind(Value::from(work))).await?;
    activity::write(transaction, run, None, activity::What::Started, person.as_deref(), "").await?;
    transaction.wake().await?;
    Ok(Some(run))
}

/// A step of a run that begins: whose it is, and when it is due.
fn work(row: &Row, starter: Option<&str>, started_at: Timestamp, zone: &jiff::tz::TimeZone) -> Value {
    let rules = StepRules::from_json(row.get(1));
    let (assignee, duty) = match &rules.assignee {
        Assignee::Starter => (starter.map(str::to_owned), None),
        // Nobody's where they have left since it was published.
        Assignee::Person(_) => (row.get(2), None),
        Assignee::Duty(duty) => (None, Some(*duty)),
    };
    let due = rules.due.filter(|due| due.after == After::Start).map(|due| due.at(started_at, zone));
    json!({ "step": row.get::<_, Uuid>(0), "assignee": assignee, "duty": duty, "due_at": due })
}

/// Gives a run up, for a reason. Conflict `completed` where nothing is left to give up; twice is harmless.
pub async fn cancel(tx: &mut OrgTx, run: RunId, reason: &str) -> Result<()> {
    tx.require(Permission::RunsWork)?;
    let reason = clean("reason", reason, 1..=300, false)?;
    let locked = lock(tx, run).await?;
    if locked.completed {
        let message = "Every step of this run is done. There is nothing left to cancel.".to_owned();
        return Err(Error::Conflict { code: "completed", message });
    }
    if locked.cancelled {
        return Ok(());
    }
    let who = tx.who();
    tx.rows(Query::new(CANCEL).bind(run.uuid()).bind(who).bind(reason.clone())).await?;
    told(tx, run, activity::What::Cancelled, &reason).await
}

/// Takes a cancelled run up again. Harmless on one that goes on.
pub async fn reopen(tx: &mut OrgTx, run: RunId) -> Result<()> {
    tx.require(Permission::RunsWork)?;
    if !lock(tx, run).await?.cancelled {
        return Ok(());
    }
    tx.rows(Query::new(REOPEN).bind(run.uuid())).await?;
    told(tx, run, activity::What::Reopened, "").await
}

/// Calls it something else.
pub async fn rename(tx: &mut OrgTx, run: RunId, name: &RunName) -> Result<()> {
    tx.require(Permission::RunsWork)?;
    let was = lock(tx, run).await?.name;
    if was == name.as_str() {
        return Ok(());
    }
    tx.rows(Query::new(RENAME).bind(run.uuid()).bind(name.as_str().to_owned())).await?;
    told(tx, run, activity::What::Renamed, &format!("It was “{was}”.")).await
}

async fn told(tx: &mut OrgTx, run: RunId, what: activity::What, note: &str) -> Result<()> {
    let who = tx.who();
    activity::write(tx.transaction(), run, None, what, Some(&who), note).await?;
    tx.wake().await
}

/// A run that was taken for this transaction.
pub(super) struct Locked {
    pub(super) cancelled: bool,
    completed: bool,
    name: String,
}

/// Takes the run for this transaction; `NotFound` where there is none.
pub(super) async fn lock(tx: &mut OrgTx, run: RunId) -> Result<Locked> {
    let row = tx.one(Query::new(LOCK).bind(run.uuid())).await?;
    Ok(Locked { cancelled: row.get(0), completed: row.get(1), name: row.get(2) })
}

/// After a step was changed: completed or not, and open pages look again.
pub(super) async fn settle(tx: &mut OrgTx, run: RunId) -> Result<()> {
    tx.rows(Query::new(SETTLE).bind(run.uuid())).await?;
    tx.wake().await
}

/// From the columns that [`SHOW`] and the tracker begin with.
pub(super) fn summary(row: &Row) -> RunSummary {
    let (completed_at, cancelled) = (row.get::<_, Option<Timestamp>>(9), row.get::<_, Option<Timestamp>>(10).is_some());
    let state = match (cancelled, completed_at) {
        (true, _) => RunState::Cancelled,
        (false, Some(_)) => RunState::Completed,
        (false, None) => RunState::InProgress,
    };
    let problem = row.get::<_, Option<bool>>(12).unwrap_or_default();
    let health = Health::of(problem, row.get(13), row.get(14));
    RunSummary {
        id: row.get::<_, Uuid>(0).into(),
        name: row.get(1),
        procedure: row.get(2),
        procedure_id: row.get::<_, Uuid>(3).into(),
        version: row.get(4),
        state,
        health: (state == RunState::InProgress).then_some(health),
        steps: row.get(5),
        done: row.get(6),
        due_at: row.get(11),
        started_at: row.get(7),
        started_by: row.get(8),
        completed_at,
    }
}

impl Startable {
    pub(super) fn from_row(row: &Row) -> Self {
        let procedure_id = row.get::<_, Uuid>(0).into();
        Self { procedure_id, name: row.get(1), version: row.get(2), run_name: row.get(3) }
    }
}

impl RunName {
    /// A day, where nothing else can be said.
    pub(super) fn on(day: jiff::civil::Date) -> Self {
        Self(day.to_string())
    }
}
