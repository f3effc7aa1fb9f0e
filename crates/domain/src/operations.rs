//! The machinery as operators see it: what waits, what was parked, and what they decide about it.

use jiff::Timestamp;
use tenancy::{Database, Query, Row, SystemReason, directory_statements};
use uuid::Uuid;

use crate::{Error, Result};

/// Parked jobs that a page shows; how many there are is told besides.
const MOST_SHOWN: i64 = 100;

directory_statements! {
    QUEUE = "
        select count(*) filter (where state = 'ready'), count(*) filter (where state = 'parked'),
               extract(epoch from now() - min(created_at) filter (where state = 'ready' and run_at <= now()))::float8
          from jobs where state in ('ready', 'parked')";
    PARKED = "
        select job.id, job.kind, job.attempts, job.last_error, job.created_at, job.finished_at,
               event.kind, event.event_id
          from jobs as job
          left join inbound_events as event
                 on job.kind in ('apply_clerk_event', 'apply_stripe_event') and event.id = (job.payload ->> 'event')::uuid
         where job.state = 'parked' order by job.finished_at desc limit $1";
    AGAIN = "
        update jobs set state = 'ready', attempts = 0, run_at = now(), finished_at = null, leased_until = null
         where id = $1 and state = 'parked' returning id";
    ASIDE = "
        update jobs set state = 'done', finished_at = now() where id = $1 and state = 'parked' returning id";
}

/// How much there is to do.
#[derive(Debug, Clone)]
pub struct Queue {
    /// Jobs that wait, those that are not due yet among them.
    pub waiting: i64,
    /// Jobs that nobody tries any more.
    pub parked: i64,
    /// How long the oldest job that is due has been waiting, in seconds.
    pub oldest_seconds: Option<f64>,
}

/// A job that failed until it was given up.
#[derive(Debug, Clone)]
pub struct ParkedJob {
    /// Its id.
    pub id: Uuid,
    /// What was to be done.
    pub kind: String,
    /// How often it was tried.
    pub attempts: i32,
    /// Why the last try failed.
    pub error: String,
    /// When it was enqueued.
    pub created_at: Timestamp,
    /// When it was given up.
    pub parked_at: Option<Timestamp>,
    /// The vendor's event it was to look into: kind and id.
    pub event: Option<(String, String)>,
}

/// What an operator decides about a parked job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// From the beginning.
    TryAgain,
    /// It counts as done.
    SetAside,
}

/// How much there is to do.
pub async fn queue(database: &Database) -> Result<Queue> {
    let rows = database.system(SystemReason::Operations).run(Query::new(QUEUE)).await?;
    let row = rows.first().ok_or(Error::NotFound)?;
    Ok(Queue { waiting: row.get(0), parked: row.get(1), oldest_seconds: row.get(2) })
}

/// What was given up, the newest first.
pub async fn parked(database: &Database) -> Result<Vec<ParkedJob>> {
    let rows = database.system(SystemReason::Operations).run(Query::new(PARKED).bind(MOST_SHOWN)).await?;
    Ok(rows.iter().map(parked_job).collect())
}

fn parked_job(row: &Row) -> ParkedJob {
    let event = row.get::<_, Option<String>>(6).zip(row.get(7));
    ParkedJob {
        id: row.get(0),
        kind: row.get(1),
        attempts: row.get(2),
        error: row.get::<_, Option<String>>(3).unwrap_or_default(),
        created_at: row.get(4),
        parked_at: row.get(5),
        event,
    }
}

/// Has a parked job tried again, within a second where a worker runs, or sets it aside. `NotFound` where it is not parked (any more).
pub async fn decide(database: &Database, job: Uuid, decision: Decision) -> Result<()> {
    let mut tx = database.system(SystemReason::Operations).begin().await?;
    let statement = match decision {
        Decision::TryAgain => AGAIN,
        Decision::SetAside => ASIDE,
    };
    tx.query_opt(Query::new(statement).bind(job)).await?.ok_or(Error::NotFound)?;
    Ok(tx.commit().await?)
}
