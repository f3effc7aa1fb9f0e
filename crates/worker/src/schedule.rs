//! Jobs that come round by themselves.

use std::time::{Duration, Instant};

use domain::audit_log::VERIFY_AUDIT_LOGS;
use domain::drift::{LOOK_AT_DUE_CUSTOMERS, RECONCILE_CLERK, RECONCILE_STRIPE};
use domain::exports::SWEEP_EXPORTS;
use domain::jobs;
use domain::lifecycle::rounds::TEND_ORGANISATIONS;
use domain::schedule_round;
use tenancy::Database;

/// What comes round, and the longest time from one begin to the next.
const ROUNDS: &[(&str, Duration)] = &[
    (RECONCILE_CLERK, Duration::from_secs(300)),
    (LOOK_AT_DUE_CUSTOMERS, Duration::from_secs(900)),
    (RECONCILE_STRIPE, Duration::from_secs(86_400)),
    (SWEEP_EXPORTS, Duration::from_secs(3600)),
    (VERIFY_AUDIT_LOGS, Duration::from_secs(86_400)),
    (TEND_ORGANISATIONS, Duration::from_secs(600)),
];
/// How often a worker looks whether something is due.
const LOOK: Duration = Duration::from_secs(15);
/// From being due to being begun: the looking, and a worker that has something else in its hands.
const LATE: Duration = Duration::from_secs(20);

/// When this worker last looked. Any number of workers may look.
#[derive(Default)]
pub(crate) struct Schedule {
    looked: Option<Instant>,
}

impl Schedule {
    pub(crate) async fn look(&mut self, database: &Database) {
        if self.looked.is_some_and(|at| at.elapsed() < LOOK) {
            return;
        }
        self.looked = Some(Instant::now());
        for (kind, every) in ROUNDS {
            if let Err(error) = jobs::come_round(database, kind, (*every - LATE).as_secs_f64()).await {
                tracing::warn!(%error, kind, "could not look whether a job is due");
            }
        }
        if let Err(error) = schedule_round::look(database).await {
            tracing::warn!(%error, "could not look whether a schedule is due");
        }
    }
}

#[cfg(test)]
mod tests;
