//! Tells Clerk what was decided here: who belongs to an organisation, whom it invites, and how many it may have.
//!
//! Each reads how things stand, so that any number of tries in any order come to the same end.

use clerk::Error as ClerkError;
use clerk::Refused;
use clerk::backend::{InvitationFilter, NewInvitation, OrganizationChange};
use clerk::types::InvitationStatus;
use domain::invitations::InvitationId;
use domain::invitations::delivery::{self, Delivery};
use domain::{BaseRole, memberships, plans};
use serde_json::json;
use tenancy::{OrganisationId, UserId};

use crate::{Error, Mirror};

impl Mirror {
    /// A membership as it is here becomes Clerk's; then Clerk's answers about it count again.
    pub async fn tell_membership(&self, at: &OrganisationId, user: &UserId) -> Result<(), Error> {
        let Some(untold) = memberships::untold(&self.database, at, user).await? else { return Ok(()) };
        match untold.role {
            Some(role) => self.put_member(at, user, role).await?,
            None => match self.backend.delete_membership(at.as_str(), user.as_str()).await {
                Err(error) if !is_gone(&error) => return Err(error.into()),
                _ => {}
            },
        }
        memberships::told(&self.database, at, user, untold).await?;
        self.user(user).await
    }

    async fn put_member(&self, at: &OrganisationId, user: &UserId, role: BaseRole) -> Result<(), ClerkError> {
        let (organization, person, role) = (at.as_str(), user.as_str(), clerk_role(role));
        match self.backend.update_membership(organization, person, role).await {
            Err(error) if is_gone(&error) => {}
            answer => return answer.map(|_| ()),
        }
        match self.backend.create_membership(organization, person, role).await {
            Err(error) if error.refused() == Refused::AlreadyAMember => Ok(()),
            answer => answer.map(|_| ()),
        }
    }

    /// An invitation as it is here becomes Clerk's: its mail is sent, or its link is dead.
    pub async fn tell_invitation(&self, at: &OrganisationId, id: InvitationId) -> Result<(), Error> {
        let Some(delivery) = delivery::in_question(&self.database, at, id).await? else { return Ok(()) };
        if delivery.pending && delivery.sent {
            return Ok(());
        }
        if let Some(clerk_id) = &delivery.clerk_id {
            self.revoke(at, clerk_id).await?;
            delivery::over(&self.database, at, id, clerk_id).await?;
        }
        if !delivery.pending {
            return Ok(());
        }
        match self.send(at, id, &delivery).await {
            Ok(clerk_id) => Ok(delivery::sent(&self.database, at, id, &clerk_id, delivery.asked_at).await?),
            Err(error) => match trouble(&error) {
                Some(why) => Ok(delivery::refused(&self.database, at, id, &why).await?),
                None => Err(error.into()),
            },
        }
    }

    async fn send(&self, at: &OrganisationId, id: InvitationId, delivery: &Delivery) -> Result<String, ClerkError> {
        let mut new = NewInvitation {
            email_address: delivery.address.clone(),
            role: clerk_role(delivery.role).to_owned(),
            inviter_user_id: Some(delivery.invited_by.clone()),
            redirect_url: self.links.as_ref().map(|base| format!("{base}/invitations/{at}/{id}")),
            expires_in_days: Some(delivery.days),
            notify: Some(true),
            // For people who look at Clerk's dashboard; nothing here believes it.
            public_metadata: Some(json!({ "tenantry_invitation": id })),
            private_metadata: None,
        };
        let mut answer = self.backend.create_invitation(at.as_str(), &new).await;
        if answer.as_ref().is_err_and(|error| matches!(error.refused(), Refused::NotAllowed | Refused::NotAMember)) {
            // Whoever may invite here need not be an admin at Clerk.
            new.inviter_user_id = None;
            answer = self.backend.create_invitation(at.as_str(), &new).await;
        }
        if answer.as_ref().is_err_and(|error| error.refused() == Refused::AlreadyInvited) {
            // Made by a try that did not live to write it down: its link was never of use.
            self.revoke_all(at, &delivery.address).await?;
            answer = self.backend.create_invitation(at.as_str(), &new).await;
        }
        Ok(answer?.id)
    }

    async fn revoke(&self, at: &OrganisationId, clerk_id: &str) -> Result<(), ClerkError> {
        match self.backend.revoke_invitation(at.as_str(), clerk_id, None).await {
            Err(error) if error.refused() != Refused::InvitationNotPending && !is_gone(&error) => Err(error),
            _ => Ok(()),
        }
    }

    async fn revoke_all(&self, at: &OrganisationId, address: &str) -> Result<(), ClerkError> {
        let filter = InvitationFilter {
            status: vec![InvitationStatus::Pending],
            email_address: Some(address.to_owned()),
            limit: Some(100),
            ..InvitationFilter::default()
        };
        for there in self.backend.list_invitations(at.as_str(), &filter).await?.data {
            self.revoke(at, &there.id).await?;
        }
        Ok(())
    }

    /// Clerk's own limit follows the plan's.
    pub async fn tell_limit(&self, at: &OrganisationId) -> Result<(), Error> {
        let Some(plan) = plans::of(&self.database, at).await? else { return Ok(()) };
        let change =
            OrganizationChange { max_allowed_memberships: Some(plan.seats()), ..OrganizationChange::default() };
        match self.backend.update_organization(at.as_str(), &change).await {
            Err(error) if !is_gone(&error) => Err(error.into()),
            _ => Ok(()),
        }
    }
}

fn clerk_role(role: BaseRole) -> &'static str {
    match role {
        BaseRole::Admin => "org:admin",
        BaseRole::Member => "org:member",
    }
}

fn is_gone(error: &ClerkError) -> bool {
    error.is_not_found() || matches!(error.refused(), Refused::NotFound | Refused::NotAMember)
}

/// Why Clerk will not send the mail however often it is asked; none where another try may help.
fn trouble(error: &ClerkError) -> Option<String> {
    match error.refused() {
        Refused::AlreadyAMember => Some("They belong to the organisation at Clerk already.".to_owned()),
        Refused::NameRefused { message, .. } => Some(message),
        Refused::NotFound => Some("The organisation is gone at Clerk.".to_owned()),
        Refused::ManagedElsewhere => {
            Some("Members of this organisation are managed by a directory at Clerk.".to_owned())
        }
        _ => None,
    }
}
