//! My work: everything somebody has to do, in all runs, soonest first.

use jiff::Timestamp;
use tenancy::{Query, Row, UserId, tenant_statements};
use uuid::Uuid;

use super::comments::CommentId;
use super::procedures::ProcedureId;
use super::runs::{self, RunId, Startable};
use super::steps::StepId;
use crate::{Permission, Read};

tenant_statements! {
    /// Found by the indexes of open steps, whose ever they are; then what is shown of each.
    OPEN = "
        with found as materialized (
               select step.id from steps as step
                where $3 = 'mine' and step.organisation_id = $1 and step.assignee = $2 and step.done_at is null
               union
               select step.id from steps as step
                where $3 = 'mine' and step.organisation_id = $1 and step.done_at is null
                  and step.duty_id = any (array(select holder.duty_id from duty_holders as holder
                                                 where holder.organisation_id = $1 and holder.user_id = $2))
               union
               select step.id from steps as step
                where $3 = 'everyone' and step.organisation_id = $1 and step.done_at is null
               union
               select step.id from steps as step
                where $3 = 'nobody' and step.organisation_id = $1 and step.done_at is null
                  and not exists (select from memberships as membership
                                   where membership.organisation_id = $1 and membership.user_id = step.assignee
                                     and membership.removed_at is null)
                  and not exists (select from duty_holders as holder
                                    join memberships as membership on membership.organisation_id = $1
                                         and membership.user_id = holder.user_id and membership.removed_at is null
                                   where holder.organisation_id = $1 and holder.duty_id = step.duty_id))
        select step.id, step.run_id, run.name, run.procedure_id, template.title, step.position, step.due_at,
               (select count(*) from comments as comment
                 where comment.organisation_id = $1 and comment.step_id = step.id),
               step.must_wait and exists (select from steps as before
                  where before.organisation_id = $1 and before.run_id = step.run_id and before.position = step.position - 1
                    and (before.done_at is null or (before.sign_off and before.signed_at is null))),
               step.problem, duty.name, (select person.name from memberships as membership
                                           join users as person on person.id = membership.user_id
                                          where membership.organisation_id = $1 and membership.user_id = step.assignee
                                            and membership.removed_at is null),
               template.fields @? '$[*] ? (@.required == true)', version.name
          from found
          join steps as step on step.organisation_id = $1 and step.id = found.id
          join runs as run on run.organisation_id = $1 and run.id = step.run_id
          join version_steps as template on template.organisation_id = $1 and template.id = step.version_step_id
          join procedure_versions as version on version.organisation_id = $1 and version.id = run.version_id
          left join duties as duty on duty.organisation_id = $1 and duty.id = step.duty_id
         where run.completed_at is null and run.cancelled_at is null and ($4::uuid is null or run.procedure_id = $4)
         order by step.due_at nulls last, step.run_id, step.position limit 301";
    /// Done by others, and to be signed off.
    TO_SIGN = "
        select step.id, step.run_id, run.name, template.title, step.position, doer.name, step.done_at
          from steps as step
          join runs as run on run.organisation_id = $1 and run.id = step.run_id
          join version_steps as template on template.organisation_id = $1 and template.id = step.version_step_id
          left join users as doer on doer.id = step.done_by
         where step.organisation_id = $1 and step.sign_off and step.done_at is not null and step.signed_at is null
           and step.done_by <> $2 and run.cancelled_at is null
         order by step.done_at limit 50";
    MENTIONS = "
        select comment.id, comment.run_id, comment.step_id, template.title, writer.name, comment.written_at
          from mentions as mention
          join comments as comment on comment.organisation_id = $1 and comment.id = mention.comment_id
          join steps as step on step.organisation_id = $1 and step.id = comment.step_id
          join version_steps as template on template.organisation_id = $1 and template.id = step.version_step_id
          left join users as writer on writer.id = comment.written_by
         where mention.organisation_id = $1 and mention.user_id = $2
         order by mention.comment_id desc limit 8";
}

/// More than these are not shown.
const MOST: usize = 300;

/// Whose work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Whose {
    /// One's own, and that of one's duties.
    #[default]
    Mine,
    /// Of people who are not there, or of nobody.
    Nobody,
    /// All of it.
    Everyone,
}

impl Whose {
    /// As written in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Nobody => "nobody",
            Self::Everyone => "everyone",
        }
    }

    /// From its written form.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Mine, Self::Nobody, Self::Everyone].into_iter().find(|whose| whose.as_str() == text)
    }
}

