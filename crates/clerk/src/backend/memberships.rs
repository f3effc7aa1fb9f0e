//! Who belongs to which organisation.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Backend, page};
use crate::error::Error;
use crate::types::{OrganizationMembership, Page};

/// The largest page Clerk gives.
const PAGE: u32 = 500;

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
        let mut all: Vec<OrganizationMembership> = Vec::new();
        loop {
            let offset = u32::try_from(all.len()).map_err(|error| Error::Decode(Box::new(error)))?;
            let mut query = page(PAGE, offset);
            // The oldest first, so that people who join meanwhile do not shift the pages.
            query.push(("order_by", "+created_at".to_owned()));
            let page: Page<OrganizationMembership> =
                self.get(&["organizations", organization_id, "memberships"], &query).await?;
            let got = page.data.len();
            all.extend(page.data);
            // A page may be short without being the last; only where the total is not said does a short page end the list.
            let complete = match page.total_count {
                0 => got < PAGE as usize,
                total => all.len() as u64 >= total,
            };
            if got == 0 || complete {
                return Ok(all);
            }
        }
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

    /// Removes a member.
    ///
    /// # Errors
    /// [`Error::Api`] with `organization_minimum_permissions_needed` when it is the last admin.
    pub async fn delete_membership(
        &self,
        organization_id: &str,
        user_id: &str,
    ) -> Result<OrganizationMembership, Error> {
        let url = self.url(&["organizations", organization_id, "memberships", user_id], &[])?;
        self.send(Method::DELETE, url, None::<Value>).await
    }
}
