//! The ordered steps of a procedure's draft.

use tenancy::{Query, Row, tenant_statements};
use uuid::Uuid;

use super::arrangement::{Arrangement, Place};
use super::procedures::{self, ProcedureId};
use super::step_rules::{Assignee, StepRules};
use crate::id::id_type;
use crate::text::text_type;
use crate::{Details, Error, FieldErrors, OrgTx, Permission, Result};

tenant_statements! {
    LIST = "
        select step.id, step.position, step.title, step.details, to_jsonb(step) from step_templates as step
         where step.organisation_id = $1 and step.procedure_id = $2 order by step.position";
    /// Behind the lock on the procedure, so that two additions get two positions. Under the last heading.
    ADD = "
        insert into step_templates (organisation_id, id, procedure_id, position, title, details, section)
        select $1, $3, $2, coalesce(max(position), 0) + 1, $4, $5,
               coalesce((array_agg(section order by position desc))[1], '')
          from step_templates where organisation_id = $1 and procedure_id = $2
        having count(*) < 200
        returning id";
    EDIT = "
        update step_templates set title = $4, details = $5
         where organisation_id = $1 and procedure_id = $2 and id = $3
        returning id";
    /// The section is not among them: it goes with the order.
    RULE = "
        update step_templates as step
           set assignee_kind = rule.assignee_kind, assignee_user = rule.assignee_user, assignee_duty = rule.assignee_duty,
               due_after = rule.due_after, due_days = rule.due_days, due_weekdays = rule.due_weekdays,
               must_wait = rule.must_wait, sign_off = rule.sign_off, fields = rule.fields
          from jsonb_to_record($4) as rule (assignee_kind text, assignee_user text, assignee_duty uuid, due_after text,
               due_days int, due_weekdays boolean, must_wait boolean, sign_off boolean, fields jsonb)
         where step.organisation_id = $1 and step.procedure_id = $2 and step.id = $3
        returning step.id";
    /// Whether work can be given to a person or to a duty.
    KNOWN = "
        select exists (select from memberships
                        where organisation_id = $1 and user_id = $2 and removed_at is null)
            or exists (select from duties where organisation_id = $1 and id = $3 and retired_at is null)";
    ORDER = "
        select id, section from step_templates where organisation_id = $1 and procedure_id = $2 order by position";
    ARRANGE = "
        update step_templates as step set position = wanted.position, section = wanted.section
          from rows from (unnest($3::uuid[]), unnest($4::text[])) with ordinality as wanted (id, section, position)
         where step.organisation_id = $1 and step.procedure_id = $2 and step.id = wanted.id
           and (step.position, step.section) is distinct from (wanted.position, wanted.section)
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
    /// How to do it, in Markdown.
    pub details: String,
    /// Who, when, and with what proof.
    #[serde(flatten)]
    pub rules: StepRules,
}

impl StepTemplate {
    pub(super) fn from_row(row: &Row) -> Self {
        Self {
            id: row.get::<_, Uuid>(0).into(),
            position: row.get(1),
            title: row.get(2),
            details: row.get(3),
            rules: StepRules::from_json(row.get(4)),
        }
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

/// Changes what a step asks, and puts it under another heading where it stands under one. Fields `section`, `assignee`,
/// `due_days` and `fields`.
pub async fn rule(tx: &mut OrgTx, procedure: ProcedureId, step: StepTemplateId, rules: &StepRules) -> Result<()> {
    tx.require(Permission::ProceduresManage)?;
    let rules = rules.clone().checked()?;
    procedures::lock(tx, procedure).await?;
    let (person, duty) = match &rules.assignee {
        Assignee::Starter => (None, None),
        Assignee::Person(user) => (Some(user.clone()), None),
        Assignee::Duty(duty) => (None, Some(duty.uuid())),
    };
    if rules.assignee != Assignee::Starter
        && !tx.one(Query::new(KNOWN).bind(person).bind(duty)).await?.get::<_, bool>(0)
    {
        let message = "Choose somebody who is a member here, or a duty that is in use.";
        return Err(FieldErrors::one("assignee", message).into());
    }
    tx.one(Query::new(RULE).bind(procedure.uuid()).bind(step.uuid()).bind(rules.columns())).await?;
    arrange(tx, procedure, step, Place::Under(&rules.section)).await?;
    procedures::touch(tx, procedure).await
}

/// Puts a step elsewhere: one up or down, or before another. What leads nowhere changes nothing.
pub async fn shift(tx: &mut OrgTx, procedure: ProcedureId, step: StepTemplateId, place: Place<'_>) -> Result<()> {
    tx.require(Permission::ProceduresManage)?;
    procedures::lock(tx, procedure).await?;
    if arrange(tx, procedure, step, place).await? {
        procedures::touch(tx, procedure).await?;
    }
    Ok(())
}

/// Behind the lock on the procedure: whether anything is in another place now.
async fn arrange(tx: &mut OrgTx, procedure: ProcedureId, step: StepTemplateId, place: Place<'_>) -> Result<bool> {
    let rows = tx.rows(Query::new(ORDER).bind(procedure.uuid())).await?;
    let steps = rows.iter().map(|row| (row.get::<_, Uuid>(0).into(), row.get(1))).collect();
    let arranged = Arrangement::new(steps).with(step, place).ok_or(Error::NotFound)?;
    let (ids, sections): (Vec<Uuid>, Vec<String>) =
        arranged.into_steps().into_iter().map(|(id, section)| (id.uuid(), section)).unzip();
    let moved = tx.rows(Query::new(ARRANGE).bind(procedure.uuid()).bind(ids).bind(sections)).await?;
    Ok(!moved.is_empty())
}

/// Takes a step out of the draft. Published versions and runs keep theirs.
pub async fn remove(tx: &mut OrgTx, procedure: ProcedureId, step: StepTemplateId) -> Result<()> {
    tx.require(Permission::ProceduresManage)?;
    procedures::lock(tx, procedure).await?;
    tx.one(Query::new(REMOVE).bind(procedure.uuid()).bind(step.uuid())).await?;
    procedures::touch(tx, procedure).await
}
