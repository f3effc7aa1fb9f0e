//! Who was here when: written down once in some minutes, and never while anybody waits for it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::{Org, directory};
use tenancy::{Database, OrganisationId, UserId};

use crate::state::Chain;

/// How often the same person is written down in the same organisation, by one process.
const EVERY: Duration = Duration::from_secs(300);
/// The memory is swept when it grows beyond this.
const MOST_REMEMBERED: usize = 50_000;

/// Who was written down when.
#[derive(Default)]
pub(crate) struct Seen(Mutex<HashMap<(OrganisationId, UserId), Instant>>);

impl Seen {
    /// A member was just let in: written down, if that is due, by a task of its own.
    pub(crate) fn note(&self, database: &Database, org: &Org) {
        if !self.is_due(org.organisation(), org.user(), Instant::now()) {
            return;
        }
        let (database, organisation, user) = (database.clone(), org.organisation().clone(), org.user().clone());
        tokio::spawn(async move {
            if let Err(error) = directory::seen(&database, &organisation, &user).await {
                tracing::debug!(error = %Chain(&error), "nobody wrote down who was here");
            }
        });
    }

    fn is_due(&self, organisation: &OrganisationId, user: &UserId, now: Instant) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let who = (organisation.clone(), user.clone());
        if last.get(&who).is_some_and(|at| now.duration_since(*at) < EVERY) {
            return false;
        }
        if last.len() >= MOST_REMEMBERED {
            last.retain(|_, at| now.duration_since(*at) < EVERY);
        }
        last.insert(who, now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_written_down_once_in_five_minutes_in_each_organisation() {
        let seen = Seen::default();
        let (acme, bolt) = (OrganisationId::parse("org_acme").unwrap(), OrganisationId::parse("org_bolt").unwrap());
        let (ada, now) = (UserId::parse("user_ada").unwrap(), Instant::now());
        assert!(seen.is_due(&acme, &ada, now));
        assert!(!seen.is_due(&acme, &ada, now + Duration::from_secs(299)));
        assert!(seen.is_due(&bolt, &ada, now));
        assert!(seen.is_due(&acme, &ada, now + EVERY));
    }
}
