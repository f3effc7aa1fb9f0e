//! Organisations.

use reqwest::Method;
use serde::Serialize;
use serde_json::Value;

use super::{Backend, Metadata};
use crate::error::Error;
use crate::types::{DeletedObject, Organization, Page};

/// Which organisations to list; every filter that is empty does not filter.
#[derive(Debug, Clone, Default)]
pub struct OrganizationFilter {
    /// Part of a name, a slug or an id.
    pub query: Option<String>,
    /// Those these people belong to.
    pub user_ids: Vec<String>,
    /// Exactly these.
    pub organization_ids: Vec<String>,
    /// Fill in `members_count`.
    pub include_members_count: bool,
    /// Fill in `missing_member_with_elevated_permissions`: nobody is left who can manage it.
    pub include_orphaned: bool,
    /// `created_at`, `-name`, …
    pub order_by: Option<String>,
    /// 1 to 500; Clerk's default is 10.
    pub limit: Option<u32>,
    /// How many to skip.
    pub offset: Option<u32>,
}

/// An organisation to be made.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct NewOrganization {
    /// Display name, at most 256 characters, without addresses or markup.
    pub name: String,
    /// Small letters, digits and `-`. Left out, Clerk makes one of the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// `user_…` who becomes its first admin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Only the Backend API may read this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_metadata: Option<Value>,
}

/// What to change of an organisation; `None` leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OrganizationChange {
    /// Display name, at most 256 characters, without addresses or markup.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Small letters, digits and `-`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// Pending invitations count too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_allowed_memberships: Option<u32>,
    /// Whether its admins may delete it from the browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admin_delete_enabled: Option<bool>,
}

impl Backend {
    /// One organisation, by id or slug.
    ///
    /// # Errors
    /// [`Error::Api`] with status 404 when there is none.
    pub async fn get_organization(&self, id_or_slug: &str) -> Result<Organization, Error> {
        self.get(&["organizations", id_or_slug], &[]).await
    }

    /// Organisations.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_organizations(&self, filter: &OrganizationFilter) -> Result<Page<Organization>, Error> {
        let mut query = Vec::new();
        query.extend(filter.query.clone().map(|value| ("query", value)));
        query.extend(filter.user_ids.iter().map(|value| ("user_id", value.clone())));
        query.extend(filter.organization_ids.iter().map(|value| ("organization_id", value.clone())));
        query.extend(filter.include_members_count.then(|| ("include_members_count", "true".to_owned())));
        let orphaned = "include_missing_member_with_elevated_permissions";
        query.extend(filter.include_orphaned.then(|| (orphaned, "true".to_owned())));
        query.extend(filter.order_by.clone().map(|value| ("order_by", value)));
        query.extend(filter.limit.map(|value| ("limit", value.to_string())));
        query.extend(filter.offset.map(|value| ("offset", value.to_string())));
        self.get(&["organizations"], &query).await
    }

    /// Makes an organisation. Never tried again by itself: after an [`Error`] that [`Error::may_have_happened`], look.
    ///
    /// # Errors
    /// [`Error::Api`] with `organization_slugs_disabled` when the instance has no slugs, `form_identifier_exists` when
    /// the slug is taken.
    pub async fn create_organization(&self, new: &NewOrganization) -> Result<Organization, Error> {
        self.call(Method::POST, &["organizations"], &[], new).await
    }

    /// Changes an organisation. Clerk takes ten changes in ten seconds for one organisation.
    ///
    /// # Errors
    /// As [`Backend::create_organization`], and [`Error::Api`] with status 404 when there is none.
    pub async fn update_organization(&self, id: &str, change: &OrganizationChange) -> Result<Organization, Error> {
        self.call(Method::PATCH, &["organizations", id], &[], change).await
    }

    /// Merges into an organisation's metadata.
    ///
    /// # Errors
    /// [`Error::Api`] with status 404 when there is none.
    pub async fn merge_organization_metadata(&self, id: &str, metadata: &Metadata) -> Result<Organization, Error> {
        self.call(Method::PATCH, &["organizations", id, "metadata"], &[], metadata).await
    }

    /// Deletes an organisation; sessions in which it is active lose it.
    ///
    /// # Errors
    /// [`Error::Api`] with status 404 when there is none.
    pub async fn delete_organization(&self, id: &str) -> Result<DeletedObject, Error> {
        self.delete(&["organizations", id]).await
    }
}
