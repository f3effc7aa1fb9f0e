//! What Clerk is told of an invitation: to send its mail, or that it is over.

use jiff::Timestamp;
use tenancy::{Actor, Database, OrganisationId, Query, tenant_statements};

use super::InvitationId;
use crate::{BaseRole, Result};

tenant_statements! {
    IN_QUESTION = "
        select invitation.state, invitation.address, invitation.role, invitation.clerk_id, invitation.sent_at is not null,
               invitation.asked_at, invitation.invited_by, greatest(1, ceil(extract(epoch from invitation.expires_at - now()) / 86400))::int4
          from invitations as invitation where invitation.organisation_id = $1 and invitation.id = $2";
    SENT = "
        update invitations
           set clerk_id = $3, trouble = null, sent_at = case when asked_at = $4 then now() end
         where organisation_id = $1 and id = $2";
    TROUBLE = "
        update invitations set trouble = $3 where organisation_id = $1 and id = $2 and state = 'pending'";
    FORGOTTEN = "
        update invitations set clerk_id = null where organisation_id = $1 and id = $2 and clerk_id = $3";
}

/// The job that brings Clerk's invitation in step with ours. Payload: `{"invitation": "…"}`.
pub const TELL_CLERK_INVITATION: &str = "tell_clerk_invitation";

/// An invitation as Clerk has to be told of it.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Whether it can be accepted.
    pub pending: bool,
    /// Who is invited.
    pub address: String,
    /// Into which base role.
    pub role: BaseRole,
    /// Clerk's id of the invitation that is there now.
    pub clerk_id: Option<String>,
    /// Whether its mail went out since it was last asked for.
    pub sent: bool,
    /// Which asking this is.
    pub asked_at: Timestamp,
    /// Clerk's id of the inviter.
    pub invited_by: String,
    /// Days for which the link is to be good, 1 to 30.
    pub days: u32,
}

/// How it stands; none where there is no such invitation.
pub async fn in_question(database: &Database, at: &OrganisationId, id: InvitationId) -> Result<Option<Delivery>> {
    let rows = door(database, at).read(&[Query::new(IN_QUESTION).bind(id.uuid())]).await?;
    Ok(rows[0].first().map(|row| Delivery {
        pending: row.get::<_, &str>(0) == "pending",
        address: row.get(1),
        role: BaseRole::from_clerk(row.get(2)),
        clerk_id: row.get(3),
        sent: row.get(4),
        asked_at: row.get(5),
        invited_by: row.get(6),
        days: u32::try_from(row.get::<_, i32>(7)).unwrap_or(1).min(30),
    }))
}

/// Clerk has sent the mail that was asked for then.
pub async fn sent(
    database: &Database,
    at: &OrganisationId,
    id: InvitationId,
    clerk_id: &str,
    asked_at: Timestamp,
) -> Result<()> {
    change(database, at, Query::new(SENT).bind(id.uuid()).bind(clerk_id.to_owned()).bind(asked_at)).await
}

/// Clerk will not send it; why, in words for whoever invited.
pub async fn refused(database: &Database, at: &OrganisationId, id: InvitationId, why: &str) -> Result<()> {
    change(database, at, Query::new(TROUBLE).bind(id.uuid()).bind(why.to_owned())).await
}

/// Clerk's invitation is over.
pub async fn over(database: &Database, at: &OrganisationId, id: InvitationId, clerk_id: &str) -> Result<()> {
    change(database, at, Query::new(FORGOTTEN).bind(id.uuid()).bind(clerk_id.to_owned())).await
}

async fn change(database: &Database, at: &OrganisationId, query: Query) -> Result<()> {
    let (mut tx, _) = door(database, at).write(&[]).await?;
    tx.query(query).await?;
    tx.wake().await?;
    Ok(tx.commit().await?)
}

fn door(database: &Database, at: &OrganisationId) -> tenancy::OrgScope {
    database.in_organisation(at.clone(), Actor::Job(TELL_CLERK_INVITATION))
}
