//! Makes exports, and removes their files when they have expired.

use domain::exports::{self, MAKE_EXPORT, SWEEP_EXPORTS_OF};
use domain::jobs::Claimed;

use crate::{Failure, State};

pub(crate) async fn perform(state: &State, job: &Claimed) -> Result<(), Failure> {
    match job.kind.as_str() {
        MAKE_EXPORT => {
            let organisation = job.organisation.as_ref().ok_or(Failure::Payload)?;
            let export = serde_json::from_value(job.payload["export"].clone()).map_err(|_| Failure::Payload)?;
            exports::make(&state.database, &state.files, organisation, export, job.attempt).await?;
        }
        SWEEP_EXPORTS_OF => {
            let organisation = job.organisation.as_ref().ok_or(Failure::Payload)?;
            let removed = exports::sweep_of(&state.database, &state.files, organisation).await?;
            if removed > 0 {
                tracing::info!(organisation = organisation.as_str(), removed, "files of exports removed");
            }
        }
        _ => exports::sweep(&state.database, &state.files).await?,
    }
    Ok(())
}
