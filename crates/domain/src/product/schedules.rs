//! Schedules: when runs of a procedure start by themselves.

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use tenancy::{Query, Row, Transaction, tenant_statements};
use uuid::Uuid;

use super::calendar::{Calendar, Occurrence, Rule, Weekdays};
use super::procedures::ProcedureId;
use super::run_name::RunPattern;
use crate::id::id_type;
use crate::{Error, OrgTx, Permission, Read, Result};

tenant_statements! {
    /// Days that are still to come may have had their run by an earlier rule.
    LIST = "
        select schedule.id, schedule.repeats, schedule.on_weekdays, schedule.day_of_month, schedule.at_time,
               schedule.start_before, schedule.dealt_to,
               array(select run.occurs_on from runs as run
                      where run.organisation_id = $1 and run.schedule_id = schedule.id
                      order by run.occurs_on desc limit 100),
               schedule.run_name, schedule.paused_at, schedule.made_at, maker.name,
               schedule.missed_on, schedule.missed_days, schedule.missed_why
          from schedules as schedule
          left join users as maker on maker.id = schedule.made_by
         where schedule.organisation_id = $1 and schedule.procedure_id = $2
         order by schedule.id limit 20";
    /// What its page says beside the schedules.
    PROCEDURE = "
        select procedure.name, procedure.version is not null, procedure.archived_at is not null
          from procedures as procedure
         where procedure.organisation_id = $1 and procedure.id = $2";
    /// Schedules of one organisation change one after the other, so that the soonest of them is known.
    LOCK = "
        insert into next_starts (organisation_id) values ($1)
        on conflict (organisation_id) do update set due_at = next_starts.due_at
        returning now()";
    CREATE = "
        insert into schedules (organisation_id, id, procedure_id, repeats, on_weekdays, day_of_month, at_time, start_before,
               run_name, made_by, dealt_to, next_at)
        select $1, $3, procedure.id, $4, $5, $6, $7, $8, $9, $10, $11, $12
          from procedures as procedure
         where procedure.organisation_id = $1 and procedure.id = $2
           and (select count(*) from schedules as other
                 where other.organisation_id = $1 and other.procedure_id = procedure.id) < 20
        returning id";
    FIND = "
        select schedule.repeats, schedule.on_weekdays, schedule.day_of_month, schedule.at_time, schedule.start_before,
               schedule.paused_at is not null,
               array(select run.occurs_on from runs as run
                      where run.organisation_id = $1 and run.schedule_id = schedule.id
                      order by run.occurs_on desc limit 100)
          from schedules as schedule
         where schedule.organisation_id = $1 and schedule.procedure_id = $2 and schedule.id = $3";
    EDIT = "
        update schedules
           set repeats = $3, on_weekdays = $4, day_of_month = $5, at_time = $6, start_before = $7, run_name = $8
         where organisation_id = $1 and id = $2";
    PAUSE = "
        update schedules set paused_at = coalesce(paused_at, now()), next_at = null
         where organisation_id = $1 and procedure_id = $2 and id = $3
        returning id";
    RESUME = "
        update schedules set paused_at = null where organisation_id = $1 and id = $2 and paused_at is not null
        returning id";
    /// From now on.
    RECKON = "
        update schedules set dealt_to = $3, next_at = case when paused_at is null then $4::timestamptz end
         where organisation_id = $1 and id = $2";
    DELETE = "
        delete from schedules where organisation_id = $1 and procedure_id = $2 and id = $3 returning id";
    /// The soonest; a paused one has none.
    SETTLE = "
        update next_starts
           set due_at = (select min(schedule.next_at) from schedules as schedule where schedule.organisation_id = $1)
         where organisation_id = $1";
    /// A worker reckons each of them again, from the day it is dealt with to.
    MOVED = "
        update schedules set next_at = now() where organisation_id = $1 and next_at > '-infinity'";
    /// The same lock; where there is none to take there are no schedules.
    TAKE = "
        select from next_starts where organisation_id = $1 for no key update";
    /// A worker reckons each of them again, from that moment.
    RESTORED = "
        update schedules set next_at = '-infinity' where organisation_id = $1 and next_at is not null";
}

id_type! {
    /// A schedule.
    ScheduleId
}

/// When runs of a procedure start by themselves.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Its id.
    pub id: ScheduleId,
    /// When.
    pub calendar: Calendar,
    /// What its runs are called; empty where they are called what those of the procedure are.
    pub run_name: RunPattern,
    /// Since when it starts nothing.
    pub paused_at: Option<Timestamp>,
    /// When it was made.
    pub made_at: Timestamp,
    /// By whom; unknown once they are forgotten.
    pub made_by: Option<String>,
    /// The last days for which no run was started, though one should have been.
    pub missed: Option<Missed>,
    dealt_to: Date,
    /// The last days that have had their run.
    started: Vec<Date>,
}

/// Days without a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Missed {
    /// The last of them.
    pub day: Date,
    /// How many, one after the other.
    pub days: i32,
    /// Why.
    pub why: WhyMissed,
}