/// A step that somebody has to do.
#[derive(Debug, Clone, serde::Serialize)]
pub struct OpenStep {
    /// The step.
    pub id: StepId,
    /// The run it is of.
    pub run_id: RunId,
    /// That run's name.
    pub run: String,
    /// The procedure.
    pub procedure_id: ProcedureId,
    /// Its name, as it was in the version.
    pub procedure: String,
    /// What to do.
    pub title: String,
    /// Counts from 1.
    pub position: i32,
    /// When it is due.
    pub due_at: Option<Timestamp>,
    /// Things said about it.
    pub comments: i64,
    /// Whether the step before it has to be done first.
    pub waits: bool,
    /// Whether something is in its way.
    pub problem: bool,
    /// The duty that has to do it.
    pub duty: Option<String>,
    /// The person who has to.
    pub assignee: Option<String>,
    /// Whether something is to be written down first: it is ticked where that can be done.
    pub asks: bool,
}

/// A step that waits for somebody else's word.
#[derive(Debug, Clone, serde::Serialize)]
pub struct ToSign {
    /// The step.
    pub id: StepId,
    /// The run it is of.
    pub run_id: RunId,
    /// That run's name.
    pub run: String,
    /// What was done.
    pub title: String,
    /// Counts from 1.
    pub position: i32,
    /// By whom; unknown once they are forgotten.
    pub done_by: Option<String>,
    /// When.
    pub done_at: Timestamp,
}

/// Somebody named this person.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Mention {
    /// The comment.
    pub comment_id: CommentId,
    /// The run.
    pub run_id: RunId,
    /// The step.
    pub step_id: StepId,
    /// What is to be done there.
    pub step: String,
    /// Who did; unknown once they are forgotten.
    pub written_by: Option<String>,
    /// When.
    pub written_at: Timestamp,
}

/// A person's work.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Work {
    /// Soonest first, those without a day last; 300 at most.
    pub steps: Vec<OpenStep>,
    /// Whether there are more.
    pub more: bool,
    /// Longest waiting first.
    pub to_sign: Vec<ToSign>,
    /// Newest first.
    pub mentions: Vec<Mention>,
    /// What a run can be started from.
    #[serde(skip)]
    pub startable: Vec<Startable>,
}

/// What this person has to do; of one procedure, or of all.
pub fn show(person: &UserId, whose: Whose, procedure: Option<ProcedureId>) -> Read<Work> {
    let who = person.to_string();
    let queries = [
        Query::new(OPEN).bind(who.clone()).bind(whose.as_str()).bind(procedure.map(ProcedureId::uuid)),
        Query::new(TO_SIGN).bind(who.clone()),
        Query::new(MENTIONS).bind(who),
        runs::startable(),
    ];
    Read::new(Permission::RunsRead, queries, |[open, to_sign, mentions, startable]| {
        Ok(Work {
            more: open.len() > MOST,
            steps: open.iter().take(MOST).map(open_step).collect(),
            to_sign: to_sign.iter().map(signing).collect(),
            mentions: mentions.iter().map(mention).collect(),
            startable: startable.iter().map(Startable::from_row).collect(),
        })
    })
}

fn open_step(row: &Row) -> OpenStep {
    OpenStep {
        id: row.get::<_, Uuid>(0).into(),
        run_id: row.get::<_, Uuid>(1).into(),
        run: row.get(2),
        procedure_id: row.get::<_, Uuid>(3).into(),
        title: row.get(4),
        position: row.get(5),
        due_at: row.get(6),
        comments: row.get(7),
        waits: row.get(8),
        problem: row.get(9),
        duty: row.get(10),
        assignee: row.get(11),
        asks: row.get(12),
        procedure: row.get(13),
    }
}

fn signing(row: &Row) -> ToSign {
    ToSign {
        id: row.get::<_, Uuid>(0).into(),
        run_id: row.get::<_, Uuid>(1).into(),
        run: row.get(2),
        title: row.get(3),
        position: row.get(4),
        done_by: row.get(5),
        done_at: row.get(6),
    }
}

fn mention(row: &Row) -> Mention {
    Mention {
        comment_id: row.get::<_, Uuid>(0).into(),
        run_id: row.get::<_, Uuid>(1).into(),
        step_id: row.get::<_, Uuid>(2).into(),
        step: row.get(3),
        written_by: row.get(4),
        written_at: row.get(5),
    }
}
