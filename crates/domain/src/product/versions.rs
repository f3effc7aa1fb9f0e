//! Published versions: what they say, and what changed between two of them.

use jiff::Timestamp;
use tenancy::{Query, Row, tenant_statements};
use uuid::Uuid;

use super::procedures::ProcedureId;
use super::step_rules::StepRules;
use super::step_templates::StepTemplate;
use crate::{Error, Permission, Read};

tenant_statements! {
    LIST = "
        select version.number, version.note, version.published_at, publisher.name
          from procedure_versions as version
          left join users as publisher on publisher.id = version.published_by
         where version.organisation_id = $1 and version.procedure_id = $2
         order by version.number desc limit 50";
    SHOW = "
        select version.number, version.note, version.published_at, publisher.name, version.name, version.details, procedure.version
          from procedure_versions as version
          join procedures as procedure on procedure.organisation_id = $1 and procedure.id = version.procedure_id
          left join users as publisher on publisher.id = version.published_by
         where version.organisation_id = $1 and version.procedure_id = $2 and version.number = $3";
    STEPS = "
        select step.template_id, step.title, step.details, to_jsonb(step)
          from procedure_versions as version
          join version_steps as step on step.organisation_id = $1 and step.version_id = version.id
         where version.organisation_id = $1 and version.procedure_id = $2 and version.number = $3
         order by step.position";
    NEWEST_STEPS = "
        select step.template_id, step.title, step.details, to_jsonb(step)
          from procedures as procedure
          join procedure_versions as version on version.organisation_id = $1
               and version.procedure_id = procedure.id and version.number = procedure.version
          join version_steps as step on step.organisation_id = $1 and step.version_id = version.id
         where procedure.organisation_id = $1 and procedure.id = $2
         order by step.position";
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
    /// By whom; unknown once they are forgotten.
    pub published_by: Option<String>,
}

/// A step as a version has it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct FrozenStep {
    /// The step of the draft that it was; unknown of early versions.
    pub template_id: Option<Uuid>,
    /// What to do.
    pub title: String,
    /// How to do it, in Markdown.
    pub details: String,
    /// Who, when, and with what proof.
    #[serde(flatten)]
    pub rules: StepRules,
}

