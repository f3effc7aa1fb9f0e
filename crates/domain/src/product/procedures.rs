//! Procedures: the draft that a team edits, and the versions it publishes.

use jiff::Timestamp;
use tenancy::{Query, Row, tenant_statements};
use uuid::Uuid;

use super::duties::{self, Colleague, Duty};
use super::run_name::RunPattern;
use super::step_templates::{self, StepTemplate};
use super::versions::{self, FrozenStep, StepChange, Version};
use crate::id::id_type;
use crate::text::{clean, containing, text_type};
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
         where procedure.organisation_id = $1 and procedure.id < $2 and (procedure.archived_at is not null) = $3
           and (procedure.name ilike $4 or procedure.details ilike $4)
         order by procedure.id desc limit 51";
    SHOW = "
        select procedure.id, procedure.name, procedure.details, procedure.version,
               procedure.draft_revision is distinct from procedure.published_revision, procedure.created_at,
               (select count(*) from step_templates as step
                 where step.organisation_id = $1 and step.procedure_id = procedure.id),
               (select max(run.started_at) from runs as run
                 where run.organisation_id = $1 and run.procedure_id = procedure.id),
               (select count(*) from runs as run
                 where run.organisation_id = $1 and run.procedure_id = procedure.id and run.completed_at is null and run.cancelled_at is null),
               procedure.archived_at, procedure.run_name
          from procedures as procedure
         where procedure.organisation_id = $1 and procedure.id = $2";
    CREATE = "
        insert into procedures (organisation_id, id, name, details, created_by) values ($1, $2, $3, $4, $5)";
    EDIT = "
        update procedures
           set name = $3, details = $4,
               draft_revision = draft_revision + case when name = $3 and details = $4 then 0 else 1 end
         where organisation_id = $1 and id = $2
        returning id";
    ARCHIVE = "
        update procedures set archived_at = case when $3 then coalesce(archived_at, now()) end
         where organisation_id = $1 and id = $2
        returning version is not null";
    /// What runs of the next version are called.
    NAME_RUNS = "
        update procedures
           set run_name = $3, draft_revision = draft_revision + case when run_name = $3 then 0 else 1 end
         where organisation_id = $1 and id = $2
        returning id";
    /// Edits of one procedure queue up behind this row.
    LOCK = "
        select id from procedures where organisation_id = $1 and id = $2 for no key update";
    /// The draft now says something that no version says.
    TOUCH = "
        update procedures set draft_revision = draft_revision + 1 where organisation_id = $1 and id = $2";
    PUBLISHED_OTHERS = "
        select count(*) from procedures
         where organisation_id = $1 and id <> $2 and version is not null and archived_at is null";
    PUBLISHED = "
        update procedures set published_revision = draft_revision, version = coalesce(version, 0) + 1
         where organisation_id = $1 and id = $2 and published_revision is distinct from draft_revision
        returning version, name, details, run_name, archived_at is not null";
    FREEZE = "
        insert into procedure_versions
               (organisation_id, id, procedure_id, number, name, details, note, published_by, run_name)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    FREEZE_STEPS = "
        insert into version_steps (organisation_id, id, version_id, template_id, position, title, details, section,
               assignee_kind, assignee_user, assignee_duty, due_after, due_days, due_weekdays, must_wait, sign_off, fields)
        select $1, gen_random_uuid(), $3, step.id, row_number() over (order by step.position), step.title, step.details,
               step.section, step.assignee_kind, step.assignee_user, step.assignee_duty, step.due_after, step.due_days,
               step.due_weekdays, step.must_wait, step.sign_off, step.fields
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

/// A procedure with its draft steps.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Procedure {
    /// What lists show.
    #[serde(flatten)]
    pub summary: ProcedureSummary,
    /// Runs that are neither completed nor cancelled.
    pub runs_in_progress: i64,
    /// When it was taken out of use: no run is started any more.
    pub archived_at: Option<Timestamp>,
    /// What its runs are called, with words in braces for dates; empty where nothing was said.
    pub run_name: String,
    /// Steps of the draft, in order.
    #[serde(rename = "step_templates")]
    pub steps: Vec<StepTemplate>,
    /// Newest first.
    pub versions: Vec<Version>,
    /// What the draft changed since the newest version.
    pub changes: Vec<StepChange>,
    /// What its steps can be assigned to.
    #[serde(skip)]
    pub duties: Vec<Duty>,
    /// Whom its steps can be assigned to.
    #[serde(skip)]
    pub colleagues: Vec<Colleague>,
}

