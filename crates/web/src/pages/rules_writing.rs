//! What a step asks, as a form has it.

use domain::due::{After, Due};
use domain::duties::{Colleague, Duty};
use domain::evidence::{Field, FieldKind};
use domain::{Assignee, FieldErrors, StepRules};

use super::runs::Choice;
use crate::body::Fields;

/// Rows for fields that a form sends, at most.
const MOST_ROWS: usize = 11;

/// The rules of a step as they were typed.
#[derive(Default)]
pub(crate) struct RulesWriting {
    pub(crate) section: String,
    assignee: String,
    due_after: String,
    pub(crate) due_days: String,
    pub(crate) due_weekdays: bool,
    pub(crate) must_wait: bool,
    pub(crate) sign_off: bool,
    fields: Vec<FieldWriting>,
}

/// One thing to write down, as it was typed.
#[derive(Default, Clone)]
pub(crate) struct FieldWriting {
    pub(crate) key: String,
    pub(crate) label: String,
    kind: String,
    pub(crate) required: bool,
    pub(crate) choices: String,
}

impl RulesWriting {
    /// As they stand.
    pub(crate) fn of(rules: &StepRules) -> Self {
        let assignee = match &rules.assignee {
            Assignee::Starter => String::new(),
            Assignee::Person(user) => format!("person:{user}"),
            Assignee::Duty(duty) => format!("duty:{duty}"),
        };
        Self {
            section: rules.section.clone(),
            assignee,
            due_after: rules.due.map_or("", |due| due.after.as_str()).to_owned(),
            due_days: rules.due.map_or_else(String::new, |due| due.days.to_string()),
            due_weekdays: rules.due.is_some_and(|due| due.weekdays),
            must_wait: rules.must_wait,
            sign_off: rules.sign_off,
            fields: rules.fields.iter().map(FieldWriting::of).collect(),
        }
    }

    pub(crate) fn typed(form: &Fields) -> Self {
        Self {
            section: form.get("section").to_owned(),
            assignee: form.get("assignee").to_owned(),
            due_after: form.get("due_after").to_owned(),
            due_days: form.get("due_days").to_owned(),
            due_weekdays: form.given("due_weekdays").is_some(),
            must_wait: form.given("must_wait").is_some(),
            sign_off: form.given("sign_off").is_some(),
            fields: (0..MOST_ROWS).filter_map(|row| FieldWriting::typed(form, row)).collect(),
        }
    }

    pub(crate) fn parse(&self) -> Result<StepRules, FieldErrors> {
        let rules = StepRules {
            section: self.section.clone(),
            assignee: self.assignee()?,
            due: self.due()?,
            must_wait: self.must_wait,
            sign_off: self.sign_off,
            fields: self.fields.iter().map(FieldWriting::field).collect(),
        };
        rules.checked()
    }

    fn assignee(&self) -> Result<Assignee, FieldErrors> {
        match self.assignee.split_once(':') {
            None if self.assignee.is_empty() => Ok(Assignee::Starter),
            Some(("person", user)) => Ok(Assignee::Person(user.to_owned())),
            Some(("duty", duty)) => duty.parse().map(Assignee::Duty).map_err(|_| unknown_assignee()),
            _ => Err(unknown_assignee()),
        }
    }

    fn due(&self) -> Result<Option<Due>, FieldErrors> {
        let Some(after) = After::parse(&self.due_after) else { return Ok(None) };
        let days = self.due_days.trim();
        let days = if days.is_empty() { Ok(0) } else { days.parse() };
        let days = days.map_err(|_| FieldErrors::one("due_days", "Write a whole number of days."))?;
        Due::new(after, days, self.due_weekdays).map(Some)
    }

    /// Who can do it.
    pub(crate) fn assignees(&self, duties: &[Duty], people: &[Colleague]) -> Vec<Choice> {
        let choice = |id: String, label: String| Choice { chosen: id == self.assignee, id, label };
        let mut all = vec![choice(String::new(), "Whoever starts the run".to_owned())];
        all.extend(duties.iter().map(|duty| choice(format!("duty:{}", duty.id), format!("Duty: {}", duty.name))));
        all.extend(people.iter().map(|one| choice(format!("person:{}", one.id), one.name.clone())));
        if !all.iter().any(|one| one.chosen) {
            // Somebody who has left: to be seen, and to be changed.
            all.push(Choice { id: self.assignee.clone(), label: "A former member".to_owned(), chosen: true });
        }
        all
    }

    /// What its days are counted from.
    pub(crate) fn dues(&self) -> Vec<Choice> {
        let all = [("", "No due date"), ("start", "Days after the start"), ("step", "Days after the step before")];
        let choice = |(id, label): (&str, &str)| Choice {
            id: id.to_owned(),
            label: label.to_owned(),
            chosen: id == self.due_after,
        };
        all.into_iter().map(choice).collect()
    }

    /// What it asks for, and an empty row for one thing more.
    pub(crate) fn rows(&self) -> Vec<FieldWriting> {
        let mut rows = self.fields.clone();
        rows.push(FieldWriting::default());
        rows
    }
}

impl FieldWriting {
    fn of(field: &Field) -> Self {
        Self {
            key: field.key.clone(),
            label: field.label.clone(),
            kind: field.kind.as_str().to_owned(),
            required: field.required,
            choices: field.choices.join(", "),
        }
    }

    /// Nothing where the row is empty: that takes a field away.
    fn typed(form: &Fields, row: usize) -> Option<Self> {
        let get = |what: &str| form.get(&format!("field-{row}-{what}")).to_owned();
        let typed = Self {
            key: get("key"),
            label: get("label"),
            kind: get("kind"),
            required: !get("required").is_empty(),
            choices: get("choices"),
        };
        (!typed.label.trim().is_empty()).then_some(typed)
    }

    fn field(&self) -> Field {
        Field {
            key: self.key.clone(),
            label: self.label.clone(),
            kind: FieldKind::parse(&self.kind).unwrap_or(FieldKind::Text),
            required: self.required,
            choices: self.choices.split(',').map(str::to_owned).collect(),
        }
    }

    pub(crate) fn kinds(&self) -> Vec<Choice> {
        let choice = |kind: FieldKind| {
            let label = match kind {
                FieldKind::Text => "Text",
                FieldKind::Number => "Number",
                FieldKind::Choice => "Choice",
                FieldKind::Date => "Date",
            };
            Choice { id: kind.as_str().to_owned(), label: label.to_owned(), chosen: kind.as_str() == self.kind }
        };
        FieldKind::ALL.map(choice).into()
    }
}

fn unknown_assignee() -> FieldErrors {
    FieldErrors::one("assignee", "Choose who does it from the list.")
}
