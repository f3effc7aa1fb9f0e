//! Invitations into an organisation, sent to an address.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::{DAY, Millis};
use crate::errors::ApiError;
use crate::ids;
use crate::records::{Audience, Membership, Metadata, Organization, User, check_email};
use crate::state::State;

/// Days an invitation can be accepted for, unless it says otherwise.
const DAYS: u32 = 30;
/// What it may say.
const DAYS_RANGE: std::ops::RangeInclusive<u32> = 1..=365;
/// Needed to invite, and to take an invitation back.
const MANAGE: &str = "org:sys_memberships:manage";

/// One invitation.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Invitation {
    pub(crate) id: String,
    pub(crate) organization_id: String,
    /// Lower case.
    pub(crate) email_address: String,
    /// Key of the role the person will have.
    pub(crate) role: String,
    pub(crate) inviter_id: Option<String>,
    /// As kept: never expired, that follows from the time.
    status: InvitationStatus,
    /// The secret in the link.
    pub(crate) ticket: String,
    /// Where the link leads in the end.
    pub(crate) redirect_url: Option<String>,
    public_metadata: Metadata,
    private_metadata: Metadata,
    expires_at: Millis,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
}

/// What has become of an invitation.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum InvitationStatus {
    Pending,
    Accepted,
    Revoked,
    Expired,
}

impl InvitationStatus {
    /// The word both APIs use.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}

/// What an invitation is made of.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewInvitation {
    pub(crate) email_address: String,
    pub(crate) role: String,
    /// A member who may manage members.
    pub(crate) inviter_id: Option<String>,
    pub(crate) redirect_url: Option<String>,
    pub(crate) expires_in_days: Option<u32>,
    /// Whether a mail goes out.
    pub(crate) notify: bool,
    pub(crate) public_metadata: Metadata,
    pub(crate) private_metadata: Metadata,
}

impl Invitation {
    /// What has become of it by now.
    pub(crate) fn status(&self, now: Millis) -> InvitationStatus {
        match self.status {
            InvitationStatus::Pending if self.expires_at <= now => InvitationStatus::Expired,
            other => other,
        }
    }

    /// Whether it can still be accepted.
    pub(crate) fn is_pending(&self, now: Millis) -> bool {
        self.status(now) == InvitationStatus::Pending
    }
}

impl State {
    /// The invitations of an organisation that can still be accepted.
    pub(crate) fn pending_invitations(&self, organization_id: &str, now: Millis) -> impl Iterator<Item = &Invitation> {
        self.invitations
            .values()
            .filter(move |invitation| invitation.organization_id == organization_id && invitation.is_pending(now))
    }

    /// One invitation of an organisation.
    pub(crate) fn invitation(&self, organization_id: &str, id: &str) -> Result<Invitation, ApiError> {
        if !self.organizations.contains_key(organization_id) {
            return Err(ApiError::not_found("organization", organization_id));
        }
        self.invitations.get(id).filter(|invitation| invitation.organization_id == organization_id).cloned().ok_or_else(
            || ApiError::new(http::StatusCode::NOT_FOUND, "organization_invitation_not_found", "Invitation not found."),
        )
    }

    /// Invites several people: all of them, or nobody and the first refusal.
    pub(crate) fn create_invitations(
        &mut self,
        organization_id: &str,
        all: Vec<NewInvitation>,
        now: Millis,
    ) -> Result<Vec<Invitation>, ApiError> {
        let organization = self
            .organizations
            .get(organization_id)
            .cloned()
            .ok_or_else(|| ApiError::not_found("organization", organization_id))?;
        let mut made: Vec<(Invitation, bool)> = Vec::new();
        for new in all {
            let notify = new.notify;
            let invitation = self.new_invitation(&organization, new, now)?;
            if made.iter().any(|(other, _)| other.email_address == invitation.email_address) {
                return Err(not_unique(&invitation.email_address));
            }
            made.push((invitation, notify));
        }
        self.check_seats(&organization, made.len(), now)?;
        for (invitation, notify) in &made {
            self.invitations.insert(invitation.id.clone(), invitation.clone());
            if *notify {
                self.mail_invitation(invitation, &organization.name, now);
            }
            self.emit_invitation("organizationInvitation.created", invitation, None, now);
        }
        Ok(made.into_iter().map(|(invitation, _)| invitation).collect())
    }

