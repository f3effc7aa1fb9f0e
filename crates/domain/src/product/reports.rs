//! Reports: what was done in time, and how long runs take. `docs/reports.md` says what is counted and how.

pub mod figures;
pub mod period;
pub mod settled;

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use tenancy::{Query, Row, tenant_statements};
use uuid::Uuid;

use self::figures::{DueSteps, RunCounts};
use self::period::{Frame, Period};
use super::procedures::ProcedureId;
use crate::{Access, Permission, Read};

tenant_statements! {
    FRAME = "
        select frame.starts, now(), frame.edges from tenancy.report_frame($1, $2, $3) as frame";
    PROCEDURES = "
        select procedure.id, coalesce(version.name, procedure.name)
          from procedures as procedure
          left join procedure_versions as version on version.organisation_id = $1
               and version.procedure_id = procedure.id and version.number = procedure.version
         where procedure.organisation_id = $1 and procedure.version is not null
         order by lower(coalesce(version.name, procedure.name)), procedure.id limit 1000";
    /// Steps that are done or skipped, by when they were due: number 0 is the time before.
    BY_PROCEDURE = "
        select case when tally.due_slot >= frame.starts then width_bucket(tally.due_slot, frame.edges) else 0 end,
               tally.procedure_id, sum(tally.done), sum(tally.on_time), sum(tally.skipped)
          from tenancy.report_frame($1, $2, $3) as frame
          join step_tallies as tally on tally.organisation_id = $1 and tally.person = ''
               and tally.due_slot >= frame.before_starts and tally.due_slot < now()
               and (tally.due_slot < frame.before_ends or tally.due_slot >= frame.starts)
         where tally.organisation_id = $1 and ($4::uuid is null or tally.procedure_id = $4)
         group by 1, 2";
    /// Of one procedure, or of all zeros, which stand for all.
    BY_PERSON = "
        select grouped.person, person.name, grouped.done, grouped.on_time, grouped.skipped
          from (select tally.person, sum(tally.done) as done, sum(tally.on_time) as on_time, sum(tally.skipped) as skipped
                  from tenancy.report_frame($1, $2, $3) as frame
                  join step_tallies as tally on tally.organisation_id = $1 and tally.person <> ''
                       and tally.procedure_id = $4
                       and tally.due_slot >= frame.starts and tally.due_slot < now()
                 where tally.organisation_id = $1
                 group by tally.person) as grouped
          left join users as person on person.id = grouped.person";
    /// Steps that should have been done: of runs that go on, which are few.
    OVERDUE = "
        select case when step.due_at >= frame.starts then width_bucket(step.due_at, frame.edges) else 0 end as number,
               run.procedure_id, coalesce(step.assignee, ''), min(person.name), count(*)
          from tenancy.report_frame($1, $2, $3) as frame
         cross join runs as run
          join steps as step on step.organisation_id = $1 and step.run_id = run.id and step.done_at is null
               and step.due_at >= frame.before_starts and step.due_at < now()
               and (step.due_at < frame.before_ends or step.due_at >= frame.starts)
          left join users as person on person.id = step.assignee
         where run.organisation_id = $1 and run.completed_at is null and run.cancelled_at is null
           and ($4::uuid is null or run.procedure_id = $4)
         group by 1, 2, 3";
    STARTED = "
        select case when run.started_at >= frame.starts then width_bucket(run.started_at, frame.edges) else 0 end, count(*)
          from tenancy.report_frame($1, $2, $3) as frame
          join runs as run on run.organisation_id = $1 and run.started_at >= frame.before_starts and run.started_at < now()
               and (run.started_at < frame.before_ends or run.started_at >= frame.starts)
         where run.organisation_id = $1 and ($4::uuid is null or run.procedure_id = $4)
         group by 1";
    CANCELLED = "
        select case when run.cancelled_at >= frame.starts then width_bucket(run.cancelled_at, frame.edges) else 0 end, count(*)
          from tenancy.report_frame($1, $2, $3) as frame
          join runs as run on run.organisation_id = $1 and run.cancelled_at >= frame.before_starts and run.cancelled_at < now()
               and (run.cancelled_at < frame.before_ends or run.cancelled_at >= frame.starts)
         where run.organisation_id = $1 and ($4::uuid is null or run.procedure_id = $4)
         group by 1";
    /// The seconds that completed runs took: sorted here, Postgres would write them to its disk.
    TOOK = "
        select case when run.completed_at >= frame.starts then width_bucket(run.completed_at, frame.edges) else 0 end,
               array_agg(extract(epoch from run.completed_at - run.started_at)::int)
          from tenancy.report_frame($1, $2, $3) as frame
          join runs as run on run.organisation_id = $1 and run.completed_at >= frame.before_starts and run.completed_at < now()
               and (run.completed_at < frame.before_ends or run.completed_at >= frame.starts)
         where run.organisation_id = $1 and ($4::uuid is null or run.procedure_id = $4)
         group by 1";
}

