//! What can be done to a step of a run: tick and take back, skip, report a problem, write down, hand over, sign off.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tenancy::{Query, tenant_statements};
use uuid::Uuid;

use super::super::activity::{self, What};
use super::super::due::{After, Due};
use super::super::evidence::Field;
use super::super::runs::{self, RunId};
use super::StepId;
use crate::text::clean;
use crate::{Error, FieldErrors, OrgTx, Permission, Result};

tenant_statements! {
    /// Behind the lock on the run: as the step is, and whether the one before it is settled.
    STEP = "
        select step.done_by, doer.name, step.skipped, step.problem, step.must_wait, step.sign_off, step.signed_at is not null,
               step.revision, step.position, template.fields,
               coalesce((select before.done_at is not null and (not before.sign_off or before.signed_at is not null)
                           from steps as before
                          where before.organisation_id = $1 and before.run_id = $2 and before.position < step.position
                          order by before.position desc limit 1), true),
               array(select value.key from field_values as value
                      where value.organisation_id = $1 and value.step_id = step.id)
          from steps as step
          join version_steps as template on template.organisation_id = $1 and template.id = step.version_step_id
          left join users as doer on doer.id = step.done_by
         where step.organisation_id = $1 and step.run_id = $2 and step.id = $3";
    TICK = "
        update steps set done_by = $3, done_at = now(), skipped = $4, reason = $5, problem = false, revision = revision + 1
         where organisation_id = $1 and id = $2 and done_at is null
        returning done_at";
    UNDO = "
        update steps
           set done_by = null, done_at = null, signed_by = null, signed_at = null, skipped = false, problem = $3, reason = $4,
               revision = revision + 1
         where organisation_id = $1 and id = $2";
    PROBLEM = "
        update steps set problem = $3, reason = $4, revision = revision + 1 where organisation_id = $1 and id = $2";
    SIGN = "
        update steps set signed_by = $3, signed_at = now(), revision = revision + 1 where organisation_id = $1 and id = $2";
    WRITE = "
        insert into field_values (organisation_id, step_id, key, value, written_by) values ($1, $2, $3, $4, $5)
        on conflict (organisation_id, step_id, key)
        do update set value = excluded.value, written_by = excluded.written_by, written_at = now()
         where field_values.value <> excluded.value";
    CLEAR = "
        delete from field_values where organisation_id = $1 and step_id = $2 and key = $3";
    SEEN = "
        update steps set revision = revision + 1 where organisation_id = $1 and id = $2";
    /// Only to a member.
    ASSIGN = "
        update steps set assignee = $3, duty_id = null, revision = revision + 1
         where organisation_id = $1 and id = $2
           and ($3::text is null or exists (select from memberships as membership
                                       where membership.organisation_id = $1 and membership.user_id = $3
                                         and membership.removed_at is null))
        returning (select person.name from users as person where person.id = $3)";
    DUE = "
        update steps set due_at = $3, revision = revision + 1 where organisation_id = $1 and id = $2";
    /// The step after this one, where it is due some days after this one is done.
    NEXT = "
        select step.id, template.due_days, template.due_weekdays
          from steps as step
          join version_steps as template on template.organisation_id = $1 and template.id = step.version_step_id
         where step.organisation_id = $1 and step.run_id = $2 and step.position > $3 and step.done_at is null
           and template.due_after = 'step'
           and not exists (select from steps as between_them
                            where between_them.organisation_id = $1 and between_them.run_id = $2
                              and between_them.position > $3 and between_them.position < step.position)";
    NEXT_DUE = "
        update steps set due_at = $3 where organisation_id = $1 and id = $2";
}

/// A step that was taken for this transaction, as it is.
struct Taken {
    run: RunId,
    step: StepId,
    position: i32,
    done_by: Option<(String, String)>,
    skipped: bool,
    problem: bool,
    sign_off: bool,
    signed: bool,
    waits: bool,
    fields: Vec<Field>,
    written: Vec<String>,
}

