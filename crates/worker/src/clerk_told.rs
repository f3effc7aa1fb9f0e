//! Takes to Clerk what was decided here.

use domain::invitations::InvitationId;
use domain::invitations::delivery::TELL_CLERK_INVITATION;
use domain::jobs::Claimed;
use domain::memberships::TELL_CLERK_MEMBERSHIP;
use tenancy::UserId;

use crate::{Failure, State};

pub(crate) async fn tell(state: &State, job: &Claimed) -> Result<(), Failure> {
    let at = job.organisation.as_ref().ok_or(Failure::Payload)?;
    match job.kind.as_str() {
        TELL_CLERK_MEMBERSHIP => {
            let user = job.payload["user"].as_str().and_then(|id| UserId::parse(id).ok()).ok_or(Failure::Payload)?;
            state.mirror.tell_membership(at, &user).await?;
        }
        TELL_CLERK_INVITATION => {
            let id: Option<InvitationId> = job.payload["invitation"].as_str().and_then(|id| id.parse().ok());
            state.mirror.tell_invitation(at, id.ok_or(Failure::Payload)?).await?;
        }
        _ => state.mirror.tell_limit(at).await?,
    }
    Ok(())
}
