//! Starts the runs that an organisation's schedules are due to start, one schedule after the other.

use domain::jobs::Claimed;
use domain::scheduled_runs::{self, START_SCHEDULED_RUNS};
use domain::{Error, OrgJob};

use crate::{Failure, State};

/// Each in a transaction of its own: whoever is killed between two has done the first.
pub(crate) async fn start(state: &State, job: &Claimed) -> Result<(), Failure> {
    loop {
        let mut inside = match OrgJob::enter(&state.database, job, START_SCHEDULED_RUNS).await {
            // Deleted meanwhile: nothing is started in it.
            Err(Error::NotFound) => return Ok(()),
            entered => entered?,
        };
        let more = scheduled_runs::start_next(&mut inside).await?;
        inside.commit().await?;
        if !more {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests;
