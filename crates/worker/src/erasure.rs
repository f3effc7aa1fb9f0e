//! Erases organisations whose time is over: recorded steps, each of which may be done again, by any worker.

use std::sync::Arc;

use domain::lifecycle::RECOVERY_DAYS;
use domain::lifecycle::erasure::{self, Due, Step};
use domain::lifecycle::rounds;
use signatures::erasure::Signer;
use tenancy::OrganisationId;

use crate::{Failure, State};

/// What the end of organisations goes by.
#[derive(Debug, Clone)]
pub struct Ends {
    /// Days in which a deleted organisation can be restored.
    pub recovery_days: u32,
    /// More than so many due at once are not erased: something is wrong with a clock, or with somebody.
    pub most_erased: usize,
    /// Signs erasure records.
    pub signer: Arc<Signer>,
}

impl Ends {
    /// Thirty days, and twenty at once.
    pub fn new(signer: Signer) -> Self {
        Self { recovery_days: RECOVERY_DAYS, most_erased: 20, signer: Arc::new(signer) }
    }
}

/// What one look came to.
#[derive(Debug, Clone, Default)]
pub struct Erased {
    /// Erased, with nothing left but their records.
    pub done: Vec<OrganisationId>,
    /// Restored in the last moment.
    pub restored: Vec<OrganisationId>,
    /// Begun, and not at their end: a vendor does not answer. The next look goes on.
    pub stuck: Vec<(OrganisationId, String)>,
    /// Too many were due: none was begun.
    pub refused: Vec<Due>,
}

impl Erased {
    fn came_to(&mut self, at: OrganisationId, outcome: Result<(), Failure>) {
        match outcome {
            Ok(()) => self.done.push(at),
            Err(failure) => {
                tracing::warn!(organisation = at.as_str(), %failure, "an erasure did not come to its end");
                self.stuck.push((at, failure.to_string()));
            }
        }
    }
}

/// Goes on with what was begun, then erases what is due by the database's clock; none of these where they are too many.
pub async fn erase_due(state: &State) -> Result<Erased, Failure> {
    let mut erased = Erased::default();
    for at in erasure::begun(&state.database).await? {
        erased.came_to(at.clone(), erase(state, &at).await);
    }
    let due = erasure::due(&state.database).await?;
    if due.len() > state.ends.most_erased {
        tracing::error!(
            due = due.len(),
            most = state.ends.most_erased,
            "more organisations are due to be erased than may be at once; none is: look whether that is right, and raise the limit"
        );
        erased.refused = due;
        return Ok(erased);
    }
    for Due { id, .. } in due {
        if erasure::begin(&state.database, &id).await? {
            erased.came_to(id.clone(), erase(state, &id).await);
        } else {
            erased.restored.push(id);
        }
    }
    Ok(erased)
}

/// Comes round: what was left lying is taken up again, and what is due is erased.
pub(crate) async fn tend(state: &State) -> Result<(), Failure> {
    rounds::take_up_again(&state.database).await?;
    rounds::remind(&state.database).await?;
    erase_due(state).await.map(drop)
}

/// Does what is left to do of one whose erasure was begun.
pub(crate) async fn erase(state: &State, at: &OrganisationId) -> Result<(), Failure> {
    let database = &state.database;
    loop {
        let step = erasure::step(database, at).await?;
        match step {
            Step::Jobs => erasure::erase_jobs(database, at, &tokio::time::sleep).await?,
            Step::Tables => erasure::erase_tables(database, at, &tokio::time::sleep).await?,
            Step::Files => erasure::erase_files(database, &state.files, at).await?,
            Step::Clerk => state.mirror.delete_organisation(at).await?,
            Step::Stripe => {
                // Whoever paid in the very last moment pays no more.
                state.billing.end(at).await?;
                for customer in erasure::customers(database, at).await? {
                    state.billing.unlink(at, &customer).await?;
                }
            }
            Step::Directory => erasure::erase_from_directories(database, at, &tokio::time::sleep).await?,
            Step::Record => {
                erasure::seal(database, at, |record| state.ends.signer.sign(record)).await?;
                tracing::info!(organisation = at.as_str(), "erased");
                return Ok(());
            }
            Step::Done => return Ok(()),
        }
        erasure::did(database, at, step).await?;
    }
}

#[cfg(test)]
mod tests;
