//! Runs that schedules start, by a job inside of their organisation.
//!
//! Where several days are due at once, because no worker was there, the last of them gets its run and the others are
//! written down as missed. Where nothing may be started, all of them are.

use jiff::Timestamp;
use jiff::civil::Date;
use tenancy::{Query, Row, tenant_statements};
use uuid::Uuid;

use super::procedures::ProcedureId;
use super::run_name::RunPattern;
use super::runs::{self, Starter};
use super::schedules::{self, WhyMissed};
use crate::standing::Standing;
use crate::{OrgJob, Permission, Result};

tenant_statements! {
    /// The one that is due for the longest time.
    DUE = "
        select schedule.id, schedule.repeats, schedule.on_weekdays, schedule.day_of_month, schedule.at_time,
               schedule.start_before, schedule.dealt_to, schedule.next_at = '-infinity', now(),
               case when schedule.run_name = '' then coalesce(version.run_name, '') else schedule.run_name end,
               procedure.id, coalesce(version.name, procedure.name), procedure.archived_at is not null, version.id is not null,
               array(select run.occurs_on from runs as run
                      where run.organisation_id = $1 and run.schedule_id = schedule.id
                      order by run.occurs_on desc limit 100)
          from schedules as schedule
          join procedures as procedure on procedure.organisation_id = $1 and procedure.id = schedule.procedure_id
          left join procedure_versions as version on version.organisation_id = $1
               and version.procedure_id = procedure.id and version.number = procedure.version
         where schedule.organisation_id = $1 and schedule.next_at <= now()
         order by schedule.next_at limit 1";
    DEALT = "
        update schedules set dealt_to = $3, next_at = $4 where organisation_id = $1 and id = $2";
    MISSED = "
        update schedules set missed_on = $3, missed_days = $4, missed_why = $5
         where organisation_id = $1 and id = $2";
}

/// The job, and the actor, that starts an organisation's scheduled runs.
pub const START_SCHEDULED_RUNS: &str = "start_scheduled_runs";

/// Deals with the schedule that is due for the longest time; false where none is. Done again it is the same, also by two
/// workers at once: they come one after the other, and a day of a schedule has one run.
pub async fn start_next(job: &mut OrgJob) -> Result<bool> {
    job.rows(schedules::locking()).await?;
    let Some(row) = job.rows(Query::new(DUE)).await?.pop() else {
        job.rows(schedules::settling()).await?;
        return Ok(false);
    };
    let (id, calendar) = (row.get::<_, Uuid>(0), schedules::calendar(&row, 1));
    let (mut dealt_to, now): (Date, Timestamp) = (row.get(6), row.get(8));
    let zone = job.organisation().zone();
    // By an earlier rule of it.
    let started: Vec<Date> = row.get(14);
    if row.get(7) {
        // The organisation was away: what fell into that time is not made up for.
        let (dealt_to, next_at) = schedules::first(calendar, &started, now, &zone);
        job.rows(Query::new(DEALT).bind(id).bind(dealt_to).bind(next_at)).await?;
        return Ok(true);
    }
    let mut upcoming = calendar.after(dealt_to, &zone).peekable();
    let mut due = Vec::new();
    while let Some(occurrence) = upcoming.next_if(|occurrence| occurrence.starts_at <= now) {
        dealt_to = occurrence.day;
        if !started.contains(&dealt_to) {
            due.push(dealt_to);
        }
    }
    let next_at = upcoming.peek().map(|next| next.starts_at);
    let why = in_the_way(job, &row);
    if why.is_none()
        && let Some(day) = due.pop()
    {
        let name = RunPattern::stored(row.get(9)).run_name(row.get(11), day);
        let starter = Starter::Schedule { id, occurs_on: day.to_string() };
        let procedure = ProcedureId::from(row.get::<_, Uuid>(10));
        runs::begin(job.transaction(), procedure, &name, starter, &zone).await?;
    }
    if let Some(last) = due.last() {
        let days = i32::try_from(due.len()).unwrap_or(i32::MAX);
        let missed = Query::new(MISSED).bind(id).bind(*last).bind(days);
        job.rows(missed.bind(why.unwrap_or(WhyMissed::Late).as_str())).await?;
    }
    job.rows(Query::new(DEALT).bind(id).bind(dealt_to).bind(next_at)).await?;
    Ok(true)
}

/// Why nothing may be started of it.
fn in_the_way(job: &OrgJob, due: &Row) -> Option<WhyMissed> {
    let standing = job.organisation().terms.standing;
    match (due.get(12), due.get(13)) {
        _ if standing == Standing::Closing => Some(WhyMissed::Closing),
        _ if standing.allows(Permission::RunsWork).is_err() => Some(WhyMissed::Unpaid),
        (true, _) => Some(WhyMissed::Archived),
        (_, false) => Some(WhyMissed::Unpublished),
        _ => None,
    }
}
