//! The ordered steps of a procedure's draft.

use tenancy::{Query, Row, tenant_statements};
use uuid::Uuid;

use super::procedures::{self, ProcedureId};
use crate::id::id_type;
use crate::text::text_type;
use crate::{Details, Error, OrgTx, Permission, Result};

tenant_statements! {
    LIST = "
        select id, position, title, details from step_templates
         where organisation_id = $1 and procedure_id = $2 order by position";
    /// Behind the lock on the procedure, so that two additions get two positions.
    ADD = "
        insert into step_templates (organisation_id, id, procedure_id, position, title, details)
        select $1, $3, $2, coalesce(max(position), 0) + 1, $4, $5
          from step_templates where organisation_id = $1 and procedure_id = $2
        having count(*) < 200
        returning id";
    EDIT = "
        update step_templates set title = $4, details = $5
         where organisation_id = $1 and procedure_id = $2 and id = $3
        returning id";
    FIND = "
        select id from step_templates where organisation_id = $1 and procedure_id = $2 and id = $3";
    MOVE_UP = "
        with here as (select id, position from step_templates
                       where organisation_id = $1 and procedure_id = $2 and id = $3),
             neighbour as (select id, position from step_templates
                       where organisation_id = $1 and procedure_id = $2 and position < (select position from here)
                       order by position desc limit 1)
        update step_templates as step
           set position = case when step.id = here.id then neighbour.position else here.position end
          from here, neighbour
         where step.organisation_id = $1 and step.id in (here.id, neighbour.id)
        returning step.id";
    MOVE_DOWN = "
        with here as (select id, position from step_templates
                       where organisation_id = $1 and procedure_id = $2 and id = $3),
             neighbour as (select id, position from step_templates
                       where organisation_id = $1 and procedure_id = $2 and position > (select position from here)
                       order by position limit 1)
        update step_templates as step
           set position = case when step.id = here.id then neighbour.position else here.position end
          from here, neighbour
         where step.organisation_id = $1 and step.id in (here.id, neighbour.id)
        returning step.id";
    REMOVE = "
        delete from step_templates where organisation_id = $1 and procedure_id = $2 and id = $3 returning id";
}

id_type! {
    /// A step of a draft.
    StepTemplateId
}
text_type! {
    /// 1 to 120 characters on one line. Field `title`.
    StepTitle, "title", 1..=120, lines: false
}

/// A step of a draft.
#[derive(Debug, Clone, serde::Serialize)]
pub struct StepTemplate {
    /// Its id.
    pub id: StepTemplateId,
    /// Orders the steps; gaps are possible after a removal.
    pub position: i32,
    /// What to do.
    pub title: String,
    /// How to do it.
    pub details: String,
}

/// Which way a step moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Earlier.
    Up,
    /// Later.
    Down,
}

impl StepTemplate {
    pub(super) fn from_row(row: &Row) -> Self {
        Self { id: row.get::<_, Uuid>(0).into(), position: row.get(1), title: row.get(2), details: row.get(3) }
    }
}

/// The statement that lists a draft's steps, to travel with others.
pub(super) fn of_procedure(procedure: ProcedureId) -> Query {
    Query::new(LIST).bind(procedure.uuid())
}

/// Adds a step at the end. At most 200 in a procedure.
pub async fn add(
    tx: &mut OrgTx,
    procedure: ProcedureId,
    title: &StepTitle,
    details: &Details,
) -> Result<StepTemplateId> {
    tx.require(Permission::ProceduresManage)?;
    procedures::lock(tx, procedure).await?;
    let id = StepTemplateId::from(Uuid::now_v7());
    let query = Query::new(ADD).bind(procedure.uuid()).bind(id.uuid());
    let added = tx.rows(query.bind(title.as_str().to_owned()).bind(details.as_str().to_owned())).await?;
    if added.is_empty() {
        return Err(Error::Conflict {
            code: "too_many_steps",
            message: "A procedure holds 200 steps at most. Split it in two.".to_owned(),
        });
    }
    procedures::touch(tx, procedure).await?;
    Ok(id)
}

/// Changes title and details of a step.
pub async fn edit(
    tx: &mut OrgTx,
    procedure: ProcedureId,
    step: StepTemplateId,
    title: &StepTitle,
    details: &Details,
) -> Result<()> {
    tx.require(Permission::ProceduresManage)?;
    procedures::lock(tx, procedure).await?;
    let query = Query::new(EDIT).bind(procedure.uuid()).bind(step.uuid());
    tx.one(query.bind(title.as_str().to_owned()).bind(details.as_str().to_owned())).await?;
    procedures::touch(tx, procedure).await
}

/// Changes places with the neighbour; the first cannot move up nor the last down, which changes nothing.
pub async fn shift(tx: &mut OrgTx, procedure: ProcedureId, step: StepTemplateId, direction: Direction) -> Result<()> {
    tx.require(Permission::ProceduresManage)?;
    procedures::lock(tx, procedure).await?;
    tx.one(Query::new(FIND).bind(procedure.uuid()).bind(step.uuid())).await?;
    let statement = match direction {
        Direction::Up => MOVE_UP,
        Direction::Down => MOVE_DOWN,
    };
    if !tx.rows(Query::new(statement).bind(procedure.uuid()).bind(step.uuid())).await?.is_empty() {
        procedures::touch(tx, procedure).await?;
    }
    Ok(())
}

/// Takes a step out of the draft. Published versions and runs keep theirs.
pub async fn remove(tx: &mut OrgTx, procedure: ProcedureId, step: StepTemplateId) -> Result<()> {
    tx.require(Permission::ProceduresManage)?;
    procedures::lock(tx, procedure).await?;
    tx.one(Query::new(REMOVE).bind(procedure.uuid()).bind(step.uuid())).await?;
    procedures::touch(tx, procedure).await
}
