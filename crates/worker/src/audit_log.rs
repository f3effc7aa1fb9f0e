//! Entries about what happened outside the organisation's door, and the verifier of the chains.

use domain::audit_log::{self, Entry, RECORD_AUDIT_ENTRY, VERIFY_AUDIT_LOG};
use domain::jobs::Claimed;
use domain::{OrgJob, memberships};

use crate::{Failure, State};

pub(crate) async fn perform(state: &State, job: &Claimed) -> Result<(), Failure> {
    match job.kind.as_str() {
        RECORD_AUDIT_ENTRY => {
            let entry: Entry = serde_json::from_value(job.payload.clone()).map_err(|_| Failure::Payload)?;
            let mut inside = OrgJob::enter(&state.database, job, RECORD_AUDIT_ENTRY).await?;
            inside.record_for_clerk(entry).await?;
            let organisation = inside.organisation().id.clone();
            inside.commit().await?;
            // Whoever is gone may have left a seat, or have been the last admin.
            memberships::settle(&state.database, &organisation).await?;
        }
        VERIFY_AUDIT_LOG => {
            let organisation = job.organisation.as_ref().ok_or(Failure::Payload)?;
            if let Some(first) = audit_log::verify(&state.database, organisation).await? {
                tracing::error!(organisation = organisation.as_str(), first, "an audit log does not hold together");
            }
        }
        _ => audit_log::verify_all(&state.database).await?,
    }
    Ok(())
}
