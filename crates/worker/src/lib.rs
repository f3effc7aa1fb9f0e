//! Background work: takes jobs, does them, tries again later, parks what keeps failing.

mod audit_log;
mod clerk_events;
mod clerk_told;
mod closing;
mod erasure;
mod exports;
mod hands;
mod mails;
mod schedule;
mod scheduled_runs;
mod settle;
#[cfg(test)]
mod stage;
mod stripe_events;

use std::future::Future;
use std::time::Duration;

use billing::Billing;
use domain::jobs;
use files::Files;
use mail::Mailer;
use mirror::Mirror;
use tenancy::{Database, Listener};
use tokio::task::JoinSet;
use tokio::time::Instant;

pub use crate::erasure::{Ends, Erased, erase_due};
use crate::hands::Hands;
use crate::schedule::Schedule;

/// Work is looked for this often even when nothing wakes the worker.
const POLL: Duration = Duration::from_secs(1);
/// Clerk is asked this often which instance it is, until it says so.
const ASK_AGAIN: Duration = Duration::from_secs(5);

/// What jobs need.
#[derive(Clone)]
pub struct State {
    /// Connected as the worker.
    pub database: Database,
    /// Keeps the directory equal to Clerk's.
    pub mirror: Mirror,
    /// Keeps what is paid equal to Stripe's.
    pub billing: Billing,
    /// Where exports are kept.
    pub files: Files,
    /// What the end of organisations goes by.
    pub ends: Ends,
    /// Sends mails.
    pub mailer: Mailer,
}

/// Why a job was not done. The text goes to the job's row for an operator to read.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Of an older or a newer program.
    #[error("no worker knows this kind of job")]
    UnknownKind,
    /// Written by another program.
    #[error("the job's payload is not what its kind needs")]
    Payload,
    /// Two instances share a signing secret.
    #[error("the event is of another instance of Clerk's, {0}: is one signing secret used for two?")]
    ForeignInstance(String),
    /// A defect of ours.
    #[error("the job panicked; the worker's log says where")]
    Panicked,
    /// Workers ended while they did it.
    #[error("the job was begun as often as may be, and no worker came to an end with it")]
    NeverEnds,
    /// Our own rules, or our database.
    #[error(transparent)]
    Domain(#[from] domain::Error),
    /// Clerk, or what it said.
    #[error(transparent)]
    Mirror(#[from] mirror::Error),
    /// Stripe, or what it said.
    #[error(transparent)]
    Billing(#[from] billing::Error),
    /// The folder of files.
    #[error(transparent)]
    NotSwept(#[from] domain::exports::NotSwept),
    /// The mail server, or what it said.
    #[error(transparent)]
    Mail(#[from] mail::Error),
    /// One of two who try.
    #[error("another worker sends this mail at this moment")]
    MailIsSent,
}

impl Failure {
    /// Another try would find the same.
    fn is_hopeless(&self) -> bool {
        match self {
            Self::UnknownKind | Self::Payload | Self::ForeignInstance(_) => true,
            Self::Billing(billing::Error::Quarantined(why)) => !why.may_clear_up(),
            Self::Mail(error) => error.is_permanent(),
            _ => false,
        }
    }

    /// Nothing is wrong at all: another job does the same at this moment.
    fn is_crowded(&self) -> bool {
        matches!(self, Self::Billing(billing::Error::Busy) | Self::MailIsSent)
    }

    /// Nothing is wrong with the job: a vendor does not answer.
    fn is_waiting(&self) -> bool {
        match self {
            Self::Mirror(mirror::Error::Clerk(error)) => error.is_transient(),
            Self::Billing(error) => error.is_transient(),
            Self::Mail(error) => !error.is_permanent(),
            // Work about somebody who is to be forgotten is on its way.
            Self::Domain(domain::Error::Conflict { code: "on_its_way", .. }) | Self::MailIsSent => true,
            _ => false,
        }
    }
}

/// Works until `shutdown` is ready, then finishes what it holds.
///
/// A job is taken as soon as there is room for it. Clerk's events have room that no other job can take, so whoever
/// loses their rights at Clerk waits for nothing else.
pub async fn run(state: State, shutdown: impl Future<Output = ()>) {
    tokio::pin!(shutdown);
    // Ends with this function.
    let mut beside = JoinSet::new();
    beside.spawn(know_the_instance(state.mirror.clone()));
    let database = state.database.clone();
    let mut hands = Hands::new(state);
    let mut listener: Option<Listener> = None;
    let mut schedule = Schedule::default();
    let mut next_look = Instant::now() + POLL;
    loop {
        if listener.is_none() {
            listener = database.listen(jobs::CHANNEL).await.ok();
        }
        schedule.look(&database).await;
        if let Err(error) = hands.take().await {
            tracing::warn!(%error, "could not look for jobs");
        }
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            alive = woken(listener.as_mut()) => {
                hands.look();
                if !alive {
                    listener = None;
                }
            }
            () = hands.one_ended() => {}
            () = tokio::time::sleep_until(next_look) => {
                hands.look();
                next_look = Instant::now() + POLL;
            }
        }
    }
    hands.finish().await;
}

/// Takes what is due, does it, and says how many jobs there were.
///
/// # Errors
/// When the database does not say what is due; what was taken until then is done all the same.
pub async fn work_once(state: &State) -> domain::Result<usize> {
    let mut hands = Hands::new(state.clone());
    let taken = hands.take().await;
    hands.finish().await;
    taken
}

/// So that the first event does not wait for it.
async fn know_the_instance(mirror: Mirror) {
    while let Err(error) = mirror.know_the_instance().await {
        tracing::warn!(%error, "Clerk does not say which instance it is");
        tokio::time::sleep(ASK_AGAIN).await;
    }
}

/// False when the listening connection is gone. Never ready without one.
async fn woken(listener: Option<&mut Listener>) -> bool {
    match listener {
        Some(listener) => listener.woken().await.is_some(),
        None => std::future::pending().await,
    }
}