/// What a report is wanted of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of what time.
    pub period: Period,
    /// Of one procedure, or of all.
    pub procedure: Option<ProcedureId>,
}

/// A report.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Report {
    /// What time was asked for.
    pub period: Period,
    /// When that begins and ends.
    #[serde(flatten)]
    pub frame: Frame,
    /// The procedure it is of; none where it is of all.
    pub procedure_id: Option<ProcedureId>,
    /// All of the time.
    pub steps: DueSteps,
    /// The same for runs.
    pub runs: RunCounts,
    /// The same time just before; none where the plan does not reach back that far.
    pub before: Option<Before>,
    /// Week by week or month by month, the last one being under way.
    pub slices: Vec<Slice>,
    /// By procedure, the most late steps first.
    pub procedures: Vec<OfProcedure>,
    /// By person, the most steps first.
    pub people: Vec<OfPerson>,
    /// What there is to choose from, by name.
    #[serde(skip)]
    pub choices: Vec<(ProcedureId, String)>,
}

/// The time before.
#[derive(Debug, Clone, Copy, Default, serde::Serialize)]
pub struct Before {
    /// Steps.
    pub steps: DueSteps,
    /// Runs.
    pub runs: RunCounts,
}

/// A week or a month.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Slice {
    /// Its first day, where the organisation is.
    pub first_day: Date,
    /// Steps that were due in it.
    pub steps: DueSteps,
    /// Runs that began or ended in it.
    pub runs: RunCounts,
}

/// A procedure's steps.
#[derive(Debug, Clone, serde::Serialize)]
pub struct OfProcedure {
    /// The procedure.
    pub id: ProcedureId,
    /// Its name in the newest version.
    pub name: String,
    /// What was due.
    pub steps: DueSteps,
}

/// A person's steps.
#[derive(Debug, Clone, serde::Serialize)]
pub struct OfPerson {
    /// Whose they are: who was to do them, or else who did. Nobody's have none.
    pub id: Option<String>,
    /// Unknown once they are forgotten.
    pub name: Option<String>,
    /// What was due.
    pub steps: DueSteps,
}

/// All of it in one read. `LimitReached` where the plan does not reach back that far.
pub fn show(wanted: Wanted) -> Read<Report> {
    let ask = |statement| Query::new(statement).bind(wanted.period.unit()).bind(wanted.period.units());
    let of = |statement| ask(statement).bind(wanted.procedure.map(ProcedureId::uuid));
    let queries = [
        ask(FRAME),
        Query::new(PROCEDURES),
        of(BY_PROCEDURE),
        ask(BY_PERSON).bind(wanted.procedure.map_or(Uuid::nil(), ProcedureId::uuid)),
        of(OVERDUE),
        of(STARTED),
        of(CANCELLED),
        of(TOOK),
    ];
    Read::knowing(Permission::ReportsRead, queries, move |access, rows| {
        wanted.period.allowed(access.organisation.terms)?;
        Ok(report(access, wanted, &rows))
    })
}

