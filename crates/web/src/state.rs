//! What every handler can reach.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use billing::Billing;
use clerk::Clerk;
use clerk::backend::OrganizationChange;
use domain::{Access, Org};
use mirror::Mirror;
use stripe::Stripe;
use tenancy::{Database, OrganisationId, UserId};

use crate::Config;
use crate::headers::SecurityHeaders;
use crate::live::Streams;
use crate::origin::Hosts;
use crate::refusals::Refusals;
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
    pub(crate) billing: Billing,
    pub(crate) config: Arc<Config>,
    pub(crate) hosts: Arc<Hosts>,
    pub(crate) security_headers: Arc<SecurityHeaders>,
    attempts: Arc<Attempts>,
    pub(crate) refusals: Arc<Refusals>,
    seen: Arc<Seen>,
    pub(crate) streams: Arc<Streams>,
}

impl State {
    /// Puts the parts together; nothing is asked yet.
    pub fn new(database: Database, clerk: Clerk, stripe: Stripe, config: Config) -> Self {
        Self(Arc::new(Parts {
            // The server's own role: what the mirror writes, it writes through the system door.
            mirror: Mirror::new(database.clone(), clerk.backend().clone()).leading_to(config.public_base_url.as_str()),
            billing: Billing::new(database.clone(), stripe, config.public_base_url.as_str()),
            hosts: Arc::new(Hosts::of(&config)),
            security_headers: Arc::new(SecurityHeaders::new(&config)),
            attempts: Arc::default(),
            refusals: Arc::default(),
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
        let billing = self.billing.over(database.clone());
        Self(Arc::new(Parts { database, mirror, billing, ..Parts::clone(self) }))
    }

    /// Asks Clerk for a person and writes the directory, unless that was tried within the last seconds.
    pub(crate) async fn look_again(&self, user: &UserId) -> Looked {
        match self.attempts.begin(user, PAUSE) {
            Ok(asked) => self.look(user, asked).await,
            Err(before) => before,
        }
    }

    /// The same where the directory's word on a person is all there is, and it is older than a token can be.
    ///
    /// Nobody waits longer than a moment for it. Where Clerk does not answer in time, what we know stands.
    pub(crate) async fn look_where_old(&self, user: &UserId) -> bool {
        match self.attempts.begin(user, WORD) {
            Ok(asked) => self.look_for_a_moment(user, asked).await,
            Err(_) => false,
        }
    }

    /// When Clerk is asked, where a token of this age doubts what the directory says of a person; not where Clerk has
    /// answered since, or did not a few seconds ago.
    pub(crate) fn doubt(&self, user: &UserId, age: Duration) -> Option<Instant> {
        self.attempts.begin(user, age).ok()
    }

    /// Asks what was begun, and waits no longer than a moment: whether Clerk answered until then.
    pub(crate) async fn look_for_a_moment(&self, user: &UserId, asked: Instant) -> bool {
        let (state, user) = (self.clone(), user.clone());
        // Goes on when nobody waits any more: the next request finds what it brings.
        let looking = tokio::spawn(async move { state.look(&user, asked).await });
        tokio::time::timeout(LOOK_PATIENCE, looking)
            .await
            .is_ok_and(|looked| looked.is_ok_and(|how| how == Looked::Now))
    }

    async fn look(&self, user: &UserId, asked: Instant) -> Looked {
        match self.mirror.user(user).await {
            Ok(()) => {
                self.attempts.answered(user, asked);
                Looked::Now
            }
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "the directory could not be brought up to date");
                Looked::InVain
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

    /// Has Clerk delete the person's account at once. Where that takes too long the job does it that was enqueued with the
    /// decision.
    pub(crate) async fn delete_now(&self, user: &UserId) {
        match tokio::time::timeout(PATIENCE, self.mirror.delete_person(user)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(error = %Chain(&error), "Clerk is told later to delete an account"),
            Err(_) => tracing::warn!("Clerk took too long to delete an account; a job has it deleted"),
        }
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
/// What Clerk said of a person counts for so long: as long as it says itself in a token.
const WORD: Duration = Duration::from_secs(60);
/// The longest that a request waits for a person to be asked about once more.
const LOOK_PATIENCE: Duration = Duration::from_secs(2);
/// The memory of attempts is swept when it grows beyond this.
const MOST_REMEMBERED: usize = 10_000;

/// When Clerk was last asked about whom, and whether it answered.
#[derive(Default)]
struct Attempts(Mutex<HashMap<UserId, Attempt>>);

/// The last question about a person.
struct Attempt {
    asked: Instant,
    /// When the last one that was answered was asked.
    answered: Option<Instant>,
}

impl Attempts {
    /// When the question is asked, if Clerk may be asked about a person whose last answer is to be no older than `word`;
    /// else what came of the last time.
    fn begin(&self, user: &UserId, word: Duration) -> Result<Instant, Looked> {
        let now = Instant::now();
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() > MOST_REMEMBERED {
            last.retain(|_, attempt| attempt.is_within(WORD, now));
        }
        match last.get_mut(user) {
            Some(attempt) if attempt.is_within(word, now) => return Err(attempt.outcome()),
            Some(attempt) => attempt.asked = now,
            None => _ = last.insert(user.clone(), Attempt { asked: now, answered: None }),
        }
        Ok(now)
    }

    fn answered(&self, user: &UserId, asked: Instant) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(attempt) = last.get_mut(user) {
            attempt.answered = attempt.answered.max(Some(asked));
        }
    }
}

impl Attempt {
    fn is_within(&self, word: Duration, now: Instant) -> bool {
        now.duration_since(self.asked) < PAUSE || self.answered.is_some_and(|at| now.duration_since(at) < word)
    }

    fn outcome(&self) -> Looked {
        if self.answered == Some(self.asked) { Looked::Lately } else { Looked::InVain }
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
        let asked = attempts.begin(&ada, PAUSE).unwrap();
        assert_eq!(attempts.begin(&ada, PAUSE), Err(Looked::InVain));
        attempts.answered(&ada, asked);
        assert_eq!(attempts.begin(&ada, PAUSE), Err(Looked::Lately));
        assert!(attempts.begin(&max, PAUSE).is_ok());
    }

    #[test]
    fn an_answer_counts_for_as_long_as_it_may_and_no_answer_only_holds_back() {
        let began = Instant::now();
        let at = |seconds| began + Duration::from_secs(seconds);
        let silent = Attempt { asked: began, answered: None };
        assert!(silent.is_within(WORD, at(4)));
        assert!(!silent.is_within(WORD, at(5)), "asked again after the pause");
        let answered = Attempt { asked: began, answered: Some(began) };
        assert!(answered.is_within(WORD, at(59)));
        assert!(!answered.is_within(WORD, at(60)));
        assert!(!answered.is_within(PAUSE, at(5)), "who asks for what they are not known to have waits no longer");
    }
}
