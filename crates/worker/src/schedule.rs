//! Jobs that come round by themselves.

use std::time::{Duration, Instant};

use domain::audit_log::VERIFY_AUDIT_LOGS;
use domain::drift::RECONCILE_CLERK;
use domain::jobs;
use tenancy::Database;

/// What comes round, and how often, in seconds.
const ROUNDS: &[(&str, f64)] = &[(RECONCILE_CLERK, 300.0), (VERIFY_AUDIT_LOGS, 86_400.0)];
/// How often a worker looks whether something is due.
const LOOK: Duration = Duration::from_secs(15);

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
            if let Err(error) = jobs::come_round(database, kind, *every).await {
                tracing::warn!(%error, kind, "could not look whether a job is due");
            }
        }
    }
}
