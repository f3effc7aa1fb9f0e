//! Every step of a report, one after the other, for a spreadsheet.

use jiff::Timestamp;
use tenancy::{Query, Row, tenant_statements};
use uuid::Uuid;

use super::super::procedures::ProcedureId;
use super::Wanted;
use crate::{Permission, Read};

/// Rows of one answer: as the statements say.
const PIECE: usize = 1000;

tenant_statements! {
    /// What was ticked or skipped in this time, in that order, some at a time.
    SETTLED = "
        select run.id, run.name, version.name, version.number, step.position, template.title, step.due_at, step.done_at,
               coalesce(doer.name, ''), coalesce(assignee.name, ''), step.skipped, step.problem, step.reason,
               signer.name, step.signed_at, step.done_by, step.assignee, step.id
          from (select settled.*
                  from tenancy.report_frame($1, $2, $3) as frame
                  join steps as settled on settled.organisation_id = $1
                       and settled.done_at >= greatest(frame.starts, $5) and (settled.done_at, settled.id) > ($5, $6)
                  join runs as its on its.organisation_id = $1 and its.id = settled.run_id
                       and ($4::uuid is null or its.procedure_id = $4)
                 where settled.organisation_id = $1
                 order by settled.done_at, settled.id limit 1000) as step
          join runs as run on run.organisation_id = $1 and run.id = step.run_id
          join procedure_versions as version on version.organisation_id = $1 and version.id = run.version_id
          join version_steps as template on template.organisation_id = $1 and template.id = step.version_step_id
          left join users as doer on doer.id = step.done_by
          left join users as assignee on assignee.id = step.assignee
          left join users as signer on signer.id = step.signed_by
         order by step.done_at, step.id";
    /// What should have been done in it and is still open, by when it was due.
    OVERDUE = "
        select run.id, run.name, version.name, version.number, step.position, template.title, step.due_at, step.done_at,
               coalesce(doer.name, ''), coalesce(assignee.name, ''), step.skipped, step.problem, step.reason,
               signer.name, step.signed_at, step.done_by, step.assignee, step.id
          from (select open.*
                  from tenancy.report_frame($1, $2, $3) as frame
                 cross join runs as going
                  join steps as open on open.organisation_id = $1 and open.run_id = going.id and open.done_at is null
                       and open.due_at >= frame.starts and open.due_at < now()
                       and (open.due_at, open.id) > ($5, $6)
                 where going.organisation_id = $1 and going.completed_at is null and going.cancelled_at is null
                   and ($4::uuid is null or going.procedure_id = $4)
                 order by open.due_at, open.id limit 1000) as step
          join runs as run on run.organisation_id = $1 and run.id = step.run_id
          join procedure_versions as version on version.organisation_id = $1 and version.id = run.version_id
          join version_steps as template on template.organisation_id = $1 and template.id = step.version_step_id
          left join users as doer on doer.id = step.done_by
          left join users as assignee on assignee.id = step.assignee
          left join users as signer on signer.id = step.signed_by
         order by step.due_at, step.id";
}

/// A step with what it belongs to.
#[derive(Debug, Clone)]
pub struct ReportedStep {
    /// The run, and what it is called.
    pub run_id: Uuid,
    /// What the run is called.
    pub run: String,
    /// The procedure's name, as it was in the version.
    pub procedure: String,
    /// The version the run is pinned to.
    pub version: i32,
    /// The step's number in the run.
    pub position: i32,
    /// What was to be done.
    pub title: String,
    /// By when, if ever.
    pub due_at: Option<Timestamp>,
    /// When it was ticked or skipped.
    pub done_at: Option<Timestamp>,
    /// By whom.
    pub done_by: Option<String>,
    /// Who was to do it.
    pub assignee: Option<String>,
    /// Left out on purpose.
    pub skipped: bool,
    /// Something is in its way.
    pub problem: bool,
    /// Why it was skipped, or what is in its way.
    pub reason: String,
    /// Who agreed, and when.
    pub signed_by: Option<String>,
    /// When they did.
    pub signed_at: Option<Timestamp>,
}

/// Where the next ones are.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    open: bool,
    after: (Timestamp, Uuid),
}

impl Place {
    /// The first ones.
    pub const BEGIN: Self = Self { open: false, after: (Timestamp::UNIX_EPOCH, Uuid::nil()) };
}

/// Some steps of the time, and where it goes on; `LimitReached` where the plan does not reach back that far. Asked for
/// piece by piece, however many there are: no statement and no transaction is open for as long as somebody takes to read.
pub fn some(wanted: Wanted, place: Place) -> Read<(Vec<ReportedStep>, Option<Place>)> {
    let query = Query::new(if place.open { OVERDUE } else { SETTLED })
        .bind(wanted.period.unit())
        .bind(wanted.period.units())
        .bind(wanted.procedure.map(ProcedureId::uuid))
        .bind(place.after.0)
        .bind(place.after.1);
    Read::knowing(Permission::ReportsRead, [query], move |access, [rows]| {
        wanted.period.allowed(access.organisation.terms)?;
        let next = match rows.last().filter(|_| rows.len() == PIECE) {
            Some(last) => {
                let at: Option<Timestamp> = last.get(if place.open { 6 } else { 7 });
                Some(Place { after: (at.unwrap_or(place.after.0), last.get(17)), ..place })
            }
            None => Some(Place { open: true, ..Place::BEGIN }).filter(|_| !place.open),
        };
        Ok((rows.iter().map(from_row).collect(), next))
    })
}

fn from_row(row: &Row) -> ReportedStep {
    // Whoever is forgotten has no name, and still did it.
    let named = |name: usize, id: usize| {
        let name: String = row.get(name);
        row.get::<_, Option<String>>(id).map(|_| if name.is_empty() { "A former member".to_owned() } else { name })
    };
    ReportedStep {
        run_id: row.get(0),
        run: row.get(1),
        procedure: row.get(2),
        version: row.get(3),
        position: row.get(4),
        title: row.get(5),
        due_at: row.get(6),
        done_at: row.get(7),
        done_by: named(8, 15),
        assignee: named(9, 16),
        skipped: row.get(10),
        problem: row.get(11),
        reason: row.get(12),
        signed_by: row.get(13),
        signed_at: row.get(14),
    }
}

impl ReportedStep {
    /// `done`, `skipped`, `blocked` or `open`.
    pub fn state(&self) -> &'static str {
        match (self.done_at, self.skipped, self.problem) {
            (Some(_), true, _) => "skipped",
            (Some(_), false, _) => "done",
            (None, _, true) => "blocked",
            (None, _, false) => "open",
        }
    }

    /// Whether it was done after it was due, or is still open; unknown for what had no due time or was skipped.
    pub fn late(&self) -> Option<bool> {
        let due = self.due_at.filter(|_| !self.skipped)?;
        Some(self.done_at.is_none_or(|done| done > due))
    }
}
