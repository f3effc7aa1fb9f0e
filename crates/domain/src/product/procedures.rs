//! Procedures: the draft that a team edits, and the versions it publishes.

use jiff::Timestamp;
use tenancy::{Query, Row, tenant_statements};
use uuid::Uuid;

use super::step_templates::{self, StepTemplate};
use crate::id::id_type;
use crate::text::{clean, text_type};
use crate::{Details, Error, FieldErrors, Listing, OrgTx, Page, Permission, Read, Result, organisations};

tenant_statements! {
    /// One more than a page, so that the list knows whether it goes on.
    LIST = "
        select procedure.id, procedure.name, procedure.details, procedure.version,
               procedure.draft_revision is distinct from procedure.published_revision, procedure.created_at,
               (select count(*) from step_templates as step
                 where step.organisation_id = $1 and step.procedure_id = procedure.id),
               (select max(run.started_at) from runs as run
                 where run.organisation_id = $1 and run.procedure_id = procedure.id)
          from procedures as procedure
         where procedure.organisation_id = $1 and procedure.id < $2
         order by procedure.id desc limit 51";
    SHOW = "
        select procedure.id, procedure.name, procedure.details, procedure.version,
               procedure.draft_revision is distinct from procedure.published_revision, procedure.created_at,
               (select count(*) from step_templates as step
                 where step.organisation_id = $1 and step.procedure_id = procedure.id),
               (select max(run.started_at) from runs as run
                 where run.organisation_id = $1 and run.procedure_id = procedure.id),
               (select count(*) from runs as run
                 where run.organisation_id = $1 and run.procedure_id = procedure.id and run.completed_at is null)
          from procedures as procedure
         where procedure.organisation_id = $1 and procedure.id = $2";
    VERSIONS = "
        select version.number, version.note, version.published_at, publisher.name
          from procedure_versions as version
          left join users as publisher on publisher.id = version.published_by
         where version.organisation_id = $1 and version.procedure_id = $2
         order by version.number desc limit 50";
    CREATE = "
        insert into procedures (organisation_id, id, name, details, created_by) values ($1, $2, $3, $4, $5)";
    EDIT = "
        update procedures
           set name = $3, details = $4,
               draft_revision = draft_revision + case when name = $3 and details = $4 then 0 else 1 end
         where organisation_id = $1 and id = $2
        returning id";
    /// Edits of one procedure queue up behind this row.
    LOCK = "
        select id from procedures where organisation_id = $1 and id = $2 for no key update";
    /// The draft now says something that no version says.
    TOUCH = "
        update procedures set draft_revision = draft_revision + 1 where organisation_id = $1 and id = $2";
    PUBLISHED_COUNT = "
        select count(*) from procedures where organisation_id = $1 and version is not null";
    PUBLISHED = "
        update procedures set published_revision = draft_revision, version = coalesce(version, 0) + 1
         where organisation_id = $1 and id = $2 and published_revision is distinct from draft_revision
        returning version, name, details";
    FREEZE = "
        insert into procedure_versions
               (organisation_id, id, procedure_id, number, name, details, note, published_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    FREEZE_STEPS = "
        insert into version_steps (organisation_id, id, version_id, position, title, details)
        select $1, gen_random_uuid(), $3, row_number() over (order by step.position), step.title, step.details
          from step_templates as step
         where step.organisation_id = $1 and step.procedure_id = $2
        returning id";
}

id_type! {
    /// A procedure.
    ProcedureId
}
text_type! {
    /// 1 to 120 characters on one line. Field `name`.
    ProcedureName, "name", 1..=120, lines: false
}

/// Whether runs can be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcedureState {
    /// No version yet.
    Draft,
    /// Has a version; runs are started with the newest.
    Published,
}

/// A procedure as a list shows it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct ProcedureSummary {
    /// Its id.
    pub id: ProcedureId,
    /// Its name in the draft.
    pub name: String,
    /// What it is for.
    pub details: String,
    /// Draft or published.
    pub state: ProcedureState,
    /// Number of the newest version.
    pub version: Option<i32>,
    /// Whether the draft differs from the newest version.
    pub changed: bool,
    /// Steps in the draft.
    pub steps: i64,
    /// When it was written.
    pub created_at: Timestamp,
    /// When a run was last started.
    pub last_run_at: Option<Timestamp>,
}

/// A published version.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Version {
    /// Counts from 1.
    pub number: i32,
    /// What changed, in the publisher's words.
    pub note: String,
    /// When.
    pub published_at: Timestamp,
    /// By whom; unknown once they left.
    pub published_by: Option<String>,
}

/// A procedure with its draft steps.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Procedure {
    /// What lists show.
    #[serde(flatten)]
    pub summary: ProcedureSummary,
    /// Runs that are not completed.
    pub runs_in_progress: i64,
    /// Steps of the draft, in order.
    #[serde(rename = "step_templates")]
    pub steps: Vec<StepTemplate>,
    /// Newest first.
    pub versions: Vec<Version>,
}

