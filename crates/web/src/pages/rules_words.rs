//! What a step asks, in words under its title.

use domain::due::{After, Due};
use domain::duties::{Colleague, Duty};
use domain::evidence::{Field, FieldKind};
use domain::versions::{Change, StepChange};
use domain::{Assignee, StepRules};

use super::counted;

/// An icon and what stands beside it.
pub(crate) type Word = (&'static str, String);

/// In the order people ask: who, when, what first, with what proof.
pub(crate) fn words(rules: &StepRules, duties: &[Duty], people: &[Colleague]) -> Vec<Word> {
    let who = match &rules.assignee {
        Assignee::Starter => "Whoever starts the run".to_owned(),
        Assignee::Person(user) => {
            people.iter().find(|one| one.id == *user).map_or("A former member".to_owned(), |one| one.name.clone())
        }
        Assignee::Duty(duty) => {
            let name = duties.iter().find(|one| one.id == *duty).map_or("no longer in use", |one| &one.name);
            format!("Duty: {name}")
        }
    };
    let mut words = vec![("user", who)];
    words.extend(rules.due.map(|due| ("clock", due_words(due))));
    if rules.must_wait {
        words.push(("lock", "Waits for the step before".to_owned()));
    }
    if rules.sign_off {
        words.push(("sign", "Signed off by another person".to_owned()));
    }
    match rules.fields.as_slice() {
        [] => {}
        [field] => words.push(("hash", field_words(field))),
        fields => words.push(("hash", counted(fields.len(), "field"))),
    }
    words
}

fn due_words(due: Due) -> String {
    let day = if due.weekdays { "working day" } else { "day" };
    match (due.days, due.after) {
        (0, After::Start) => "Same day as the start".to_owned(),
        (0, After::Step) => "Same day as the step before".to_owned(),
        (days, After::Start) => format!("{} after the start", counted(days, day)),
        (days, After::Step) => format!("{} after the step before", counted(days, day)),
    }
}

fn field_words(field: &Field) -> String {
    let kind = match field.kind {
        FieldKind::Text => "text",
        FieldKind::Number => "number",
        FieldKind::Choice => "choice",
        FieldKind::Date => "date",
    };
    format!("{}, {kind}{}", field.label, if field.required { ", required" } else { "" })
}

/// `“Count the cage” renamed from “Count”; another due date.`
pub(crate) fn change_words(change: &StepChange) -> String {
    let words: Vec<String> = change.changes.iter().map(one_change).collect();
    words.join("; ")
}

fn one_change(change: &Change) -> String {
    match change {
        Change::Added => "added".to_owned(),
        Change::Removed => "removed".to_owned(),
        Change::Renamed { from } => format!("renamed, it was “{from}”"),
        Change::Moved => "moved".to_owned(),
        Change::Section => "under another heading".to_owned(),
        Change::Details => "other details".to_owned(),
        Change::Assignee => "done by somebody else".to_owned(),
        Change::Due => "another due date".to_owned(),
        Change::MustWait => "another order".to_owned(),
        Change::SignOff => "sign-off changed".to_owned(),
        Change::Fields => "other things to write down".to_owned(),
    }
}

/// The icon beside a change.
pub(crate) fn change_icon(change: &StepChange) -> &'static str {
    match change.changes.first() {
        Some(Change::Added) => "plus",
        Some(Change::Removed) => "minus",
        _ => "edit",
    }
}
