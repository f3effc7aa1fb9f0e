//! People.

use reqwest::Method;
use serde::Serialize;

use super::Backend;
use crate::error::Error;
use crate::types::User;

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
        let mut query = Vec::new();
        for (name, values) in [
            ("email_address", &filter.email_addresses),
            ("user_id", &filter.user_ids),
            ("organization_id", &filter.organization_ids),
        ] {
            query.extend(values.iter().map(|value| (name, value.clone())));
        }
        query.extend(filter.query.clone().map(|value| ("query", value)));
        query.extend(filter.order_by.clone().map(|value| ("order_by", value)));
        query.extend(filter.limit.map(|value| ("limit", value.to_string())));
        query.extend(filter.offset.map(|value| ("offset", value.to_string())));
        self.get(&["users"], &query).await
    }

    /// Makes a person.
    ///
    /// # Errors
    /// [`Error::Api`] with `form_identifier_exists` when the address is taken.
    pub async fn create_user(&self, new: &NewUser) -> Result<User, Error> {
        self.call(Method::POST, &["users"], &[], new).await
    }
}