/// Which procedures a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Those that are out of use instead of those in use.
    pub archived: bool,
    /// Words in name or details; empty for all.
    pub words: String,
}

/// The organisation's procedures that are in use, newest first.
pub fn list(page: Page) -> Read<Listing<ProcedureSummary>> {
    find(page, &Wanted::default())
}

/// Those of the organisation's procedures that are wanted, newest first.
pub fn find(page: Page, wanted: &Wanted) -> Read<Listing<ProcedureSummary>> {
    let query = Query::new(LIST).bind(page.bound()).bind(wanted.archived).bind(containing(&wanted.words));
    Read::new(Permission::ProceduresRead, [query], |[rows]| {
        Ok(Listing::from_one_more(rows.iter().map(summary).collect(), |item| item.id.uuid()))
    })
}

/// One procedure with its draft and its versions.
pub fn show(procedure: ProcedureId) -> Read<Procedure> {
    let queries = [
        Query::new(SHOW).bind(procedure.uuid()),
        step_templates::of_procedure(procedure),
        versions::of_procedure(procedure),
        versions::newest_steps(procedure),
        duties::named(),
        duties::people(),
    ];
    Read::new(Permission::ProceduresRead, queries, |[procedure, steps, versions, published, duties, colleagues]| {
        let row = procedure.first().ok_or(Error::NotFound)?;
        let steps: Vec<StepTemplate> = steps.iter().map(StepTemplate::from_row).collect();
        let published: Vec<FrozenStep> = published.iter().map(FrozenStep::from_row).collect();
        let draft: Vec<FrozenStep> = steps.iter().map(FrozenStep::from).collect();
        Ok(Procedure {
            summary: summary(row),
            runs_in_progress: row.get(8),
            archived_at: row.get(9),
            run_name: row.get(10),
            changes: versions::compare(&published, &draft),
            versions: versions.iter().map(Version::from_row).collect(),
            duties: duties.iter().map(Duty::from_row).collect(),
            colleagues: colleagues.iter().map(Colleague::from_row).collect(),
            steps,
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

/// Takes it out of use, or back into it. Runs in progress go on; no new one is started.
///
/// `LimitReached` where it comes back and the plan has no more published procedures.
pub async fn archive(tx: &mut OrgTx, procedure: ProcedureId, archived: bool) -> Result<()> {
    tx.require(Permission::ProceduresManage)?;
    organisations::lock(tx).await?;
    let others = tx.one(Query::new(PUBLISHED_OTHERS).bind(procedure.uuid())).await?.get(0);
    let published = tx.one(Query::new(ARCHIVE).bind(procedure.uuid()).bind(archived)).await?.get(0);
    if published && !archived {
        tx.access().organisation.terms.publish(others)?;
    }
    Ok(())
}

/// Says what runs of the next version are called.
pub async fn name_runs(tx: &mut OrgTx, procedure: ProcedureId, pattern: &RunPattern) -> Result<()> {
    tx.require(Permission::ProceduresManage)?;
    let query = Query::new(NAME_RUNS).bind(procedure.uuid()).bind(pattern.as_str().to_owned());
    tx.one(query).await.map(drop)
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
    let published: i64 = tx.one(Query::new(PUBLISHED_OTHERS).bind(procedure.uuid())).await?.get(0);
    let Some(row) = tx.rows(Query::new(PUBLISHED).bind(procedure.uuid())).await?.pop() else {
        return Err(Error::Conflict {
            code: "nothing_to_publish",
            message: "Nothing has changed since the newest version.".to_owned(),
        });
    };
    let (version, number) = (Uuid::now_v7(), row.get::<_, i32>(0));
    if row.get(4) {
        let message = "This procedure is archived. Take it back into use, then publish.".to_owned();
        return Err(Error::Conflict { code: "archived", message });
    }
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
        .bind(tx.who())
        .bind(row.get::<_, String>(3));
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