/// What was in the way of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyMissed {
    /// No worker was there, and a later day's run was started instead.
    Late,
    /// The procedure was archived.
    Archived,
    /// The procedure had no version.
    Unpublished,
    /// The organisation could only be read, for want of a payment.
    Unpaid,
    /// The organisation was being deleted.
    Closing,
}

/// A procedure's schedules, and what says whether they start anything.
#[derive(Debug, Clone)]
pub struct Schedules {
    /// The procedure's name in its draft.
    pub procedure: String,
    /// Whether it has a version.
    pub published: bool,
    /// Whether it is out of use.
    pub archived: bool,
    /// The oldest first.
    pub schedules: Vec<Schedule>,
}

impl Schedule {
    /// The next runs that it starts, the soonest first; none while it is paused.
    pub fn next(&self, zone: &TimeZone) -> impl Iterator<Item = Occurrence> + use<'_> {
        let upcoming = self.calendar.after(self.dealt_to, zone).filter(|next| !self.started.contains(&next.day));
        upcoming.take(if self.paused_at.is_some() { 0 } else { usize::MAX })
    }

    /// The next runs that it would start with another calendar, the soonest first.
    pub fn next_by(&self, calendar: Calendar, now: Timestamp, zone: &TimeZone) -> impl Iterator<Item = Occurrence> {
        calendar.starting_after(now, zone).filter(|next| !self.started.contains(&next.day))
    }
}

impl WhyMissed {
    const ALL: [Self; 5] = [Self::Late, Self::Archived, Self::Unpublished, Self::Unpaid, Self::Closing];

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Archived => "archived",
            Self::Unpublished => "unpublished",
            Self::Unpaid => "unpaid",
            Self::Closing => "closing",
        }
    }

    fn of(stored: &str) -> Self {
        Self::ALL.into_iter().find(|why| why.as_str() == stored).unwrap_or(Self::Late)
    }
}

/// The schedules of a procedure.
pub fn list(procedure: ProcedureId) -> Read<Schedules> {
    let queries = [Query::new(PROCEDURE).bind(procedure.uuid()), Query::new(LIST).bind(procedure.uuid())];
    Read::new(Permission::ProceduresRead, queries, |[procedure, schedules]| {
        let row = procedure.first().ok_or(Error::NotFound)?;
        Ok(Schedules {
            procedure: row.get(0),
            published: row.get(1),
            archived: row.get(2),
            schedules: schedules.iter().map(schedule).collect(),
        })
    })
}

/// Makes one. It starts with the first day whose start is still to come.
///
/// Conflict `too_many_schedules` beyond 20 of a procedure.
pub async fn create(
    tx: &mut OrgTx,
    procedure: ProcedureId,
    calendar: Calendar,
    name: &RunPattern,
) -> Result<ScheduleId> {
    tx.require(Permission::ProceduresManage)?;
    let now = lock(tx).await?;
    tx.one(Query::new(PROCEDURE).bind(procedure.uuid())).await?;
    let id = ScheduleId::from(Uuid::now_v7());
    let (dealt_to, next_at) = first(calendar, &[], now, &tx.access().organisation.zone());
    let query = written(Query::new(CREATE).bind(procedure.uuid()).bind(id.uuid()), calendar, name);
    let query = query.bind(tx.who()).bind(dealt_to).bind(next_at);
    if tx.rows(query).await?.is_empty() {
        let message = "A procedure has 20 schedules at most. Delete one that is not needed.".to_owned();
        return Err(Error::Conflict { code: "too_many_schedules", message });
    }
    settle(tx).await?;
    Ok(id)
}

/// Changes when and what is started from now on. Days that have had their run get no other.
pub async fn edit(
    tx: &mut OrgTx,
    procedure: ProcedureId,
    schedule: ScheduleId,
    calendar: Calendar,
    name: &RunPattern,
) -> Result<()> {
    tx.require(Permission::ProceduresManage)?;
    let now = lock(tx).await?;
    let row = find(tx, procedure, schedule).await?;
    tx.rows(written(Query::new(EDIT).bind(schedule.uuid()), calendar, name)).await?;
    reckon(tx, schedule, calendar, &row, now).await
}

/// Starts nothing from now on. Paused twice it is one pause.
pub async fn pause(tx: &mut OrgTx, procedure: ProcedureId, schedule: ScheduleId) -> Result<()> {
    tx.require(Permission::ProceduresManage)?;
    lock(tx).await?;
    tx.one(Query::new(PAUSE).bind(procedure.uuid()).bind(schedule.uuid())).await?;
    settle(tx).await
}

/// Goes on with the next day whose start is still to come; what fell into the pause is not made up for.
pub async fn resume(tx: &mut OrgTx, procedure: ProcedureId, schedule: ScheduleId) -> Result<()> {
    tx.require(Permission::ProceduresManage)?;
    let now = lock(tx).await?;
    let row = find(tx, procedure, schedule).await?;
    if tx.rows(Query::new(RESUME).bind(schedule.uuid())).await?.is_empty() {
        return Ok(());
    }
    reckon(tx, schedule, calendar(&row, 0), &row, now).await
}

