//! Invitations into an organisation.

use reqwest::Method;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Backend, Pages, page};
use crate::error::Error;
use crate::types::{InvitationStatus, OrganizationInvitation, Page};

/// An invitation to be made. Clerk takes 250 an hour for an organisation.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct NewInvitation {
    /// Who is invited.
    pub email_address: String,
    /// What they will be: `org:admin`, `org:member`, ….
    pub role: String,
    /// Who invites them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inviter_user_id: Option<String>,
    /// Where the link in the mail leads once the ticket is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<String>,
    /// 1 to 365 days; 30 unless told otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in_days: Option<u32>,
    /// Whether Clerk sends the mail, which it does unless told otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notify: Option<bool>,
    /// Becomes the membership's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_metadata: Option<Value>,
    /// Becomes the membership's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_metadata: Option<Value>,
}

/// Which invitations to list; every filter that is empty does not filter.
#[derive(Debug, Clone, Default)]
pub struct InvitationFilter {
    /// In one of these states.
    pub status: Vec<InvitationStatus>,
    /// To this address.
    pub email_address: Option<String>,
    /// `created_at`, `-email_address`, …
    pub order_by: Option<String>,
    /// 1 to 500; Clerk's default is 10.
    pub limit: Option<u32>,
    /// How many to skip.
    pub offset: Option<u32>,
}

impl Backend {
    /// Invites somebody.
    ///
    /// # Errors
    /// [`Error::Api`] with `organization_invitation_not_unique`, `already_a_member_in_organization` or
    /// `organization_membership_quota_exceeded`.
    pub async fn create_invitation(
        &self,
        organization_id: &str,
        new: &NewInvitation,
    ) -> Result<OrganizationInvitation, Error> {
        self.call(Method::POST, &["organizations", organization_id, "invitations"], &[], new).await
    }

    /// Invites up to ten people at once: all of them or none. Clerk takes 50 such calls an hour.
    ///
    /// # Errors
    /// As [`Backend::create_invitation`], for the first that is refused.
    pub async fn create_invitations(
        &self,
        organization_id: &str,
        new: &[NewInvitation],
    ) -> Result<Page<OrganizationInvitation>, Error> {
        self.call(Method::POST, &["organizations", organization_id, "invitations", "bulk"], &[], &new).await
    }

    /// Invitations of an organisation, without those its domains made.
    ///
    /// # Errors
    /// [`Error::Api`] with status 404 when there is no such organisation.
    pub async fn list_invitations(
        &self,
        organization_id: &str,
        filter: &InvitationFilter,
    ) -> Result<Page<OrganizationInvitation>, Error> {
        let mut query = Vec::new();
        query.extend(filter.status.iter().map(|status| ("status", status.as_str().to_owned())));
        query.extend(filter.email_address.clone().map(|value| ("email_address", value)));
        query.extend(filter.order_by.clone().map(|value| ("order_by", value)));
        query.extend(filter.limit.map(|value| ("limit", value.to_string())));
        query.extend(filter.offset.map(|value| ("offset", value.to_string())));
        self.get(&["organizations", organization_id, "invitations"], &query).await
    }

    /// The invitations of an organisation that nobody has answered, one page (`limit` 1 to 500).
    ///
    /// # Errors
    /// [`Error::Api`] with status 404 when there is no such organisation.
    pub async fn list_pending_invitations(
        &self,
        organization_id: &str,
        limit: u32,
        offset: u32,
    ) -> Result<Page<OrganizationInvitation>, Error> {
        self.get(&["organizations", organization_id, "invitations", "pending"], &page(limit, offset)).await
    }

    /// Every invitation of an organisation, page by page.
    #[must_use]
    pub fn organization_invitations(&self, organization_id: &str) -> Pages<OrganizationInvitation> {
        Pages::new(self, &["organizations", organization_id, "invitations"], Vec::new())
    }

    /// Every invitation of the instance into any organisation, page by page.
    #[must_use]
    pub fn invitations(&self) -> Pages<OrganizationInvitation> {
        Pages::new(self, &["organization_invitations"], Vec::new())
    }

    /// The invitations to a person's addresses, one page (`limit` 1 to 500), in one state or in all.
    ///
    /// # Errors
    /// [`Error::Api`] with status 404 when there is no such person.
    pub async fn list_user_invitations(
        &self,
        user_id: &str,
        status: Option<&InvitationStatus>,
        limit: u32,
        offset: u32,
    ) -> Result<Page<OrganizationInvitation>, Error> {
        let mut query = page(limit, offset);
        query.extend(status.map(|status| ("status", status.as_str().to_owned())));
        self.get(&["users", user_id, "organization_invitations"], &query).await
    }

    /// One invitation.
    ///
    /// # Errors
    /// [`Error::Api`] with status 404 when there is none.
    pub async fn get_invitation(
        &self,
        organization_id: &str,
        invitation_id: &str,
    ) -> Result<OrganizationInvitation, Error> {
        self.get(&["organizations", organization_id, "invitations", invitation_id], &[]).await
    }

    /// Takes an invitation back.
    ///
    /// # Errors
    /// [`Error::Api`] with `organization_invitation_not_pending` when it was answered or taken back before.
    pub async fn revoke_invitation(
        &self,
        organization_id: &str,
        invitation_id: &str,
        requesting_user_id: Option<&str>,
    ) -> Result<OrganizationInvitation, Error> {
        let path = ["organizations", organization_id, "invitations", invitation_id, "revoke"];
        let body = requesting_user_id.map_or_else(|| json!({}), |user| json!({ "requesting_user_id": user }));
        self.call(Method::POST, &path, &[], &body).await
    }
}
