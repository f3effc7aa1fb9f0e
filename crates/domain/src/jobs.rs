//! Deferred work: enqueued with the change that needs it, claimed by a worker, retried, parked when it keeps failing.

use std::collections::BTreeSet;

use tenancy::{Database, OrganisationId, Query, Row, SystemReason, Transaction, directory_statements};
use uuid::Uuid;

use crate::Result;
use crate::billing::record::SYNC_BILLING;
use crate::exports::MAKE_EXPORT;
use crate::inbound_events::{APPLY_CLERK_EVENT, APPLY_STRIPE_EVENT};
use crate::lifecycle::closing::CLOSE_ORGANISATION;

/// The channel that wakes workers. A wake says "look", nothing more.
pub const CHANNEL: &str = "tenantry_jobs";
/// After so many tries a job is parked for an operator to look at.
pub const MOST_ATTEMPTS: i32 = 12;
/// The same for a job whose vendor does not answer, which is not the job's fault: a day at the longest pause.
pub const MOST_WAITS: i32 = 300;

directory_statements! {
    ENQUEUE = "
        with job as (insert into jobs (kind, payload, organisation_id) values ($1, $2, $3) returning kind)
        select pg_notify('tenantry_jobs', '') from job";
    FOR_ALL = "
        with job as (insert into jobs (kind, payload, organisation_id)
                     select $1, '{}', organisation.id from organisations as organisation where organisation.deleted_at is null
                     returning kind)
        select pg_notify('tenantry_jobs', '') from job limit 1";
    ORGANISATIONS = "select id from organisations where deleted_at is null order by id";
    WITH_DELETED = "select id from organisations order by id";
    /// The lease outlives the longest statement; a worker that dies loses the job to another after it.
    CLAIM = "
        update jobs set attempts = attempts + 1, leased_until = now() + interval '90 seconds'
         where id in (select id from jobs
                       where state = 'ready' and run_at <= now() and (leased_until is null or leased_until < now())
                         and (kind = any ($1)) = $2
                       order by run_at limit $3 for update skip locked)
        returning id, kind, payload, attempts, organisation_id";
    EXTEND = "
        update jobs set leased_until = now() + interval '90 seconds'
         where id = $1 and attempts = $2 and state = 'ready'
        returning id";
    DUE = "
        insert into jobs (kind, payload)
        select $1, '{}' where not exists
               (select from jobs where kind = $1 and (state = 'ready' or created_at > now() - make_interval(secs => $2)))
        returning id";
    /// The attempt is the fence: a worker that lost its lease finishes nothing. What it was done with may name people,
    /// and is nobody's any more.
    FINISH = "
        update jobs set state = 'done', payload = '{}', finished_at = now(), leased_until = null, last_error = null
         where id = $1 and attempts = $2 and state = 'ready'";
    RETRY = "
        update jobs set run_at = now() + make_interval(secs => $3), leased_until = null, last_error = $4
         where id = $1 and attempts = $2 and state = 'ready'";
    PARK = "
        update jobs set state = 'parked', finished_at = now(), leased_until = null, last_error = $3
         where id = $1 and attempts = $2 and state = 'ready'";
}

/// Somebody's access waits for these, and none takes long.
const PROMPT: &[&str] = &[APPLY_CLERK_EVENT];
/// Somebody has paid, or has not; each is a handful of questions to Stripe.
const BILLING: &[&str] = &[APPLY_STRIPE_EVENT, SYNC_BILLING, CLOSE_ORGANISATION];

/// Each reads or writes all of an organisation's rows.
const LONG: &[&str] = &[MAKE_EXPORT];

/// Jobs that wait for each other and for no others: a worker has room of its own for each lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Short jobs that somebody's access waits for.
    Prompt,
    /// Jobs that ask Stripe, which may be slow while everybody else is not.
    Billing,
    /// Jobs that go through everything an organisation has, and may take a long time over it.
    Long,
    /// All others, also those of a kind that nobody knows: they may take minutes.
    Patient,
}

/// A job held by this worker until its lease ends.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Its id.
    pub id: Uuid,
    /// What to do.
    pub kind: String,
    /// With what.
    pub payload: serde_json::Value,
    /// Which try this is, from 1.
    pub attempt: i32,
    /// The organisation it was enqueued in, and the only one it can work in; see [`crate::OrgJob`].
    pub organisation: Option<OrganisationId>,
}

/// Adds a job to the transaction that needs it done. It belongs to the organisation the transaction stands in, if any.
pub(crate) async fn enqueue(tx: &mut Transaction, kind: &'static str, payload: serde_json::Value) -> Result<()> {
    let organisation = tx.organisation().map(ToString::to_string);
    tx.query(Query::new(ENQUEUE).bind(kind).bind(payload).bind(organisation)).await?;
    Ok(())
}

/// Adds a job of an organisation's to a transaction behind the system door.
pub(crate) async fn enqueue_in(
    tx: &mut Transaction,
    organisation: &OrganisationId,
    kind: &'static str,
    payload: serde_json::Value,
) -> Result<()> {
    tx.query(Query::new(ENQUEUE).bind(kind).bind(payload).bind(Some(organisation.to_string()))).await?;
    Ok(())
}

