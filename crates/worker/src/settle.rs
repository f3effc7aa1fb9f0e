//! One job: done, held meanwhile, and written down how it went.

use std::time::Duration;

use domain::audit_log::{RECORD_AUDIT_ENTRY, VERIFY_AUDIT_LOG, VERIFY_AUDIT_LOGS};
use domain::billing::record::SYNC_BILLING;
use domain::drift::{LOOK_AT_DUE_CUSTOMERS, RECONCILE_CLERK, RECONCILE_STRIPE};
use domain::exports::{MAKE_EXPORT, SWEEP_EXPORTS, SWEEP_EXPORTS_OF};
use domain::forgetting::{self, DELETE_CLERK_USER, FORGET_PERSON};
use domain::inbound_events::{APPLY_CLERK_EVENT, APPLY_STRIPE_EVENT};
use domain::invitations::delivery::TELL_CLERK_INVITATION;
use domain::jobs::{self, Claimed, MOST_WAITS};
use domain::lifecycle::closing::CLOSE_ORGANISATION;
use domain::lifecycle::rounds::TEND_ORGANISATIONS;
use domain::mails::SEND_MAIL;
use domain::memberships::TELL_CLERK_MEMBERSHIP;
use domain::plans::TELL_CLERK_LIMIT;
use domain::scheduled_runs::START_SCHEDULED_RUNS;
use domain::sign_outs::{self, REVOKE_CLERK_SESSION};

use tenancy::UserId;

use crate::{
    Failure, State, audit_log, clerk_events, clerk_told, closing, erasure, exports, mails, scheduled_runs,
    stripe_events,
};

/// A job's lease is renewed this often; it lasts three times as long.
pub(crate) const RENEW: Duration = Duration::from_secs(30);

/// Does one job and writes down how it went.
pub(crate) async fn settle(state: &State, job: &Claimed, renew: Duration) {
    // Whoever claimed it so often before neither did it nor said why not: it may be what ends workers.
    if job.attempt > MOST_WAITS {
        return write_down(state, job, Err(Failure::NeverEnds)).await;
    }
    tokio::select! {
        done = perform(state, job) => write_down(state, job, done).await,
        // Another worker has it now.
        () = hold(state, job, renew) => {}
    }
}

/// Renews the lease for as long as it is polled; ready when the lease is lost.
async fn hold(state: &State, job: &Claimed, renew: Duration) {
    loop {
        tokio::time::sleep(renew).await;
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
        MAKE_EXPORT | SWEEP_EXPORTS | SWEEP_EXPORTS_OF => exports::perform(state, job).await,
        REVOKE_CLERK_SESSION => {
            let session = sign_outs::session_of(&job.payload).ok_or(Failure::Payload)?;
            Ok(state.mirror.end_session(session).await?)
        }
        FORGET_PERSON | DELETE_CLERK_USER => {
            let user = job.payload["user"].as_str().and_then(|id| UserId::parse(id).ok()).ok_or(Failure::Payload)?;
            match job.kind.as_str() {
                FORGET_PERSON => Ok(forgetting::forget(&state.database, &user).await?),
                _ => Ok(state.mirror.delete_person(&user).await?),
            }
        }
        SEND_MAIL => mails::send(state, job).await,
        APPLY_CLERK_EVENT => clerk_events::apply(state, &job.payload).await,
        APPLY_STRIPE_EVENT => stripe_events::apply(state, &job.payload).await,
        SYNC_BILLING => {
            let organisation = job.organisation.as_ref().ok_or(Failure::Payload)?;
            Ok(state.billing.sync_organisation(organisation).await.map(drop)?)
        }
        LOOK_AT_DUE_CUSTOMERS => Ok(state.billing.in_background().look_at_due().await.map(drop)?),
        RECONCILE_STRIPE => {
            let report = state.billing.reconcile().await?;
            tracing::info!(compared = report.compared, drift = report.found.len(), "compared with Stripe");
            Ok(())
        }
        RECONCILE_CLERK => {
            let report = state.mirror.reconcile().await?;
            tracing::info!(compared = report.compared, drift = report.found.len(), "compared with Clerk");
            Ok(())
        }
        CLOSE_ORGANISATION => closing::close(state, job).await,
        TEND_ORGANISATIONS => erasure::tend(state).await,
        START_SCHEDULED_RUNS => scheduled_runs::start(state, job).await,
        _ => Err(Failure::UnknownKind),
    }
}

/// The job is done, tried again later, or parked.
pub(crate) async fn write_down(state: &State, job: &Claimed, done: Result<(), Failure>) {
    let settled = match done {
        Ok(()) => jobs::finish(&state.database, job).await.map(|()| tracing::info!(kind = job.kind, "job done")),
        Err(failure) => {
            let told = failure.to_string();
            let parked = match failure.is_waiting() {
                true => jobs::wait(&state.database, job, &told).await,
                false => jobs::fail(&state.database, job, &told, failure.is_hopeless()).await,
            };
            parked.map(|parked| match failure.is_crowded() {
                true => tracing::debug!(kind = job.kind, attempt = job.attempt, "job put off"),
                false => tracing::warn!(kind = job.kind, attempt = job.attempt, parked, %failure, "job failed"),
            })
        }
    };
    if let Err(error) = settled {
        tracing::error!(kind = job.kind, %error, "could not write down how a job went; its lease will run out");
    }
}

#[cfg(test)]
mod tests;
