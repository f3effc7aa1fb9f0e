//! Who belongs to which organisation.

use reqwest::Method;
use serde_json::json;

use super::{Backend, Metadata, Pages, page};
use crate::error::Error;
use crate::types::{OrganizationMembership, Page};

impl Backend {
    /// A person's memberships, one page (`limit` 1 to 500).
    ///
    /// # Errors
    /// [`Error::Api`] with status 404 when there is no such person.
    pub async fn list_user_memberships(
        &self,
        user_id: &str,
        limit: u32,
        offset: u32,
    ) -> Result<Page<OrganizationMembership>, Error> {
        self.get(&["users", user_id, "organization_memberships"], &page(limit, offset)).await
    }

    /// The memberships of all organisations, one page (`limit` 1 to 500), the oldest first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_memberships(&self, limit: u32, offset: u32) -> Result<Page<OrganizationMembership>, Error> {
        let mut query = page(limit, offset);
        query.push(("order_by", "+created_at".to_owned()));
        self.get(&["organization_memberships"], &query).await
    }

    /// Every membership of an organisation, however many pages that takes.
    ///
    /// # Errors
    /// [`Error::Api`] with status 404 when there is no such organisation.
    pub async fn list_organization_memberships(
        &self,
        organization_id: &str,
    ) -> Result<Vec<OrganizationMembership>, Error> {
        self.organization_memberships(organization_id).all().await
    }

    /// The memberships of an organisation, page by page.
    #[must_use]
    pub fn organization_memberships(&self, organization_id: &str) -> Pages<OrganizationMembership> {
        Pages::new(self, &["organizations", organization_id, "memberships"], Vec::new())
    }

    /// Every membership of the instance, page by page.
    #[must_use]
    pub fn memberships(&self) -> Pages<OrganizationMembership> {
        Pages::new(self, &["organization_memberships"], Vec::new())
    }

    /// Adds a person to an organisation; `role` is `org:admin`, `org:member`, ….
    ///
    /// # Errors
    /// [`Error::Api`] with `already_a_member_in_organization`, or `organization_membership_quota_exceeded`.
    pub async fn create_membership(
        &self,
        organization_id: &str,
        user_id: &str,
        role: &str,
    ) -> Result<OrganizationMembership, Error> {
        let body = json!({ "user_id": user_id, "role": role });
        self.call(Method::POST, &["organizations", organization_id, "memberships"], &[], &body).await
    }

    /// Changes a member's role.
    ///
    /// # Errors
    /// [`Error::Api`] with `organization_minimum_permissions_needed` when it is the last admin.
    pub async fn update_membership(
        &self,
        organization_id: &str,
        user_id: &str,
        role: &str,
    ) -> Result<OrganizationMembership, Error> {
        let path = ["organizations", organization_id, "memberships", user_id];
        self.call(Method::PATCH, &path, &[], &json!({ "role": role })).await
    }

    /// Merges into a membership's metadata.
    ///
    /// # Errors
    /// [`Error::Api`] with status 404 when there is no such membership.
    pub async fn merge_membership_metadata(
        &self,
        organization_id: &str,
        user_id: &str,
        metadata: &Metadata,
    ) -> Result<OrganizationMembership, Error> {
        let path = ["organizations", organization_id, "memberships", user_id, "metadata"];
        self.call(Method::PATCH, &path, &[], metadata).await
    }

    /// Removes a member.
    ///
    /// # Errors
    /// [`Error::Api`] with `organization_minimum_permissions_needed` when it is the last admin.
    pub async fn delete_membership(
        &self,
        organization_id: &str,
        user_id: &str,
    ) -> Result<OrganizationMembership, Error> {
        self.delete(&["organizations", organization_id, "memberships", user_id]).await
    }
}
