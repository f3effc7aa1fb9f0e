//! The tracker: all runs, how each goes, and which of them are wanted.

use tenancy::{Query, tenant_statements};

use super::duties::{self, Colleague};
use super::health::Health;
use super::procedures::ProcedureId;
use super::runs::{self, RunSummary, Startable};
use crate::text::containing;
use crate::{Listing, Page, Permission, Read};

tenant_statements! {
    /// The page first, then the steps of all its runs at once: a third less work than asking for each run. Only where
    /// runs of one health are wanted, each is asked for it.
    LIST = "
        with page as materialized (
               select run.*, version.name as procedure, version.number
                 from runs as run
                 join procedure_versions as version on version.organisation_id = $1 and version.id = run.version_id
                where run.organisation_id = $1 and run.id < $2
                  and ($3 = '' or $3 = case when run.cancelled_at is not null then 'cancelled'
                                            when run.completed_at is not null then 'completed' else 'in_progress' end)
                  and ($4::uuid is null or run.procedure_id = $4)
                  and (run.name ilike $5 or version.name ilike $5)
                  and ($6 = '' or exists (select from steps as step
                                           where step.organisation_id = $1 and step.run_id = run.id and step.done_at is null
                                             and step.assignee = $6))
                  and ($7 = '' or (run.completed_at is null and run.cancelled_at is null and $7 = (
                        select case when bool_or(step.problem) then 'problem'
                                    when min(step.due_at) < now() then 'overdue'
                                    when min(step.due_at) < now() + interval '24 hours' then 'due_soon'
                                    else 'on_track' end
                          from steps as step
                         where step.organisation_id = $1 and step.run_id = run.id and step.done_at is null)))
                order by run.id desc limit 51),
             counted as (
               select step.run_id, count(*) as total, count(step.done_at) as done, max(step.due_at) as due_at,
                      bool_or(step.problem) as problem, min(step.due_at) filter (where step.done_at is null) as next_due,
                      array_agg(distinct step.assignee) filter (where step.done_at is null and step.assignee is not null) as assignees
                 from steps as step
                where step.organisation_id = $1 and step.run_id = any (array(select page.id from page))
                group by step.run_id)
        select page.id, page.name, page.procedure, page.procedure_id, page.number,
               coalesce(counted.total, 0), coalesce(counted.done, 0),
               page.started_at, starter.name, page.completed_at, page.cancelled_at,
               counted.due_at, counted.problem, counted.next_due, now(),
               coalesce(counted.assignees, '{}')
          from page
          left join counted on counted.run_id = page.id
          left join users as starter on starter.id = page.started_by
         order by page.id desc";
}

/// Which runs are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of one state, or of all.
    pub state: Option<runs::RunState>,
    /// Of one health; those in progress alone have any.
    pub health: Option<Health>,
    /// Of one procedure.
    pub procedure: Option<ProcedureId>,
    /// Those in which somebody has something to do, by Clerk's id; empty for all.
    pub person: String,
    /// Words in the name of the run or of its procedure; empty for all.
    pub words: String,
}

/// A run as the tracker shows it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Tracked {
    /// What lists show.
    #[serde(flatten)]
    pub run: RunSummary,
    /// Who has something to do in it, by Clerk's id.
    pub assignees: Vec<String>,
}

/// What the tracker's page needs: runs, what a new one can be started from, and who there is.
#[derive(Debug, Clone)]
pub struct Tracker {
    /// Newest first.
    pub runs: Listing<Tracked>,
    /// By name.
    pub startable: Vec<Startable>,
    /// By name.
    pub people: Vec<Colleague>,
}

/// The organisation's runs that are wanted, newest first.
pub fn list(page: Page, wanted: &Wanted) -> Read<Listing<Tracked>> {
    Read::new(Permission::RunsRead, [query(page, wanted)], |[rows]| Ok(listing(&rows)))
}

/// The same with everything around it.
pub fn show(page: Page, wanted: &Wanted) -> Read<Tracker> {
    let queries = [query(page, wanted), runs::startable(), duties::people()];
    Read::new(Permission::RunsRead, queries, |[runs, procedures, people]| {
        Ok(Tracker {
            runs: listing(&runs),
            startable: procedures.iter().map(Startable::from_row).collect(),
            people: people.iter().map(Colleague::from_row).collect(),
        })
    })
}

fn query(page: Page, wanted: &Wanted) -> Query {
    Query::new(LIST)
        .bind(page.bound())
        .bind(wanted.state.map_or("", runs::RunState::as_str))
        .bind(wanted.procedure.map(ProcedureId::uuid))
        .bind(containing(&wanted.words))
        .bind(wanted.person.clone())
        .bind(wanted.health.map_or("", Health::as_str))
}

fn listing(rows: &[tenancy::Row]) -> Listing<Tracked> {
    let tracked = |row| Tracked { run: runs::summary(row), assignees: row.get(15) };
    Listing::from_one_more(rows.iter().map(tracked).collect(), |item| item.run.id.uuid())
}
