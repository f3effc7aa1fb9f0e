//! What happens in a run, with who and when: written once, never changed.

use jiff::Timestamp;
use tenancy::{Query, Row, Transaction, tenant_statements};
use uuid::Uuid;

use super::runs::RunId;
use super::steps::StepId;
use crate::Result;

tenant_statements! {
    OF_RUN = "
        select event.what, person.name, event.at, event.note, template.title, step.position
          from activity_events as event
          left join users as person on person.id = event.who
          left join steps as step on step.organisation_id = $1 and step.id = event.step_id
          left join version_steps as template on template.organisation_id = $1 and template.id = step.version_step_id
         where event.organisation_id = $1 and event.run_id = $2
         order by event.id desc limit 100";
    WRITE = "
        insert into activity_events (organisation_id, id, run_id, step_id, what, who, note) values ($1, $2, $3, $4, $5, $6, $7)";
    LAST_OF_STEP = "
        select event.what, person.name
          from activity_events as event left join users as person on person.id = event.who
         where event.organisation_id = $1 and event.step_id = $2
         order by event.id desc limit 1";
}

/// Kinds of things that happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The run began.
    Started,
    /// The run was given up.
    Cancelled,
    /// The run was taken up again.
    Reopened,
    /// The run has another name.
    Renamed,
    /// A step was ticked.
    Done,
    /// A tick, or a skip, was taken back.
    Undone,
    /// A step was left undone on purpose.
    Skipped,
    /// A problem was reported.
    Problem,
    /// A problem is none any more.
    Resolved,
    /// Something was written down.
    Written,
    /// A step was handed to somebody.
    Assigned,
    /// A step is due at another time.
    Due,
    /// Something was said.
    Commented,
    /// Somebody agreed that a step is done.
    Approved,
    /// Somebody did not agree.
    Rejected,
}

impl What {
    const ALL: [Self; 15] = [
        Self::Started,
        Self::Cancelled,
        Self::Reopened,
        Self::Renamed,
        Self::Done,
        Self::Undone,
        Self::Skipped,
        Self::Problem,
        Self::Resolved,
        Self::Written,
        Self::Assigned,
        Self::Due,
        Self::Commented,
        Self::Approved,
        Self::Rejected,
    ];

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Cancelled => "cancelled",
            Self::Reopened => "reopened",
            Self::Renamed => "renamed",
            Self::Done => "done",
            Self::Undone => "undone",
            Self::Skipped => "skipped",
            Self::Problem => "problem",
            Self::Resolved => "resolved",
            Self::Written => "written",
            Self::Assigned => "assigned",
            Self::Due => "due",
            Self::Commented => "commented",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }

    /// What somebody did to it, after their name: `ticked`.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Cancelled => "cancelled",
            Self::Reopened => "took up again",
            Self::Renamed => "renamed",
            Self::Done => "ticked",
            Self::Undone => "took back",
            Self::Skipped => "skipped",
            Self::Problem => "reported a problem on",
            Self::Resolved => "solved the problem of",
            Self::Written => "wrote something down in",
            Self::Assigned => "handed over",
            Self::Due => "changed when it is due:",
            Self::Commented => "commented on",
            Self::Approved => "signed off",
            Self::Rejected => "did not sign off",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|what| what.as_str() == text)
    }
}

/// Something that happened.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Happened {
    /// What.
    pub what: Option<What>,
    /// Who did it; nobody where a schedule did, unknown once they are forgotten.
    pub who: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The reason, or what it was before.
    pub note: String,
    /// The step it was done to.
    pub step: Option<String>,
    /// Its number.
    pub position: Option<i32>,
}

/// The statement that tells what happened in a run lately, newest first, to travel with others.
pub(super) fn of_run(run: RunId) -> Query {
    Query::new(OF_RUN).bind(run.uuid())
}

/// The statement that tells what happened to a step last: what, and who did it.
pub(super) fn last_of_step(step: StepId) -> Query {
    Query::new(LAST_OF_STEP).bind(step.uuid())
}

/// What happened last, and to whom it is ascribed, from [`last_of_step`].
pub(super) fn last_in_words(row: Option<&Row>) -> String {
    let what = row.and_then(|row| What::parse(row.get(0))).map_or("changed", What::verb);
    let who = row.and_then(|row| row.get::<_, Option<String>>(1)).unwrap_or_else(|| "A former member".to_owned());
    format!("{who} {what} this step")
}

/// Writes down what happened; `who` is nobody where a schedule did it.
pub(super) async fn write(
    transaction: &mut Transaction,
    run: RunId,
    step: Option<StepId>,
    what: What,
    who: Option<&str>,
    note: &str,
) -> Result<()> {
    let query =
        Query::new(WRITE).bind(Uuid::now_v7()).bind(run.uuid()).bind(step.map(StepId::uuid)).bind(what.as_str());
    transaction.query(query.bind(who.unwrap_or_default().to_owned()).bind(note.to_owned())).await?;
    Ok(())
}

impl Happened {
    pub(super) fn from_row(row: &Row) -> Self {
        Self {
            what: What::parse(row.get(0)),
            who: row.get(1),
            at: row.get(2),
            note: row.get(3),
            step: row.get(4),
            position: row.get(5),
        }
    }
}
