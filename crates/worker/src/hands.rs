//! The hands of a worker: how many jobs it does at once, and which.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use domain::jobs::{self, Claimed, Lane};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{Id, JoinSet};

use crate::settle::{self, RENEW};
use crate::{Failure, State};

/// Clerk's events at once. Most of an event's time is Clerk's, so there may be more of them than connections.
const PROMPT: usize = 16;
/// Jobs that ask Stripe at once, which has a limit of its own.
const BILLING: usize = 8;
/// Jobs that go through all of an organisation at once: each needs memory and a connection of its own for long.
const LONG: usize = 1;
/// Other jobs at once.
const PATIENT: usize = 4;

/// The jobs this worker does now.
pub(crate) struct Hands {
    state: State,
    lanes: [Reach; 4],
    running: JoinSet<()>,
    /// What each task does, for the case that it panics.
    held: HashMap<Id, Claimed>,
}

/// What is free for one lane. No job of another lane ever takes it.
struct Reach {
    lane: Lane,
    free: Arc<Semaphore>,
    /// There may be a job that is due.
    look: bool,
}

impl Hands {
    /// Empty ones.
    pub(crate) fn new(state: State) -> Self {
        let reach = |lane, most| Reach { lane, free: Arc::new(Semaphore::new(most)), look: true };
        let lanes = [
            reach(Lane::Prompt, PROMPT),
            reach(Lane::Billing, BILLING),
            reach(Lane::Long, LONG),
            reach(Lane::Patient, PATIENT),
        ];
        Self { state, lanes, running: JoinSet::new(), held: HashMap::new() }
    }

    /// There may be jobs that are due.
    pub(crate) fn look(&mut self) {
        for reach in &mut self.lanes {
            reach.look = true;
        }
    }

    /// Takes the jobs that are due, as many as there is room for, and begins them. Says how many.
    pub(crate) async fn take(&mut self) -> domain::Result<usize> {
        let mut taken = 0;
        for lane in 0..self.lanes.len() {
            taken += self.take_of(lane).await?;
        }
        Ok(taken)
    }

    async fn take_of(&mut self, lane: usize) -> domain::Result<usize> {
        let mut taken = 0;
        loop {
            let reach = &mut self.lanes[lane];
            let room = reach.free.available_permits();
            // Without room it looks as soon as there is some.
            if !reach.look || room == 0 {
                return Ok(taken);
            }
            reach.look = false;
            let claimed = jobs::claim(&self.state.database, reach.lane, room).await?;
            reach.look = claimed.len() == room;
            let free = Arc::clone(&reach.free);
            taken += claimed.len();
            for job in claimed {
                // Only this claims, so what was free is free.
                let Ok(permit) = Arc::clone(&free).try_acquire_owned() else { continue };
                let (state, held) = (self.state.clone(), job.clone());
                self.begin(job, permit, async move { settle::settle(&state, &held, RENEW).await });
            }
        }
    }

    fn begin(&mut self, job: Claimed, permit: OwnedSemaphorePermit, work: impl Future<Output = ()> + Send + 'static) {
        let task = self.running.spawn(async move {
            work.await;
            drop(permit);
        });
        self.held.insert(task.id(), job);
    }

    /// Ready when a job has ended; never while there is none.
    pub(crate) async fn one_ended(&mut self) {
        match self.running.join_next_with_id().await {
            None => std::future::pending().await,
            Some(Ok((id, ()))) => _ = self.held.remove(&id),
            Some(Err(panic)) => {
                tracing::error!(%panic, "a job panicked");
                if let Some(job) = self.held.remove(&panic.id()) {
                    let state = self.state.clone();
                    self.running.spawn(async move { settle::write_down(&state, &job, Err(Failure::Panicked)).await });
                }
            }
        }
    }

    /// Does what it holds to the end.
    pub(crate) async fn finish(&mut self) {
        while !self.running.is_empty() {
            self.one_ended().await;
        }
    }
}

#[cfg(test)]
mod tests;
