//! The steps of a run, as they are read; what can be done to them is in [`changes`].

use std::collections::HashMap;

use jiff::Timestamp;
use tenancy::{Query, Row, tenant_statements};
use uuid::Uuid;

use super::evidence::{Field, FieldValue};
use super::runs::RunId;
use super::step_rules::StepRules;
use crate::id::id_type;

pub(crate) mod changes;
pub use changes::{WriteError, approve, assign, due, reject, report, resolve, skip, tick, undo, write};

tenant_statements! {
    OF_RUN = "
        select step.id, step.position, template.title, template.details, to_jsonb(template),
               step.done_at, doer.id, doer.name, step.skipped, step.problem, step.reason,
               step.assignee, (select person.name from memberships as membership
                                 join users as person on person.id = membership.user_id
                                where membership.organisation_id = $1 and membership.user_id = step.assignee
                                  and membership.removed_at is null),
               duty.name, step.due_at, step.must_wait, step.sign_off, step.signed_at, signer.name, step.revision
          from steps as step
          join version_steps as template on template.organisation_id = $1 and template.id = step.version_step_id
          left join users as doer on doer.id = step.done_by
          left join users as signer on signer.id = step.signed_by
          left join duties as duty on duty.organisation_id = $1 and duty.id = step.duty_id
         where step.organisation_id = $1 and step.run_id = $2
         order by step.position";
    VALUES = "
        select value.step_id, value.key, value.value
          from steps as step
          join field_values as value on value.organisation_id = $1 and value.step_id = step.id
         where step.organisation_id = $1 and step.run_id = $2";
}

id_type! {
    /// A step of a run.
    StepId
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Still to do.
    ToDo,
    /// Ticked.
    Done,
    /// Left undone on purpose.
    Skipped,
    /// Something is in its way.
    Blocked,
}

/// Whether another person agreed that it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SignOff {
    /// Nobody has to.
    NotNeeded,
    /// Once it is done.
    Later,
    /// Somebody else than who did it has to, now.
    Pending,
    /// Somebody did.
    Approved,
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
    /// How to do it, in Markdown.
    pub details: String,
    /// The heading it stands under.
    pub section: String,
    /// To do, done, skipped or blocked.
    pub state: StepState,
    /// Why it was skipped, or what is in its way.
    pub reason: String,
    /// Who has to do it, by Clerk's id; nobody, or a duty's holders.
    pub assignee_id: Option<String>,
    /// Who has to do it: nobody where they have left.
    pub assignee: Option<String>,
    /// The duty whose holders have to do it.
    pub duty: Option<String>,
    /// When it is due.
    pub due_at: Option<Timestamp>,
    /// Whether it should have been done by now.
    pub overdue: bool,
    /// Whether the step before it has to be done first.
    pub waits: bool,
    /// When it was ticked or skipped.
    pub done_at: Option<Timestamp>,
    /// By whom; unknown once they are forgotten.
    pub done_by: Option<String>,
    /// The same by Clerk's id.
    #[serde(skip)]
    pub done_by_id: Option<String>,
    /// Whether another person agreed.
    pub sign_off: SignOff,
    /// Who did.
    pub signed_by: Option<String>,
    /// When they did.
    pub signed_at: Option<Timestamp>,
    /// What is to be written down.
    pub fields: Vec<Field>,
    /// What was.
    pub values: Vec<FieldValue>,
    /// Counts its changes: whoever changes it says which they have seen.
    pub revision: i32,
}

impl Step {
    /// Whether nothing is left to do about it.
    pub fn settled(&self) -> bool {
        self.done_at.is_some() && self.sign_off != SignOff::Pending
    }

    /// What was written into a field; empty where nothing was.
    pub fn value(&self, key: &str) -> &str {
        self.values.iter().find(|value| value.key == key).map_or("", |value| &value.value)
    }
}

/// The statement that lists a run's steps, to travel with others.
pub(super) fn of_run(run: RunId) -> Query {
    Query::new(OF_RUN).bind(run.uuid())
}

/// The statement that lists what was written down in a run, to travel with others.
pub(super) fn values_of_run(run: RunId) -> Query {
    Query::new(VALUES).bind(run.uuid())
}

/// Steps in order, from the rows of both.
pub(super) fn from_rows(rows: &[Row], values: Vec<(Uuid, FieldValue)>, now: Timestamp) -> Vec<Step> {
    let mut by_step: HashMap<Uuid, Vec<FieldValue>> = HashMap::new();
    for (step, value) in values {
        by_step.entry(step).or_default().push(value);
    }
    let mut steps: Vec<Step> = Vec::with_capacity(rows.len());
    for row in rows {
        let id: Uuid = row.get(0);
        let mut step = from_row(row, by_step.remove(&id).unwrap_or_default(), now);
        step.waits &= step.done_at.is_none() && steps.last().is_some_and(|before| !before.settled());
        steps.push(step);
    }
    steps
}

fn from_row(row: &Row, values: Vec<FieldValue>, now: Timestamp) -> Step {
    let rules = StepRules::from_json(row.get(4));
    let (done_at, due_at) = (row.get::<_, Option<Timestamp>>(5), row.get::<_, Option<Timestamp>>(14));
    let state = match (done_at, row.get(8), row.get(9)) {
        (Some(_), true, _) => StepState::Skipped,
        (Some(_), false, _) => StepState::Done,
        (None, _, true) => StepState::Blocked,
        (None, _, false) => StepState::ToDo,
    };
    let sign_off = match (row.get(16), done_at, row.get::<_, Option<Timestamp>>(17)) {
        (false, ..) => SignOff::NotNeeded,
        (true, _, Some(_)) => SignOff::Approved,
        (true, Some(_), None) => SignOff::Pending,
        (true, None, None) => SignOff::Later,
    };
    Step {
        id: row.get::<_, Uuid>(0).into(),
        position: row.get(1),
        title: row.get(2),
        details: row.get(3),
        section: rules.section,
        state,
        reason: row.get(10),
        assignee: row.get(12),
        assignee_id: row.get::<_, Option<String>>(12).and(row.get(11)),
        duty: row.get(13),
        due_at,
        overdue: done_at.is_none() && due_at.is_some_and(|due| due < now),
        waits: row.get(15),
        done_at,
        done_by_id: row.get(6),
        done_by: row.get(7),
        sign_off,
        signed_by: row.get(18),
        signed_at: row.get(17),
        fields: rules.fields,
        values,
        revision: row.get(19),
    }
}
