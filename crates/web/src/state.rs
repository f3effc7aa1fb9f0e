//! What every handler can reach.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clerk::Clerk;
use clerk::backend::OrganizationChange;
use domain::{Access, Org};
use mirror::Mirror;
use tenancy::{Database, UserId};

use crate::Config;
use crate::headers::SecurityHeaders;
use crate::live::Streams;
use crate::origin::Hosts;
use crate::seen::Seen;

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
    seen: Arc<Seen>,
    pub(crate) streams: Arc<Streams>,
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
            seen: Arc::default(),
            streams: Arc::default(),
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
    ///
    /// True where the directory may now say something else than before.
    pub(crate) async fn look_again(&self, user: &UserId) -> bool {
        if !self.attempts.may_try(user) {
            return false;
        }
        match self.mirror.user(user).await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "the directory could not be brought up to date");
                false
            }
        }
    }

    /// A member was just let in.
    pub(crate) fn seen(&self, org: &Org) {
        self.seen.note(&self.database, org);
    }

    /// Ends the streams of open pages, which would go on for minutes: for a server that is asked to end.
    pub fn close_streams(&self) {
        self.streams.close();
    }

    /// Has Clerk change an organisation's name or address; gives the address.
    pub(crate) async fn rename(
        &self,
        change: &OrganizationChange,
        by: &Access,
        org: &Org,
    ) -> Result<String, mirror::Error> {
        self.mirror.rename(change, by, org).await
    }

    /// As [`Self::look_again`], for a person whose belongings were just changed by us: not held back.
    pub(crate) async fn look_now(&self, user: &UserId) -> Result<(), mirror::Error> {
        self.mirror.user(user).await
    }
}

impl Deref for State {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// At most one question to Clerk per person in this time, however often somebody asks for what is not theirs.
const PAUSE: Duration = Duration::from_secs(5);
/// The memory of attempts is swept when it grows beyond this.
const MOST_REMEMBERED: usize = 10_000;

/// When Clerk was last asked about whom.
#[derive(Default)]
struct Attempts(Mutex<HashMap<UserId, Instant>>);

impl Attempts {
    fn may_try(&self, user: &UserId) -> bool {
        let now = Instant::now();
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() > MOST_REMEMBERED {
            last.retain(|_, at| now.duration_since(*at) < PAUSE);
        }
        match last.get(user) {
            Some(at) if now.duration_since(*at) < PAUSE => false,
            _ => {
                last.insert(user.clone(), now);
                true
            }
        }
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
        assert!(attempts.may_try(&ada));
        assert!(!attempts.may_try(&ada));
        assert!(attempts.may_try(&max));
    }
}