/// Takes the run, and in it the step. Conflict `run_cancelled`, and `changed` where the step is not as it was seen.
async fn take(tx: &mut OrgTx, run: RunId, step: StepId, seen: Option<i32>) -> Result<Taken> {
    tx.require(Permission::RunsWork)?;
    if runs::lock(tx, run).await?.cancelled {
        let message = "This run was cancelled. Take it up again to go on with it.".to_owned();
        return Err(Error::Conflict { code: "run_cancelled", message });
    }
    let row = tx.one(Query::new(STEP).bind(run.uuid()).bind(step.uuid())).await?;
    if seen.is_some_and(|seen| seen != row.get::<_, i32>(7)) {
        let last = tx.rows(activity::last_of_step(step)).await?;
        let message = format!("{} in the meantime. Look at it as it is now.", activity::last_in_words(last.first()));
        return Err(Error::Conflict { code: "changed", message });
    }
    let done_by: Option<String> = row.get(0);
    let name = || row.get::<_, Option<String>>(1).unwrap_or_else(|| "A former member".to_owned());
    Ok(Taken {
        run,
        step,
        position: row.get(8),
        done_by: done_by.map(|id| (id, name())),
        skipped: row.get(2),
        problem: row.get(3),
        waits: row.get::<_, bool>(4) && !row.get::<_, bool>(10),
        sign_off: row.get(5),
        signed: row.get(6),
        fields: serde_json::from_value(row.get(9)).unwrap_or_default(),
        written: row.get(11),
    })
}

/// Ticks a step. Ticking it twice is harmless. Conflicts: `already_done` where somebody else was first, `waits` where the
/// step before it is not done; `Invalid` by the keys of its fields where something is still to be written down.
pub async fn tick(tx: &mut OrgTx, run: RunId, step: StepId) -> Result<()> {
    let taken = take(tx, run, step, None).await?;
    taken.not_by_another(&tx.who())?;
    if taken.done_by.is_some() {
        return Ok(());
    }
    taken.may_be_settled()?;
    let missing = taken.fields.iter().find(|field| field.required && !taken.written.contains(&field.key));
    if let Some(field) = missing {
        let message = format!("Write down “{}” first; then this step can be ticked.", field.label);
        return Err(FieldErrors::one("values", message).into());
    }
    taken.finish(tx, What::Done, "").await
}

/// Leaves a step undone on purpose. Conflicts as for a tick.
pub async fn skip(tx: &mut OrgTx, run: RunId, step: StepId, seen: Option<i32>, reason: &str) -> Result<()> {
    tx.require(Permission::RunsWork)?;
    let reason = clean("reason", reason, 1..=300, false)?;
    let taken = take(tx, run, step, seen).await?;
    taken.not_by_another(&tx.who())?;
    if taken.done_by.is_some() {
        return Ok(());
    }
    taken.may_be_settled()?;
    taken.finish(tx, What::Skipped, &reason).await
}

/// Takes a tick or a skip back. Harmless where there is none.
pub async fn undo(tx: &mut OrgTx, run: RunId, step: StepId) -> Result<()> {
    let taken = take(tx, run, step, None).await?;
    if taken.done_by.is_none() {
        return Ok(());
    }
    taken.reopen(tx, What::Undone, "").await
}

/// Says what is in the way of a step; once more changes the words. Conflict `already_done` where it is done.
pub async fn report(tx: &mut OrgTx, run: RunId, step: StepId, seen: Option<i32>, problem: &str) -> Result<()> {
    tx.require(Permission::RunsWork)?;
    let problem = clean("reason", problem, 1..=300, false)?;
    let taken = take(tx, run, step, seen).await?;
    taken.not_done()?;
    tx.rows(Query::new(PROBLEM).bind(step.uuid()).bind(true).bind(problem.clone())).await?;
    taken.happened(tx, What::Problem, &problem).await
}

