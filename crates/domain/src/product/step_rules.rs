//! What a step asks, beside what it says: under which heading, of whom, until when, in what order, with what proof.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::due::{After, Due};
use super::duties::DutyId;
use super::evidence::{self, Field};
use crate::FieldErrors;
use crate::text::clean;

/// Who does a step.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind", content = "id")]
pub enum Assignee {
    /// Whoever starts the run.
    #[default]
    Starter,
    /// This person, by Clerk's id.
    Person(String),
    /// Whoever holds this duty.
    Duty(DutyId),
}

/// The rules of a step.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StepRules {
    /// The heading it stands under, up to 80 characters; empty under none.
    pub section: String,
    /// Who does it.
    pub assignee: Assignee,
    /// When it is due; never, where nothing is said.
    pub due: Option<Due>,
    /// Whether the step before it has to be done first.
    pub must_wait: bool,
    /// Whether another person has to agree that it is done.
    pub sign_off: bool,
    /// What is to be written down, ten things at most.
    pub fields: Vec<Field>,
}

/// The same as the columns of a step, of a draft or of a version.
#[derive(Serialize, Deserialize)]
struct Columns {
    section: String,
    assignee_kind: String,
    assignee_user: Option<String>,
    assignee_duty: Option<DutyId>,
    due_after: Option<After>,
    due_days: Option<i32>,
    due_weekdays: bool,
    must_wait: bool,
    sign_off: bool,
    fields: Vec<Field>,
}

impl StepRules {
    /// As they may be stored. Fields `section`, `due_days` and `fields`.
    pub fn checked(mut self) -> Result<Self, FieldErrors> {
        let due = self.due.map(|due| Due::new(due.after, due.days, due.weekdays)).transpose();
        let section = clean("section", &self.section, 0..=80, false);
        let ((section, due), fields) =
            FieldErrors::both(FieldErrors::both(section, due), evidence::checked(&self.fields))?;
        (self.section, self.due, self.fields) = (section, due, fields);
        Ok(self)
    }

    /// From a step's row as JSON: `to_jsonb(step)`.
    pub(super) fn from_json(row: Value) -> Self {
        // Written by `columns` alone; what has no rules says nothing of any.
        let Ok(columns) = serde_json::from_value::<Columns>(row) else { return Self::default() };
        let assignee = match (columns.assignee_user, columns.assignee_duty) {
            (Some(user), _) => Assignee::Person(user),
            (_, Some(duty)) => Assignee::Duty(duty),
            (None, None) => Assignee::Starter,
        };
        let due = columns.due_after.zip(columns.due_days);
        Self {
            section: columns.section,
            assignee,
            due: due.map(|(after, days)| Due { after, days, weekdays: columns.due_weekdays }),
            must_wait: columns.must_wait,
            sign_off: columns.sign_off,
            fields: columns.fields,
        }
    }

    /// As JSON, for a statement that takes them as one value.
    pub(super) fn columns(&self) -> Value {
        let (kind, user, duty) = match &self.assignee {
            Assignee::Starter => ("starter", None, None),
            Assignee::Person(user) => ("person", Some(user.clone()), None),
            Assignee::Duty(duty) => ("duty", None, Some(*duty)),
        };
        json!(Columns {
            section: self.section.clone(),
            assignee_kind: kind.to_owned(),
            assignee_user: user,
            assignee_duty: duty,
            due_after: self.due.map(|due| due.after),
            due_days: self.due.map(|due| due.days),
            due_weekdays: self.due.is_some_and(|due| due.weekdays),
            must_wait: self.must_wait,
            sign_off: self.sign_off,
            fields: self.fields.clone(),
        })
    }
}