/// A version with its steps, and what it changed.
#[derive(Debug, Clone, serde::Serialize)]
pub struct VersionShown {
    /// What lists show.
    #[serde(flatten)]
    pub version: Version,
    /// The procedure's name then.
    pub name: String,
    /// What it was for then.
    pub details: String,
    /// Whether runs are started with it.
    pub newest: bool,
    /// In order.
    pub steps: Vec<FrozenStep>,
    /// Against the version before; all steps are new in the first.
    pub changes: Vec<StepChange>,
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct StepChange {
    /// Its title now, or the last one it had.
    pub title: String,
    /// What is different, in that order.
    pub changes: Vec<Change>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Change {
    /// It was not there before.
    Added,
    /// It is not there any more.
    Removed,
    /// It had another title.
    Renamed {
        /// The one it had.
        from: String,
    },
    /// It is done earlier or later than it was.
    Moved,
    /// It stands under another heading.
    Section,
    /// How to do it.
    Details,
    /// Who does it.
    Assignee,
    /// When it is due.
    Due,
    /// Whether it waits for the step before.
    MustWait,
    /// Whether another person signs it off.
    SignOff,
    /// What is to be written down.
    Fields,
}

/// One version with its steps.
pub fn show(procedure: ProcedureId, number: i32) -> Read<VersionShown> {
    let of = |statement, number: i32| Query::new(statement).bind(procedure.uuid()).bind(number);
    let queries = [of(SHOW, number), of(STEPS, number), of(STEPS, number.saturating_sub(1))];
    Read::new(Permission::ProceduresRead, queries, |[version, steps, before]| {
        let row = version.first().ok_or(Error::NotFound)?;
        let steps: Vec<FrozenStep> = steps.iter().map(FrozenStep::from_row).collect();
        let before: Vec<FrozenStep> = before.iter().map(FrozenStep::from_row).collect();
        Ok(VersionShown {
            version: Version::from_row(row),
            name: row.get(4),
            details: row.get(5),
            newest: row.get::<_, Option<i32>>(6) == Some(row.get(0)),
            changes: compare(&before, &steps),
            steps,
        })
    })
}

/// The statement that lists versions, newest first, to travel with others.
pub(super) fn of_procedure(procedure: ProcedureId) -> Query {
    Query::new(LIST).bind(procedure.uuid())
}

/// The statement that lists the steps of the newest version, to travel with others.
pub(super) fn newest_steps(procedure: ProcedureId) -> Query {
    Query::new(NEWEST_STEPS).bind(procedure.uuid())
}

/// What the later of two lists of steps changed.
pub(super) fn compare(before: &[FrozenStep], after: &[FrozenStep]) -> Vec<StepChange> {
    let pairs = pairs(before, after);
    let stayed = in_order(&pairs.iter().map(|pair| pair.unwrap_or(usize::MAX)).collect::<Vec<_>>());
    let mut changes = Vec::new();
    for (index, (step, was)) in after.iter().zip(&pairs).enumerate() {
        let found = match was {
            None => vec![Change::Added],
            Some(was) => differences(&before[*was], step, stayed.contains(&index)),
        };
        if !found.is_empty() {
            changes.push(StepChange { title: step.title.clone(), changes: found });
        }
    }
    let gone = before.iter().enumerate().filter(|(index, _)| !pairs.contains(&Some(*index)));
    changes.extend(gone.map(|(_, step)| StepChange { title: step.title.clone(), changes: vec![Change::Removed] }));
    changes
}

/// Which step each was before: the same step of the draft, or, of early versions, one of the same title.
fn pairs(before: &[FrozenStep], after: &[FrozenStep]) -> Vec<Option<usize>> {
    let mut taken = vec![false; before.len()];
    let pair = |step: &FrozenStep| {
        let same = |was: &FrozenStep| match (was.template_id, step.template_id) {
            (Some(was), Some(is)) => was == is,
            _ => was.title == step.title,
        };
        let found = before.iter().enumerate().position(|(index, was)| !taken[index] && same(was))?;
        taken[found] = true;
        Some(found)
    };
    after.iter().map(pair).collect()
}

/// Which of them are in the order they had, as many as possible: the others moved.
fn in_order(was: &[usize]) -> Vec<usize> {
    // The longest rising sequence that ends at each.
    let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(was.len());
    for (index, here) in was.iter().enumerate() {
        let earlier = (0..index).filter(|earlier| was[*earlier] < *here && *here != usize::MAX);
        let previous = earlier.max_by_key(|earlier| best[*earlier].0);
        best.push((previous.map_or(1, |previous| best[previous].0 + 1), previous));
    }
    let known = (0..was.len()).filter(|index| was[*index] != usize::MAX);
    let mut next = known.max_by_key(|index| best[*index].0);
    let mut stayed = Vec::new();
    while let Some(index) = next {
        stayed.push(index);
        next = best[index].1;
    }
    stayed
}

fn differences(was: &FrozenStep, is: &FrozenStep, stayed: bool) -> Vec<Change> {
    let mut found = Vec::new();
    if was.title != is.title {
        found.push(Change::Renamed { from: was.title.clone() });
    }
    let (old, new) = (&was.rules, &is.rules);
    for (differs, change) in [
        (!stayed, Change::Moved),
        (old.section != new.section, Change::Section),
        (was.details != is.details, Change::Details),
        (old.assignee != new.assignee, Change::Assignee),
        (old.due != new.due, Change::Due),
        (old.must_wait != new.must_wait, Change::MustWait),
        (old.sign_off != new.sign_off, Change::SignOff),
        (old.fields != new.fields, Change::Fields),
    ] {
        if differs {
            found.push(change);
        }
    }
    found
}

impl Version {
    pub(super) fn from_row(row: &Row) -> Self {
        Self { number: row.get(0), note: row.get(1), published_at: row.get(2), published_by: row.get(3) }
    }
}

impl FrozenStep {
    pub(super) fn from_row(row: &Row) -> Self {
        let (template_id, title, details) = (row.get(0), row.get(1), row.get(2));
        Self { template_id, title, details, rules: StepRules::from_json(row.get(3)) }
    }
}

impl From<&StepTemplate> for FrozenStep {
    fn from(step: &StepTemplate) -> Self {
        Self {
            template_id: Some(step.id.uuid()),
            title: step.title.clone(),
            details: step.details.clone(),
            rules: step.rules.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(id: u128, title: &str) -> FrozenStep {
        let template_id = (id > 0).then(|| Uuid::from_u128(id));
        FrozenStep { template_id, title: title.to_owned(), details: String::new(), rules: StepRules::default() }
    }

    fn said(before: &[FrozenStep], after: &[FrozenStep]) -> Vec<String> {
        let words = |change: StepChange| format!("{} {:?}", change.title, change.changes);
        compare(before, after).into_iter().map(words).collect()
    }

    #[test]
    fn a_change_is_told_of_the_step_it_was_made_to() {
        let before = [step(1, "Count"), step(2, "Order"), step(3, "Pay")];
        assert_eq!(said(&before, &before), Vec::<String>::new());
        let mut signed = step(3, "Pay");
        signed.rules.sign_off = true;
        assert_eq!(
            said(&before, &[step(1, "Count the cage"), signed, step(4, "File")]),
            ["Count the cage [Renamed { from: \"Count\" }]", "Pay [SignOff]", "File [Added]", "Order [Removed]",]
        );
    }

    #[test]
    fn as_few_as_possible_have_moved() {
        let steps = |order: [u128; 4]| order.map(|id| step(id, &id.to_string()));
        assert_eq!(said(&steps([1, 2, 3, 4]), &steps([2, 3, 4, 1])), ["1 [Moved]"]);
        assert_eq!(said(&steps([1, 2, 3, 4]), &steps([1, 3, 2, 4])).len(), 1);
    }

    #[test]
    fn early_versions_are_compared_by_title() {
        assert_eq!(
            said(&[step(0, "Count"), step(0, "Pay")], &[step(1, "Count"), step(2, "Order")]),
            ["Order [Added]", "Pay [Removed]"]
        );
    }
}