/// The organisation's procedures, newest first.
pub fn list(page: Page) -> Read<Listing<ProcedureSummary>> {
    Read::new(Permission::ProceduresRead, [Query::new(LIST).bind(page.bound())], |[rows]| {
        Ok(Listing::from_one_more(rows.iter().map(summary).collect(), |item| item.id.uuid()))
    })
}

/// One procedure with its draft and its versions.
pub fn show(procedure: ProcedureId) -> Read<Procedure> {
    let queries = [
        Query::new(SHOW).bind(procedure.uuid()),
        step_templates::of_procedure(procedure),
        Query::new(VERSIONS).bind(procedure.uuid()),
    ];
    Read::new(Permission::ProceduresRead, queries, |[procedure, steps, versions]| {
        let row = procedure.first().ok_or(Error::NotFound)?;
        Ok(Procedure {
            summary: summary(row),
            runs_in_progress: row.get(8),
            steps: steps.iter().map(StepTemplate::from_row).collect(),
            versions: versions.iter().map(version).collect(),
        })
    })
}

/// Writes a new draft without steps.
pub async fn create(tx: &mut OrgTx, name: &ProcedureName, details: &Details) -> Result<ProcedureId> {
    tx.require(Permission::ProceduresManage)?;
    let id = ProcedureId::from(Uuid::now_v7());
    let query = Query::new(CREATE).bind(id.uuid()).bind(name.as_str().to_owned()).bind(details.as_str().to_owned());
    let who = tx.who();
    tx.rows(query.bind(who)).await?;
    Ok(id)
}

/// Changes the draft's name and details.
pub async fn edit(tx: &mut OrgTx, procedure: ProcedureId, name: &ProcedureName, details: &Details) -> Result<()> {
    tx.require(Permission::ProceduresManage)?;
    let query = Query::new(EDIT).bind(procedure.uuid());
    tx.one(query.bind(name.as_str().to_owned()).bind(details.as_str().to_owned())).await?;
    Ok(())
}

/// Freezes the draft as the next version and gives its number.
///
/// `LimitReached` where the plan has no more published procedures, `Invalid` on a procedure without steps, conflict `nothing_to_publish` where the newest version says the same.
pub async fn publish(tx: &mut OrgTx, procedure: ProcedureId, note: &str) -> Result<i32> {
    tx.require(Permission::ProceduresManage)?;
    let note = clean("note", note, 0..=300, false)?;
    // Before the procedure's: what is counted below must stay true.
    organisations::lock(tx).await?;
    lock(tx, procedure).await?;
    let published: i64 = tx.one(Query::new(PUBLISHED_COUNT)).await?.get(0);
    let Some(row) = tx.rows(Query::new(PUBLISHED).bind(procedure.uuid())).await?.pop() else {
        return Err(Error::Conflict {
            code: "nothing_to_publish",
            message: "Nothing has changed since the newest version.".to_owned(),
        });
    };
    let (version, number) = (Uuid::now_v7(), row.get::<_, i32>(0));
    if number == 1 {
        tx.access().organisation.terms.publish(published)?;
    }
    let freeze = Query::new(FREEZE)
        .bind(version)
        .bind(procedure.uuid())
        .bind(number)
        .bind(row.get::<_, String>(1))
        .bind(row.get::<_, String>(2))
        .bind(note)
        .bind(tx.who());
    tx.rows(freeze).await?;
    if tx.rows(Query::new(FREEZE_STEPS).bind(procedure.uuid()).bind(version)).await?.is_empty() {
        return Err(FieldErrors::one("steps", "Add at least one step; a run needs something to tick.").into());
    }
    Ok(number)
}

/// Takes the procedure for this transaction; `NotFound` where there is none.
pub(super) async fn lock(tx: &mut OrgTx, procedure: ProcedureId) -> Result<()> {
    tx.one(Query::new(LOCK).bind(procedure.uuid())).await.map(drop)
}

/// Says that the draft was changed.
pub(super) async fn touch(tx: &mut OrgTx, procedure: ProcedureId) -> Result<()> {
    tx.rows(Query::new(TOUCH).bind(procedure.uuid())).await.map(drop)
}

fn summary(row: &Row) -> ProcedureSummary {
    let version: Option<i32> = row.get(3);
    ProcedureSummary {
        id: row.get::<_, Uuid>(0).into(),
        name: row.get(1),
        details: row.get(2),
        state: if version.is_some() { ProcedureState::Published } else { ProcedureState::Draft },
        version,
        changed: row.get(4),
        created_at: row.get(5),
        steps: row.get(6),
        last_run_at: row.get(7),
    }
}

fn version(row: &Row) -> Version {
    Version { number: row.get(0), note: row.get(1), published_at: row.get(2), published_by: row.get(3) }
}
