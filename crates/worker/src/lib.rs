//! Background work: takes jobs, does them, tries again later, parks what keeps failing.

mod audit_log;
mod clerk_events;
mod clerk_told;
mod schedule;

use std::future::Future;
use std::time::Duration;

use domain::audit_log::{RECORD_AUDIT_ENTRY, VERIFY_AUDIT_LOG, VERIFY_AUDIT_LOGS};
use domain::drift::RECONCILE_CLERK;
use domain::inbound_events::APPLY_CLERK_EVENT;
use domain::invitations::delivery::TELL_CLERK_INVITATION;
use domain::jobs::{self, Claimed};
use domain::memberships::TELL_CLERK_MEMBERSHIP;
use domain::plans::TELL_CLERK_LIMIT;
use domain::sign_outs::{self, REVOKE_CLERK_SESSION};
use mirror::Mirror;
use tenancy::{Database, Listener};
use tokio::task::JoinSet;

use crate::schedule::Schedule;

/// Work is looked for this often even when nothing wakes the worker.
const POLL: Duration = Duration::from_secs(1);
/// A job's lease is renewed this often; it lasts three times as long.
const RENEW: Duration = Duration::from_secs(30);

/// What jobs need.
#[derive(Clone)]
pub struct State {
    /// Connected as the worker.
    pub database: Database,
    /// Keeps the directory equal to Clerk's.
    pub mirror: Mirror,
}

/// Why a job was not done. The text goes to the job's row for an operator to read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("no worker knows this kind of job")]
    UnknownKind,
    #[error("the job's payload is not what its kind needs")]
    Payload,
    #[error("the event is of another instance of Clerk's, {0}: is one signing secret used for two?")]
    ForeignInstance(String),
    #[error(transparent)]
    Domain(#[from] domain::Error),
    #[error(transparent)]
    Mirror(#[from] mirror::Error),
}

impl Failure {
    /// Another try would find the same.
    fn is_hopeless(&self) -> bool {
        matches!(self, Self::UnknownKind | Self::Payload | Self::ForeignInstance(_))
    }

    /// Nothing is wrong with the job: Clerk does not answer.
    fn is_waiting(&self) -> bool {
        matches!(self, Self::Mirror(mirror::Error::Clerk(error)) if error.is_transient())
    }
}

/// Works until `shutdown` is ready, then finishes what it holds.
pub async fn run(state: State, shutdown: impl Future<Output = ()>) {
    tokio::pin!(shutdown);
    let mut listener: Option<Listener> = None;
    let mut schedule = Schedule::default();
    loop {
        if listener.is_none() {
            listener = state.database.listen(jobs::CHANNEL).await.ok();
        }
        schedule.look(&state.database).await;
        let pause = match work_once(&state).await {
            Ok(0) => POLL,
            // There may be more than one round took.
            Ok(_) => Duration::ZERO,
            Err(error) => {
                tracing::warn!(%error, "could not look for jobs");
                POLL
            }
        };
        tokio::select! {
            biased;
            () = &mut shutdown => return,
            alive = woken(listener.as_mut()) => if !alive { listener = None },
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Takes the jobs that are due, does them side by side, and says how many there were.
pub async fn work_once(state: &State) -> domain::Result<usize> {
    let claimed = jobs::claim(&state.database).await?;
    let count = claimed.len();
    let mut running: JoinSet<()> = JoinSet::new();
    for job in claimed {
        let state = state.clone();
        running.spawn(async move { settle(&state, &job).await });
    }
    while let Some(ended) = running.join_next().await {
        if let Err(panic) = ended {
            // Its lease runs out and another try follows.
            tracing::error!(%panic, "a job panicked");
        }
    }
    Ok(count)
}

/// False when the listening connection is gone. Never ready without one.
async fn woken(listener: Option<&mut Listener>) -> bool {
    match listener {
        Some(listener) => listener.woken().await.is_some(),
        None => std::future::pending().await,
    }
}

/// Does one job and writes down how it went.
async fn settle(state: &State, job: &Claimed) {
    let done = tokio::select! {
        done = perform(state, job) => done,
        // Another worker has it now.
        () = hold(state, job) => return,
    };
    let settled = match done {
        Ok(()) => jobs::finish(&state.database, job).await.map(|()| tracing::info!(kind = job.kind, "job done")),
        Err(failure) => {
            let told = failure.to_string();
            let parked = match failure.is_waiting() {
                true => jobs::wait(&state.database, job, &told).await,
                false => jobs::fail(&state.database, job, &told, failure.is_hopeless()).await,
            };
            parked.map(|parked| {
                tracing::warn!(kind = job.kind, attempt = job.attempt, parked, %failure, "job failed");
            })
        }
    };
    if let Err(error) = settled {
        tracing::error!(kind = job.kind, %error, "could not write down how a job went; its lease will run out");
    }
}

/// Renews the lease for as long as it is polled; ready when the lease is lost.
async fn hold(state: &State, job: &Claimed) {
    loop {
        tokio::time::sleep(RENEW).await;
        match jobs::extend(&state.database, job).await {
            Ok(true) => {}
            Ok(false) => {
                return tracing::error!(kind = job.kind, "a job's lease was lost; it is left to whoever has it");
            }
            Err(error) => tracing::warn!(kind = job.kind, %error, "a job's lease could not be renewed"),
        }
    }
}

async fn perform(state: &State, job: &Claimed) -> Result<(), Failure> {
    match job.kind.as_str() {
        TELL_CLERK_MEMBERSHIP | TELL_CLERK_INVITATION | TELL_CLERK_LIMIT => clerk_told::tell(state, job).await,
        RECORD_AUDIT_ENTRY | VERIFY_AUDIT_LOG | VERIFY_AUDIT_LOGS => audit_log::perform(state, job).await,
        APPLY_CLERK_EVENT => clerk_events::apply(state, &job.payload).await,
        REVOKE_CLERK_SESSION => {
            let session = sign_outs::session_of(&job.payload).ok_or(Failure::Payload)?;
            Ok(state.mirror.end_session(session).await?)
        }
        RECONCILE_CLERK => {
            let report = state.mirror.reconcile().await?;
            tracing::info!(compared = report.compared, drift = report.found.len(), "compared with Clerk");
            Ok(())
        }
        _ => Err(Failure::UnknownKind),
    }
}
