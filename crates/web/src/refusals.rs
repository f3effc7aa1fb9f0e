//! What a member was refused goes into the organisation's audit log: beside the answer, which does not wait for it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::{Org, audit_log};
use tenancy::{OrganisationId, UserId};

use crate::state::Chain;

/// The same refusal is recorded once in this time: whoever tries in a loop writes no endless log.
const PAUSE: Duration = Duration::from_secs(60);
/// The memory is swept when it grows beyond this.
const MOST_REMEMBERED: usize = 10_000;

type Refusal = (OrganisationId, UserId, &'static str, String);

/// What was recorded lately.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<HashMap<Refusal, Instant>>);

impl Refusals {
    /// Records that this member tried a route, and what they lack for it or which rule is in the way.
    pub(crate) fn record(&self, org: Org, route: &'static str, what: String) {
        if !self.is_news((org.organisation().clone(), org.user().clone(), route, what.clone()), Instant::now()) {
            return;
        }
        tokio::spawn(async move {
            if let Err(error) = audit_log::refused(&org, route, &what).await {
                tracing::warn!(error = %Chain(&error), route, "a refusal is not in the audit log");
            }
        });
    }

    fn is_news(&self, refusal: Refusal, now: Instant) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old = |at: &Instant| now.duration_since(*at) >= PAUSE;
        if last.len() > MOST_REMEMBERED {
            last.retain(|_, at| !is_old(at));
        }
        let news = last.get(&refusal).is_none_or(is_old);
        if news {
            last.insert(refusal, now);
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_refusal_is_news_once_a_minute() {
        let refusals = Refusals::default();
        let now = Instant::now();
        let refusal = |who: &str, what: &str| {
            let organisation = OrganisationId::parse("org_acme").unwrap();
            (organisation, UserId::parse(who).unwrap(), "roles.create", what.to_owned())
        };
        assert!(refusals.is_news(refusal("user_max", "roles:manage"), now));
        assert!(!refusals.is_news(refusal("user_max", "roles:manage"), now + Duration::from_secs(59)));
        assert!(refusals.is_news(refusal("user_max", "grant_exceeds_own"), now));
        assert!(refusals.is_news(refusal("user_rita", "roles:manage"), now));
        assert!(refusals.is_news(refusal("user_max", "roles:manage"), now + PAUSE));
    }
}