fn report(access: &Access, wanted: Wanted, rows: &[Vec<Row>; 8]) -> Report {
    let [frame, procedures, by_procedure, by_person, overdue, started, cancelled, took] = rows;
    let frame =
        frame.first().map_or_else(nothing, |row| Frame { from: row.get(0), until: row.get(1), edges: row.get(2) });
    let zone = access.organisation.zone();
    // Number 0 is the time before; each week or month comes after it.
    let mut steps = vec![DueSteps::default(); frame.edges.len() + 1];
    let mut runs = vec![RunCounts::default(); frame.edges.len() + 1];
    let mut of_procedures: HashMap<Uuid, DueSteps> = HashMap::new();
    let mut of_people: HashMap<String, (Option<String>, DueSteps)> = HashMap::new();

    for row in by_procedure {
        let settled = DueSteps::settled(row.get(2), row.get(3), row.get(4));
        steps[number(row)].add(settled);
        if number(row) > 0 {
            of_procedures.entry(row.get(1)).or_default().add(settled);
        }
    }
    for row in by_person {
        let settled = DueSteps::settled(row.get(2), row.get(3), row.get(4));
        of_people.insert(row.get(0), (row.get(1), settled));
    }
    for row in overdue {
        let open = DueSteps::overdue(row.get(4));
        steps[number(row)].add(open);
        if number(row) > 0 {
            of_procedures.entry(row.get(1)).or_default().add(open);
            let (_, theirs) = of_people.entry(row.get(2)).or_insert_with(|| (row.get(3), DueSteps::default()));
            theirs.add(open);
        }
    }
    for row in started {
        runs[number(row)].started = row.get(1);
    }
    for row in cancelled {
        runs[number(row)].cancelled = row.get(1);
    }
    let mut all_took: Vec<i32> = Vec::new();
    for row in took {
        let mut seconds: Vec<i32> = row.get(1);
        runs[number(row)].took(&mut seconds);
        if number(row) > 0 {
            all_took.append(&mut seconds);
        }
    }

    let choices: Vec<(ProcedureId, String)> =
        procedures.iter().map(|row| (row.get::<_, Uuid>(0).into(), row.get(1))).collect();
    let before = Before { steps: steps[0], runs: runs[0] };
    let slices = frame.edges.iter().zip(&steps[1..]).zip(&runs[1..]).map(|((at, steps), runs)| Slice {
        first_day: at.to_zoned(zone.clone()).date(),
        steps: *steps,
        runs: *runs,
    });
    let slices: Vec<Slice> = slices.collect();
    let mut total = (DueSteps::default(), RunCounts::default());
    for slice in &slices {
        total.0.add(slice.steps);
        total.1.started += slice.runs.started;
        total.1.cancelled += slice.runs.cancelled;
    }
    total.1.took(&mut all_took);
    Report {
        period: wanted.period,
        procedure_id: wanted.procedure,
        steps: total.0,
        runs: total.1,
        before: wanted.period.is_compared(access.organisation.terms).then_some(before),
        slices,
        procedures: sorted_procedures(of_procedures, &choices),
        people: sorted_people(of_people),
        choices,
        frame,
    }
}

fn number(row: &Row) -> usize {
    usize::try_from(row.get::<_, i32>(0)).unwrap_or_default()
}

fn nothing() -> Frame {
    Frame { from: Timestamp::UNIX_EPOCH, until: Timestamp::UNIX_EPOCH, edges: Vec::new() }
}

fn sorted_procedures(found: HashMap<Uuid, DueSteps>, names: &[(ProcedureId, String)]) -> Vec<OfProcedure> {
    let names: HashMap<ProcedureId, &str> = names.iter().map(|(id, name)| (*id, name.as_str())).collect();
    let one = |(id, steps): (Uuid, DueSteps)| {
        let id = ProcedureId::from(id);
        OfProcedure {
            id,
            name: names.get(&id).map_or_else(|| "Another procedure".to_owned(), |&name| name.to_owned()),
            steps,
        }
    };
    let mut procedures: Vec<OfProcedure> = found.into_iter().map(one).collect();
    procedures.sort_by(|a, b| {
        let by_name = || a.name.to_lowercase().cmp(&b.name.to_lowercase()).then(a.id.uuid().cmp(&b.id.uuid()));
        b.steps.late.cmp(&a.steps.late).then(b.steps.due.cmp(&a.steps.due)).then_with(by_name)
    });
    procedures
}

fn sorted_people(found: HashMap<String, (Option<String>, DueSteps)>) -> Vec<OfPerson> {
    let one = |(id, (name, steps)): (String, _)| OfPerson { id: Some(id).filter(|id| !id.is_empty()), name, steps };
    let mut people: Vec<OfPerson> = found.into_iter().map(one).collect();
    people.sort_by(|a, b| {
        let by_name = || a.name.cmp(&b.name).then(a.id.cmp(&b.id));
        b.steps.due.cmp(&a.steps.due).then(b.steps.late.cmp(&a.steps.late)).then_with(by_name)
    });
    people
}