/// Says that nothing is in the way any more. Harmless where nothing was.
pub async fn resolve(tx: &mut OrgTx, run: RunId, step: StepId) -> Result<()> {
    let taken = take(tx, run, step, None).await?;
    if !taken.problem {
        return Ok(());
    }
    tx.rows(Query::new(PROBLEM).bind(step.uuid()).bind(false).bind(String::new())).await?;
    taken.happened(tx, What::Resolved, "").await
}

/// Writes down what the step asks for, by key, as it was typed; what is empty is taken out again. All of it or, with
/// `Invalid` by the names `field-KEY`, nothing.
pub async fn write(
    tx: &mut OrgTx,
    run: RunId,
    step: StepId,
    seen: Option<i32>,
    typed: &HashMap<String, String>,
) -> Result<(), WriteError> {
    let taken = take(tx, run, step, seen).await?;
    taken.not_done()?;
    let mut wrong = Vec::new();
    let mut changed = Vec::new();
    for field in &taken.fields {
        let Some(typed) = typed.get(&field.key) else { continue };
        match field.parse(typed) {
            Ok(value) => changed.push((field, value)),
            Err(message) => wrong.push((field.key.clone(), message)),
        }
    }
    if !wrong.is_empty() {
        return Err(WriteError::Wrong(wrong));
    }
    let mut names = Vec::new();
    for (field, value) in changed {
        names.push(field.label.as_str());
        let query = match value {
            Some(value) => Query::new(WRITE).bind(step.uuid()).bind(field.key.clone()).bind(value).bind(tx.who()),
            None => Query::new(CLEAR).bind(step.uuid()).bind(field.key.clone()),
        };
        tx.rows(query).await?;
    }
    if names.is_empty() {
        return Ok(());
    }
    tx.rows(Query::new(SEEN).bind(step.uuid())).await?;
    let note: String = names.join(", ").chars().take(300).collect();
    Ok(taken.happened(tx, What::Written, &note).await?)
}

/// Why nothing was written down.
#[derive(Debug)]
pub enum WriteError {
    /// What was typed, by the field's key, with a message each.
    Wrong(Vec<(String, String)>),
    /// Everything else.
    Other(Error),
}

impl From<Error> for WriteError {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

/// Hands a step to a member, by Clerk's id, or to nobody. `Invalid` on `assignee` where they are none.
pub async fn assign(tx: &mut OrgTx, run: RunId, step: StepId, seen: Option<i32>, to: Option<&str>) -> Result<()> {
    let taken = take(tx, run, step, seen).await?;
    taken.not_done()?;
    let assigned = tx.rows(Query::new(ASSIGN).bind(step.uuid()).bind(to.map(str::to_owned))).await?;
    let Some(row) = assigned.first() else {
        return Err(FieldErrors::one("assignee", "Choose somebody who is a member here.").into());
    };
    let name = row.get::<_, Option<String>>(0);
    taken.happened(tx, What::Assigned, &name.map_or("To nobody.".to_owned(), |name| format!("To {name}."))).await
}

/// Says when a step is due; never, where nothing is said.
pub async fn due(tx: &mut OrgTx, run: RunId, step: StepId, seen: Option<i32>, at: Option<Timestamp>) -> Result<()> {
    let taken = take(tx, run, step, seen).await?;
    taken.not_done()?;
    tx.rows(Query::new(DUE).bind(step.uuid()).bind(at)).await?;
    let zone = tx.access().organisation.zone();
    let day = at.map_or("Never.".to_owned(), |at| at.to_zoned(zone).strftime("%a %-d %b %Y, %H:%M.").to_string());
    taken.happened(tx, What::Due, &day).await
}

/// Agrees that a step is done. Conflict `nothing_to_sign`; `Refused` with `own_work` to whoever did it. Twice is harmless.
pub async fn approve(tx: &mut OrgTx, run: RunId, step: StepId) -> Result<()> {
    let taken = take(tx, run, step, None).await?;
    if taken.signed {
        return Ok(());
    }
    let who = tx.who();
    taken.to_be_signed_by(&who)?;
    tx.rows(Query::new(SIGN).bind(step.uuid()).bind(who)).await?;
    taken.happened(tx, What::Approved, "").await
}

/// Does not agree, and says why: the step is to be done again. Refused as agreeing is.
pub async fn reject(tx: &mut OrgTx, run: RunId, step: StepId, reason: &str) -> Result<()> {
    tx.require(Permission::RunsWork)?;
    let reason = clean("reason", reason, 1..=300, false)?;
    let taken = take(tx, run, step, None).await?;
    taken.to_be_signed_by(&tx.who())?;
    taken.reopen(tx, What::Rejected, &reason).await
}

impl Taken {
    fn not_by_another(&self, who: &str) -> Result<()> {
        match &self.done_by {
            Some((id, name)) if id != who => Err(self.already_done(name)),
            _ => Ok(()),
        }
    }

