//! Ends an organisation's plan, then deletes it.

use domain::jobs::Claimed;
use domain::lifecycle::closing::{self, Stage};
use tenancy::OrganisationId;

use crate::{Failure, State};

/// Goes on where the last try stopped; what went wrong is shown to the organisation's admins.
pub(crate) async fn close(state: &State, job: &Claimed) -> Result<(), Failure> {
    let at = job.organisation.as_ref().ok_or(Failure::Payload)?;
    match closing::ending(&state.database, at).await? {
        Stage::Stopped => return Ok(()),
        Stage::Ending => end(state, at).await?,
        Stage::Ended => {}
    }
    Ok(closing::delete(&state.database, at, state.ends.recovery_days).await?)
}

async fn end(state: &State, at: &OrganisationId) -> Result<(), Failure> {
    match state.billing.end(at).await {
        Ok(invoice) => Ok(closing::ended(&state.database, at, invoice.as_ref()).await?),
        Err(error) => {
            closing::troubled(&state.database, at, in_words(&error)).await?;
            Err(error.into())
        }
    }
}

/// For an admin, who can do nothing about the details.
fn in_words(error: &billing::Error) -> &'static str {
    match error {
        billing::Error::StillLive(_) => "Stripe was asked to end the plan and still lists it.",
        error if error.is_transient() => "Stripe, which the plan is paid through, does not answer.",
        _ => "Stripe, which the plan is paid through, refused to end it. Whoever runs this installation can see why.",
    }
}
