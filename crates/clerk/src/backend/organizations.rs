//! Organisations.

use reqwest::Method;
use serde_json::json;

use super::Backend;
use crate::error::Error;
use crate::types::{Organization, Page};

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
    /// `created_at`, `-name`, …
    pub order_by: Option<String>,
    /// 1 to 500; Clerk's default is 10.
    pub limit: Option<u32>,
    /// How many to skip.
    pub offset: Option<u32>,
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
        query.extend(filter.order_by.clone().map(|value| ("order_by", value)));
        query.extend(filter.limit.map(|value| ("limit", value.to_string())));
        query.extend(filter.offset.map(|value| ("offset", value.to_string())));
        self.get(&["organizations"], &query).await
    }

    /// Makes an organisation; `created_by` becomes its first admin.
    ///
    /// # Errors
    /// [`Error::Api`] with `organization_slugs_disabled` when the instance has no slugs, `form_identifier_exists` when
    /// the slug is taken.
    pub async fn create_organization(
        &self,
        name: &str,
        slug: Option<&str>,
        created_by: Option<&str>,
    ) -> Result<Organization, Error> {
        let mut body = json!({ "name": name });
        if let Some(slug) = slug {
            body["slug"] = slug.into();
        }
        if let Some(user_id) = created_by {
            body["created_by"] = user_id.into();
        }
        self.call(Method::POST, &["organizations"], &[], &body).await
    }
}
