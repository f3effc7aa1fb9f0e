//! People.

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Backend, Metadata, Query};
use crate::error::Error;
use crate::types::{DeletedObject, User};

/// Which people to list; every filter that is empty does not filter.
#[derive(Debug, Clone, Default)]
pub struct UserFilter {
    /// Exactly these addresses (at most 100).
    pub email_addresses: Vec<String>,
    /// Exactly these ids.
    pub user_ids: Vec<String>,
    /// Members of these organisations.
    pub organization_ids: Vec<String>,
    /// Part of a name, an address or an id.
    pub query: Option<String>,
    /// `created_at`, `-updated_at`, …
    pub order_by: Option<String>,
    /// Those after this one (an id), by the time they were made: does not shift when people go.
    pub starting_after: Option<String>,
    /// 1 to 500; Clerk's default is 10.
    pub limit: Option<u32>,
    /// How many to skip.
    pub offset: Option<u32>,
}

/// A person to be made.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewUser {
    /// Addresses; they count as verified.
    #[serde(rename = "email_address", skip_serializing_if = "Vec::is_empty")]
    pub email_addresses: Vec<String>,
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Password, in the clear; Clerk stores a hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Do not check the password's strength.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub skip_password_checks: bool,
    /// The person has no password and signs in with a code.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub skip_password_requirement: bool,
    /// The product's own id for the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

impl UserFilter {
    fn query(&self) -> Vec<(&'static str, String)> {
        let mut query = Vec::new();
        for (name, values) in [
            ("email_address", &self.email_addresses),
            ("user_id", &self.user_ids),
            ("organization_id", &self.organization_ids),
        ] {
            query.extend(values.iter().map(|value| (name, value.clone())));
        }
        query.extend(self.query.clone().map(|value| ("query", value)));
        query.extend(self.order_by.clone().map(|value| ("order_by", value)));
        query.extend(self.starting_after.clone().map(|value| ("starting_after", value)));
        query.extend(self.limit.map(|value| ("limit", value.to_string())));
        query.extend(self.offset.map(|value| ("offset", value.to_string())));
        query
    }
}

/// What to change of a person; `None` leaves it as it is. Metadata has a call of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct UserChange {
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// The product's own id for the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Id of the address to write to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_email_address_id: Option<String>,
    /// Whether the person may delete themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_self_enabled: Option<bool>,
    /// Whether the person may make organisations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_organization_enabled: Option<bool>,
}

#[derive(Deserialize)]
struct Count {
    total_count: u64,
}

impl Backend {
    /// One person.
    ///
    /// # Errors
    /// [`Error::Api`] with status 404 when there is no such person.
    pub async fn get_user(&self, user_id: &str) -> Result<User, Error> {
        self.get(&["users", user_id], &[]).await
    }

    /// People.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_users(&self, filter: &UserFilter) -> Result<Vec<User>, Error> {
        self.get(&["users"], &filter.query()).await
    }

    /// Makes a person.
    ///
    /// # Errors
    /// [`Error::Api`] with `form_identifier_exists` when the address is taken.
    pub async fn create_user(&self, new: &NewUser) -> Result<User, Error> {
        self.call(Method::POST, &["users"], &[], new).await
    }

    /// How many people a filter finds; its limits are not looked at.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn count_users(&self, filter: &UserFilter) -> Result<u64, Error> {
        let paging = |name: &str| matches!(name, "limit" | "offset" | "starting_after" | "order_by");
        let query: Vec<_> = filter.query().into_iter().filter(|(name, _)| !paging(name)).collect();
        let query: &Query<'_> = &query;
        Ok(self.get::<Count>(&["users", "count"], query).await?.total_count)
    }

    /// Changes a person. Clerk takes ten changes in ten seconds for one person.
    ///
    /// # Errors
    /// [`Error::Api`] with status 404 when there is no such person.
    pub async fn update_user(&self, user_id: &str, change: &UserChange) -> Result<User, Error> {
        self.call(Method::PATCH, &["users", user_id], &[], change).await
    }

    /// Merges into a person's metadata.
    ///
    /// # Errors
    /// [`Error::Api`] with status 404 when there is no such person.
    pub async fn merge_user_metadata(&self, user_id: &str, metadata: &Metadata) -> Result<User, Error> {
        self.call(Method::PATCH, &["users", user_id, "metadata"], &[], metadata).await
    }

    /// Deletes a person, also where that leaves an organisation without an admin.
    ///
    /// # Errors
    /// [`Error::Api`] with status 404 when there is no such person.
    pub async fn delete_user(&self, user_id: &str) -> Result<DeletedObject, Error> {
        self.delete(&["users", user_id]).await
    }

    /// Bans a person: all sessions end, and there will be no new ones.
    ///
    /// # Errors
    /// [`Error::Api`] with status 404 when there is no such person.
    pub async fn ban_user(&self, user_id: &str) -> Result<User, Error> {
        self.call(Method::POST, &["users", user_id, "ban"], &[], &json!({})).await
    }

    /// Lets a person sign in again.
    ///
    /// # Errors
    /// [`Error::Api`] with status 404 when there is no such person.
    pub async fn unban_user(&self, user_id: &str) -> Result<User, Error> {
        self.call(Method::POST, &["users", user_id, "unban"], &[], &json!({})).await
    }
}