/// Adds a job for each organisation there is.
pub(crate) async fn enqueue_for_all(tx: &mut Transaction, kind: &'static str) -> Result<()> {
    tx.query(Query::new(FOR_ALL).bind(kind)).await?;
    Ok(())
}

/// Every organisation there is, for what is done to each of them here and now.
pub(crate) async fn organisations(database: &Database) -> Result<Vec<OrganisationId>> {
    let rows = database.system(SystemReason::Jobs).run(Query::new(ORGANISATIONS)).await?;
    Ok(rows.iter().filter_map(|row| OrganisationId::parse(row.get(0)).ok()).collect())
}

/// The same with those that are deleted and can still be restored.
pub(crate) async fn organisations_with_deleted(database: &Database) -> Result<BTreeSet<OrganisationId>> {
    let rows = database.system(SystemReason::Jobs).run(Query::new(WITH_DELETED)).await?;
    Ok(rows.iter().filter_map(|row| OrganisationId::parse(row.get(0)).ok()).collect())
}

/// Enqueues a job of no organisation's and says so to the workers.
pub async fn ask(database: &Database, reason: SystemReason, kind: &'static str) -> Result<()> {
    let mut tx = database.system(reason).begin().await?;
    enqueue(&mut tx, kind, serde_json::json!({})).await?;
    Ok(tx.commit().await?)
}

/// Takes jobs of a lane that are due, and `most` of them at most.
pub async fn claim(database: &Database, lane: Lane, most: usize) -> Result<Vec<Claimed>> {
    let (kinds, of_these) = match lane {
        Lane::Prompt => (PROMPT.to_vec(), true),
        Lane::Billing => (BILLING.to_vec(), true),
        Lane::Long => (LONG.to_vec(), true),
        Lane::Patient => ([PROMPT, BILLING, LONG].concat(), false),
    };
    let kinds: Vec<String> = kinds.into_iter().map(str::to_owned).collect();
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let query = Query::new(CLAIM).bind(kinds).bind(of_these).bind(most);
    let rows = database.system(SystemReason::Jobs).run(query).await?;
    Ok(rows.iter().map(claimed).collect())
}

fn claimed(row: &Row) -> Claimed {
    let organisation = row.get::<_, Option<&str>>(4).and_then(|id| OrganisationId::parse(id).ok());
    Claimed { id: row.get(0), kind: row.get(1), payload: row.get(2), attempt: row.get(3), organisation }
}

/// Enqueues a job that comes round by itself, unless one waits or began within `every` seconds. Says whether it did.
/// Two workers that look in the same moment may enqueue two: what comes round has to bear that.
pub async fn come_round(database: &Database, kind: &'static str, every: f64) -> Result<bool> {
    let query = Query::new(DUE).bind(kind).bind(every);
    Ok(!database.system(SystemReason::Jobs).run(query).await?.is_empty())
}

/// The worker still holds the job: called well before its lease of 90 seconds ends. False where it has lost it.
pub async fn extend(database: &Database, job: &Claimed) -> Result<bool> {
    let query = Query::new(EXTEND).bind(job.id).bind(job.attempt);
    Ok(!database.system(SystemReason::Jobs).run(query).await?.is_empty())
}

/// The job is done.
pub async fn finish(database: &Database, job: &Claimed) -> Result<()> {
    let query = Query::new(FINISH).bind(job.id).bind(job.attempt);
    database.system(SystemReason::Jobs).run(query).await?;
    Ok(())
}

/// The job failed: tried again later, or parked where that is hopeless or was done [`MOST_ATTEMPTS`] times.
/// Says whether it was parked.
pub async fn fail(database: &Database, job: &Claimed, error: &str, hopeless: bool) -> Result<bool> {
    put_off(database, job, error, hopeless || job.attempt >= MOST_ATTEMPTS).await
}

/// Whom the job needs does not answer, for which the job can do nothing: tried again later, for a day.
/// Says whether it was parked.
pub async fn wait(database: &Database, job: &Claimed, error: &str) -> Result<bool> {
    put_off(database, job, error, job.attempt >= MOST_WAITS).await
}

async fn put_off(database: &Database, job: &Claimed, error: &str, park: bool) -> Result<bool> {
    let query = if park {
        Query::new(PARK).bind(job.id).bind(job.attempt).bind(error.to_owned())
    } else {
        Query::new(RETRY).bind(job.id).bind(job.attempt).bind(pause(job.attempt)).bind(error.to_owned())
    };
    database.system(SystemReason::Jobs).run(query).await?;
    Ok(park)
}

/// Seconds until the next try: doubling from half a second, four minutes at most.
fn pause(attempt: i32) -> f64 {
    (0.25 * 2f64.powi(attempt.clamp(1, 20))).min(240.0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn pauses_double_and_are_bounded() {
        assert_eq!([1, 2, 3, 11, 12].map(super::pause), [0.5, 1.0, 2.0, 240.0, 240.0]);
    }
}