    fn new_invitation(
        &self,
        organization: &Organization,
        new: NewInvitation,
        now: Millis,
    ) -> Result<Invitation, ApiError> {
        let email_address = check_email(&new.email_address)?;
        self.check_role(&new.role)?;
        let days = new.expires_in_days.unwrap_or(DAYS);
        if !DAYS_RANGE.contains(&days) {
            return Err(ApiError::invalid("expires_in_days", "expires_in_days must be from 1 to 365."));
        }
        if let Some(inviter) = &new.inviter_id {
            self.check_manager(&organization.id, inviter)?;
        }
        let member = self.user_by_email(&email_address).and_then(|user| self.membership(&organization.id, &user.id));
        if member.is_some() {
            return Err(ApiError::bad_request(
                "already_a_member_in_organization",
                format!("{email_address} is already a member of the organization {}.", organization.name),
            ));
        }
        if self.pending_invitations(&organization.id, now).any(|other| other.email_address == email_address) {
            return Err(not_unique(&email_address));
        }
        Ok(Invitation {
            id: ids::fresh("orginv_"),
            organization_id: organization.id.clone(),
            email_address,
            role: new.role,
            inviter_id: new.inviter_id,
            status: InvitationStatus::Pending,
            ticket: ids::letters(48),
            redirect_url: new.redirect_url,
            public_metadata: new.public_metadata,
            private_metadata: new.private_metadata,
            expires_at: now + Millis::from(days) * DAY,
            created_at: now,
            updated_at: now,
        })
    }

    /// 403 unless the person is a member who may manage members.
    fn check_manager(&self, organization_id: &str, user_id: &str) -> Result<(), ApiError> {
        let membership = self.membership(organization_id, user_id).ok_or_else(|| {
            ApiError::forbidden("not_a_member_in_organization", "The user is not a member of the organization.")
        })?;
        if self.role_may(&membership.role, MANAGE) {
            return Ok(());
        }
        Err(ApiError::forbidden(
            "missing_organization_permission",
            format!("The user is missing the organization permission {MANAGE}."),
        ))
    }

    /// Takes an invitation back, on behalf of a member if one is named.
    pub(crate) fn revoke_invitation(
        &mut self,
        organization_id: &str,
        id: &str,
        requesting_user_id: Option<&str>,
        now: Millis,
    ) -> Result<Invitation, ApiError> {
        let mut invitation = self.invitation(organization_id, id)?;
        if let Some(user) = requesting_user_id {
            self.check_manager(organization_id, user)?;
        }
        if !invitation.is_pending(now) {
            return Err(ApiError::new(
                http::StatusCode::NOT_FOUND,
                "organization_invitation_not_pending",
                format!("The invitation is {} and no longer pending.", invitation.status(now).as_str()),
            ));
        }
        invitation.status = InvitationStatus::Revoked;
        invitation.updated_at = now;
        self.invitations.insert(invitation.id.clone(), invitation.clone());
        self.emit_invitation("organizationInvitation.revoked", &invitation, None, now);
        Ok(invitation)
    }