/// Deletes it. Runs that it started stay.
pub async fn delete(tx: &mut OrgTx, procedure: ProcedureId, schedule: ScheduleId) -> Result<()> {
    tx.require(Permission::ProceduresManage)?;
    lock(tx).await?;
    tx.one(Query::new(DELETE).bind(procedure.uuid()).bind(schedule.uuid())).await?;
    settle(tx).await
}

/// The organisation's zone is another one: days that are still to come start by it.
pub(crate) async fn zone_changed(tx: &mut OrgTx) -> Result<()> {
    for statement in [TAKE, MOVED, SETTLE] {
        tx.rows(Query::new(statement)).await?;
    }
    Ok(())
}

/// The organisation is back: it goes on with what is still to come.
pub(crate) async fn restored(tx: &mut Transaction) -> Result<()> {
    for statement in [TAKE, RESTORED, SETTLE] {
        tx.query(Query::new(statement)).await?;
    }
    Ok(())
}

/// The organisation came from an archive, its schedules as they were: they go on as after a time without a worker.
pub(crate) async fn imported(tx: &mut Transaction) -> Result<()> {
    for statement in [LOCK, SETTLE] {
        tx.query(Query::new(statement)).await?;
    }
    Ok(())
}

/// The statement that takes the organisation's schedules for a transaction.
pub(super) fn locking() -> Query {
    Query::new(LOCK)
}

/// The statement that writes down when the soonest is due.
pub(super) fn settling() -> Query {
    Query::new(SETTLE)
}

async fn lock(tx: &mut OrgTx) -> Result<Timestamp> {
    Ok(tx.one(locking()).await?.get(0))
}

async fn settle(tx: &mut OrgTx) -> Result<()> {
    tx.rows(settling()).await?;
    tx.wake().await
}

async fn find(tx: &mut OrgTx, procedure: ProcedureId, schedule: ScheduleId) -> Result<Row> {
    tx.one(Query::new(FIND).bind(procedure.uuid()).bind(schedule.uuid())).await
}

async fn reckon(tx: &mut OrgTx, schedule: ScheduleId, calendar: Calendar, found: &Row, now: Timestamp) -> Result<()> {
    let (dealt_to, next_at) = first(calendar, &found.get::<_, Vec<Date>>(6), now, &tx.access().organisation.zone());
    tx.rows(Query::new(RECKON).bind(schedule.uuid()).bind(dealt_to).bind(next_at)).await?;
    settle(tx).await
}

/// Up to which day everything is dealt with where it begins now, and when the first run starts.
pub(super) fn first(
    calendar: Calendar,
    started: &[Date],
    now: Timestamp,
    zone: &TimeZone,
) -> (Date, Option<Timestamp>) {
    let next = calendar.starting_after(now, zone).find(|next| !started.contains(&next.day));
    match next {
        Some(next) => (next.day.yesterday().unwrap_or(Date::MIN), Some(next.starts_at)),
        // The end of time.
        None => (Date::MAX, None),
    }
}

fn written(query: Query, calendar: Calendar, name: &RunPattern) -> Query {
    let days: Vec<i32> = calendar.rule.weekdays().map(number).collect();
    let query = query
        .bind(calendar.rule.as_str())
        .bind(days)
        .bind(calendar.rule.day_of_month())
        .bind(calendar.at)
        .bind(calendar.start_before);
    query.bind(name.as_str().to_owned())
}

fn number(day: Weekday) -> i32 {
    day.to_monday_one_offset().into()
}

/// From five columns of a row, the first of which is the rule's name.
pub(super) fn calendar(row: &Row, first: usize) -> Calendar {
    let numbers: Vec<i32> = row.get(first + 1);
    let day = row.get::<_, Option<i32>>(first + 2).and_then(|day| i8::try_from(day).ok());
    let weekdays = Weekdays::of(Weekday::Monday.cycle_forward().take(7).filter(|day| numbers.contains(&number(*day))));
    let rule = match row.get(first) {
        "weekdays" => Some(Rule::Weekdays),
        "weekly" => weekdays.map(Rule::Weekly),
        "monthly" => day.map(Rule::Monthly),
        "last_business_day" => Some(Rule::LastBusinessDay),
        _ => None,
    };
    // The table lets nothing else in.
    Calendar { rule: rule.unwrap_or(Rule::Daily), at: row.get::<_, Time>(first + 3), start_before: row.get(first + 4) }
}

fn schedule(row: &Row) -> Schedule {
    let missed = row.get::<_, Option<Date>>(12).zip(row.get::<_, Option<i32>>(13));
    Schedule {
        id: row.get::<_, Uuid>(0).into(),
        calendar: calendar(row, 1),
        dealt_to: row.get(6),
        started: row.get(7),
        run_name: RunPattern::stored(row.get(8)),
        paused_at: row.get(9),
        made_at: row.get(10),
        made_by: row.get(11),
        missed: missed.map(|(day, days)| Missed {
            day,
            days,
            why: WhyMissed::of(row.get::<_, Option<&str>>(14).unwrap_or_default()),
        }),
    }
}
