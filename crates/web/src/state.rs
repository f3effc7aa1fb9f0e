//! What every handler can reach.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clerk::Clerk;
use mirror::Mirror;
use tenancy::{Database, OrganisationId, UserId};

use crate::Config;
use crate::headers::SecurityHeaders;
use crate::origin::Hosts;
use crate::refusals::Refusals;

/// The parts a request is answered with. Cheap to clone: every layer and every handler has one.
#[derive(Clone)]
pub struct State(Arc<Parts>);

/// What a [`State`] leads to.
#[derive(Clone)]
pub struct Parts {
    pub(crate) database: Database,
    pub(crate) clerk: Clerk,
    mirror: Mirror,
    pub(crate) config: Arc<Config>,
    pub(crate) hosts: Arc<Hosts>,
    pub(crate) security_headers: Arc<SecurityHeaders>,
    attempts: Arc<Attempts>,
    pub(crate) refusals: Arc<Refusals>,
}

impl State {
    /// Puts the parts together; nothing is asked yet.
    pub fn new(database: Database, clerk: Clerk, config: Config) -> Self {
        Self(Arc::new(Parts {
            // The server's own role: what the mirror writes, it writes through the system door.
            mirror: Mirror::new(database.clone(), clerk.backend().clone()).leading_to(config.public_base_url.as_str()),
            hosts: Arc::new(Hosts::of(&config)),
            security_headers: Arc::new(SecurityHeaders::new(&config)),
            attempts: Arc::default(),
            refusals: Arc::default(),
            config: Arc::new(config),
            database,
            clerk,
        }))
    }

    /// The same, with other connections to the database.
    #[must_use]
    pub fn over(&self, database: Database) -> Self {
        let mirror = Mirror::new(database.clone(), self.clerk.backend().clone());
        let mirror = mirror.leading_to(self.config.public_base_url.as_str());
        Self(Arc::new(Parts { database, mirror, ..Parts::clone(self) }))
    }

    /// Asks Clerk for a person and writes the directory, unless that was tried within the last seconds.
    pub(crate) async fn look_again(&self, user: &UserId) -> Looked {
        if let Some(before) = self.attempts.may_try(user) {
            return before;
        }
        match self.mirror.user(user).await {
            Ok(()) => {
                self.attempts.answered(user);
                Looked::Now
            }
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "the directory could not be brought up to date");
                Looked::InVain
            }
        }
    }

    /// Ends a session at Clerk too; whoever waits for it does not wait long.
    pub(crate) async fn end_at_clerk(&self, session: &str) -> Result<(), mirror::Error> {
        let ending = self.mirror.end_session(session);
        let late = || mirror::Error::Clerk(clerk::Error::Unreachable("no answer in time".into()));
        tokio::time::timeout(PATIENCE, ending).await.unwrap_or_else(|_| Err(late()))
    }

    /// As [`Self::look_again`], for a person whose belongings were just changed by us: not held back.
    pub(crate) async fn look_now(&self, user: &UserId) -> Result<(), mirror::Error> {
        self.mirror.user(user).await
    }

    /// Has Clerk told of a membership at once, so that a session can go on with it. Where that takes too long the job
    /// does it that was enqueued with the change.
    pub(crate) async fn tell_now(&self, at: &OrganisationId, user: &UserId) {
        match tokio::time::timeout(PATIENCE, self.mirror.tell_membership(at, user)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(error = %Chain(&error), "Clerk is told of a new membership later"),
            Err(_) => tracing::warn!("Clerk took too long over a new membership; a job tells it"),
        }
    }
}

impl Deref for State {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Whether the directory says of a person what Clerk says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Looked {
    /// Clerk was asked, so it may say something else than a moment ago.
    Now,
    /// Clerk was asked a few seconds ago.
    Lately,
    /// Clerk does not answer, or did not a few seconds ago.
    InVain,
}

/// How long a person waits for Clerk to be told of what is done here already.
const PATIENCE: Duration = Duration::from_secs(4);

/// At most one question to Clerk per person in this time, however often somebody asks for what is not theirs.
const PAUSE: Duration = Duration::from_secs(5);
/// The memory of attempts is swept when it grows beyond this.
const MOST_REMEMBERED: usize = 10_000;

/// When Clerk was last asked about whom, and whether it answered.
#[derive(Default)]
struct Attempts(Mutex<HashMap<UserId, (Instant, bool)>>);

impl Attempts {
    /// Nothing where Clerk may be asked now, else what came of the last time.
    fn may_try(&self, user: &UserId) -> Option<Looked> {
        let now = Instant::now();
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() > MOST_REMEMBERED {
            last.retain(|_, (at, _)| now.duration_since(*at) < PAUSE);
        }
        match last.get(user) {
            Some((at, answered)) if now.duration_since(*at) < PAUSE => {
                Some(if *answered { Looked::Lately } else { Looked::InVain })
            }
            _ => {
                last.insert(user.clone(), (now, false));
                None
            }
        }
    }

    fn answered(&self, user: &UserId) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.entry(user.clone()).and_modify(|(_, answered)| *answered = true);
    }
}

/// An error with everything that caused it, on one line.
pub(crate) struct Chain<'a>(pub(crate) &'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clerk_is_asked_once_in_a_while_per_person() {
        let attempts = Attempts::default();
        let (ada, max) = (UserId::parse("user_ada").unwrap(), UserId::parse("user_max").unwrap());
        assert_eq!(attempts.may_try(&ada), None);
        assert_eq!(attempts.may_try(&ada), Some(Looked::InVain));
        attempts.answered(&ada);
        assert_eq!(attempts.may_try(&ada), Some(Looked::Lately));
        assert_eq!(attempts.may_try(&max), None);
    }
}