    fn not_done(&self) -> Result<()> {
        self.done_by.as_ref().map_or(Ok(()), |(_, name)| Err(self.already_done(name)))
    }

    fn already_done(&self, name: &str) -> Error {
        let what = if self.skipped { "skipped" } else { "ticked" };
        Error::Conflict { code: "already_done", message: format!("{name} {what} this step already.") }
    }

    fn may_be_settled(&self) -> Result<()> {
        if !self.waits {
            return Ok(());
        }
        let message = "This step waits for the one before it. Finish that one first.".to_owned();
        Err(Error::Conflict { code: "waits", message })
    }

    fn to_be_signed_by(&self, who: &str) -> Result<()> {
        match &self.done_by {
            Some((doer, _)) if self.sign_off && !self.signed => {
                if doer != who {
                    return Ok(());
                }
                let message = "You did this step yourself. Somebody else has to sign it off.".to_owned();
                Err(Error::Refused { code: "own_work", message })
            }
            _ => {
                let message = "There is nothing to sign off here at the moment.".to_owned();
                Err(Error::Conflict { code: "nothing_to_sign", message })
            }
        }
    }

    /// Ticked, or skipped for a reason.
    async fn finish(&self, tx: &mut OrgTx, what: What, reason: &str) -> Result<()> {
        let skipped = what == What::Skipped;
        let query = Query::new(TICK).bind(self.step.uuid()).bind(tx.who()).bind(skipped).bind(reason.to_owned());
        let done_at = tx.one(query).await?.get(0);
        self.next_is_due(tx, Some(done_at)).await?;
        self.happened(tx, what, reason).await
    }

    /// To do again; a problem where there is a reason.
    async fn reopen(&self, tx: &mut OrgTx, what: What, reason: &str) -> Result<()> {
        let problem = !reason.is_empty();
        tx.rows(Query::new(UNDO).bind(self.step.uuid()).bind(problem).bind(reason.to_owned())).await?;
        self.next_is_due(tx, None).await?;
        self.happened(tx, what, reason).await
    }

    /// The step after it may be due some days after this one is done.
    async fn next_is_due(&self, tx: &mut OrgTx, done_at: Option<Timestamp>) -> Result<()> {
        let next = tx.rows(Query::new(NEXT).bind(self.run.uuid()).bind(self.position)).await?;
        let Some(row) = next.first() else { return Ok(()) };
        let rule = Due { after: After::Step, days: row.get(1), weekdays: row.get(2) };
        let zone: TimeZone = tx.access().organisation.zone();
        let due = done_at.map(|at| rule.at(at, &zone));
        tx.rows(Query::new(NEXT_DUE).bind(row.get::<_, Uuid>(0)).bind(due)).await.map(drop)
    }

    async fn happened(&self, tx: &mut OrgTx, what: What, note: &str) -> Result<()> {
        let who = tx.who();
        activity::write(tx.transaction(), self.run, Some(self.step), what, Some(&who), note).await?;
        runs::settle(tx, self.run).await
    }
}