    /// Makes the person a member, with the invitation's role and metadata.
    pub(crate) fn accept_invitation(&mut self, id: &str, user: &User, now: Millis) -> Result<Membership, ApiError> {
        let mut invitation =
            self.invitations.get(id).cloned().ok_or_else(|| ApiError::not_found("organization invitation", id))?;
        self.check_acceptable(&invitation, now)?;
        // Its own seat is the one that is taken.
        invitation.status = InvitationStatus::Accepted;
        invitation.updated_at = now;
        let pending = self.invitations.insert(invitation.id.clone(), invitation.clone());
        let joined = self.create_membership(&invitation.organization_id, &user.id, &invitation.role, now);
        if let (Err(_), Some(pending)) = (&joined, pending) {
            self.invitations.insert(pending.id.clone(), pending);
        }
        let mut membership = joined?;
        if !(invitation.public_metadata.is_empty() && invitation.private_metadata.is_empty()) {
            membership = self.change_membership(&invitation.organization_id, &user.id, now, |membership| {
                membership.public_metadata = invitation.public_metadata.clone();
                membership.private_metadata = invitation.private_metadata.clone();
                Ok(())
            })?;
        }
        self.emit_invitation("organizationInvitation.accepted", &invitation, Some(&user.id), now);
        Ok(membership)
    }

    /// What stands in the way of accepting an invitation, in the codes of Clerk's catalogue.
    pub(crate) fn check_acceptable(&self, invitation: &Invitation, now: Millis) -> Result<(), ApiError> {
        if !self.organizations.contains_key(&invitation.organization_id) {
            return Err(ApiError::bad_request(
                "organization_invitation_to_deleted_organization",
                "The organization this invitation leads to has been deleted.",
            ));
        }
        let (code, message) = match invitation.status(now) {
            InvitationStatus::Pending => return Ok(()),
            InvitationStatus::Accepted => {
                ("organization_invitation_already_accepted", "The invitation has been accepted already.")
            }
            InvitationStatus::Revoked => ("organization_invitation_revoked_code", "The invitation was revoked."),
            InvitationStatus::Expired => ("ticket_expired_code", "The invitation has expired."),
        };
        Err(ApiError::bad_request(code, message))
    }

    fn emit_invitation(&mut self, kind: &str, invitation: &Invitation, user_id: Option<&str>, now: Millis) {
        let mut data = self.invitation_json(invitation, Audience::Backend, now);
        data["public_organization_data"] = self.public_organization_json(&invitation.organization_id);
        if let Some(user_id) = user_id {
            data["user_id"] = user_id.into();
        }
        self.emit(kind, data, now);
    }

    /// Address of the link in the mail.
    pub(crate) fn ticket_url(&self, ticket: &str) -> String {
        format!("{}/v1/tickets/accept?ticket={ticket}", self.rules.public_origin)
    }

    /// The invitation object of either API.
    pub(crate) fn invitation_json(&self, invitation: &Invitation, audience: Audience, now: Millis) -> Value {
        let role_name = self.role(&invitation.role).map_or("", |role| role.name.as_str());
        let mut json = json!({
            "object": "organization_invitation",
            "id": invitation.id,
            "email_address": invitation.email_address,
            "role": invitation.role,
            "role_name": role_name,
            "organization_id": invitation.organization_id,
            "inviter_id": invitation.inviter_id,
            "public_inviter_data": invitation.inviter_id.as_deref().map(|inviter| self.public_user_json(inviter)),
            "status": invitation.status(now).as_str(),
            "public_metadata": invitation.public_metadata,
            // The link is as good as the person's mailbox: servers alone are given it.
            "url": null,
            "expires_at": invitation.expires_at,
            "created_at": invitation.created_at,
            "updated_at": invitation.updated_at,
        });
        if audience == Audience::Backend {
            json["private_metadata"] = Value::Object(invitation.private_metadata.clone());
            json["url"] = invitation.is_pending(now).then(|| self.ticket_url(&invitation.ticket)).into();
        }
        json
    }

    /// The invitation object as the person it is for sees it.
    pub(crate) fn own_invitation_json(&self, invitation: &Invitation, audience: Audience, now: Millis) -> Value {
        let mut json = self.invitation_json(invitation, audience, now);
        json["public_organization_data"] = self.public_organization_json(&invitation.organization_id);
        json
    }
}

fn not_unique(email_address: &str) -> ApiError {
    ApiError::bad_request(
        "organization_invitation_not_unique",
        format!("There is a pending invitation for {email_address} already."),
    )
}
