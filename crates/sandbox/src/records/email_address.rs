//! Email addresses, each of one person.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::Millis;
use crate::errors::ApiError;
use crate::ids;
use crate::records::{User, event};
use crate::state::State;

/// One address of a person.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct EmailAddress {
    pub(crate) id: String,
    /// Lower case.
    pub(crate) email_address: String,
    /// `email_code` or `ticket` for addresses people proved, `admin` for those the Backend API vouched for; nothing
    /// for one that nobody has.
    pub(crate) strategy: String,
    pub(crate) created_at: Millis,
}

impl EmailAddress {
    /// An address verified in one of those ways.
    pub(crate) fn new(email_address: String, strategy: &str, now: Millis) -> Self {
        Self { id: ids::fresh("idn_"), email_address, strategy: strategy.to_owned(), created_at: now }
    }

    /// The email address object.
    pub(crate) fn json(&self) -> Value {
        let verification = (!self.strategy.is_empty()).then(|| {
            json!({
                "object": format!("verification_{}", self.strategy),
                "status": "verified",
                "strategy": self.strategy,
                "attempts": null,
                "expire_at": null,
            })
        });
        json!({
            "id": self.id,
            "object": "email_address",
            "email_address": self.email_address,
            "reserved": false,
            "verification": verification,
            "linked_to": [],
            "matches_sso_connection": false,
            "created_at": self.created_at,
            "updated_at": self.created_at,
        })
    }
}

impl State {
    /// The address of that id, with its person.
    pub(crate) fn email_address(&self, id: &str) -> Result<(&User, &EmailAddress), ApiError> {
        self.users
            .values()
            .find_map(|user| Some((user, user.email_addresses.iter().find(|email| email.id == id)?)))
            .ok_or_else(|| ApiError::not_found("email address", id))
    }

    /// Gives a person one more address, or refuses one somebody has.
    pub(crate) fn add_email_address(
        &mut self,
        user_id: &str,
        address: &str,
        verified: bool,
        primary: bool,
        now: Millis,
    ) -> Result<EmailAddress, ApiError> {
        let address = check_email(address)?;
        if self.user_by_email(&address).is_some() {
            return Err(email_taken());
        }
        let email = EmailAddress::new(address, if verified { "admin" } else { "" }, now);
        let added = email.clone();
        self.change_user(user_id, now, |user| {
            if primary {
                user.primary_email_address_id = Some(added.id.clone());
            }
            user.email_addresses.push(added);
            Ok(())
        })?;
        Ok(email)
    }

    /// Vouches for an address, or makes it the person's primary one.
    pub(crate) fn change_email_address(
        &mut self,
        id: &str,
        verified: Option<bool>,
        primary: bool,
        now: Millis,
    ) -> Result<Value, ApiError> {
        let user = self.email_address(id)?.0.id.clone();
        self.change_user(&user, now, |user| {
            if primary {
                user.primary_email_address_id = Some(id.to_owned());
            }
            for email in user.email_addresses.iter_mut().filter(|email| email.id == id) {
                match verified {
                    Some(true) if email.strategy.is_empty() => "admin".clone_into(&mut email.strategy),
                    Some(false) => email.strategy.clear(),
                    _ => {}
                }
            }
            Ok(())
        })?;
        Ok(self.email_address(id)?.1.json())
    }

    /// Takes an address away; the last one stays, it is what the person signs in with.
    pub(crate) fn delete_email_address(&mut self, id: &str, now: Millis) -> Result<Value, ApiError> {
        let user = self.email_address(id)?.0.clone();
        if user.email_addresses.len() == 1 {
            return Err(ApiError::bad_request(
                "last_required_identification_deletion_failed",
                "The last email address of a user cannot be deleted.",
            ));
        }
        self.change_user(&user.id, now, |user| {
            user.email_addresses.retain(|email| email.id != id);
            if user.primary_email_address_id.as_deref() == Some(id) {
                user.primary_email_address_id = user.email_addresses.first().map(|email| email.id.clone());
            }
            Ok(())
        })?;
        Ok(event::deleted("email_address", id))
    }
}

/// 422 for an address that belongs to somebody.
pub(crate) fn email_taken() -> ApiError {
    ApiError::form("form_identifier_exists", "email_address", "That email address is taken. Please try another.")
}

/// The address in the form it is kept in, or 422 with what it should look like.
pub(crate) fn check_email(text: &str) -> Result<String, ApiError> {
    let address = text.trim().to_lowercase();
    let good = address.len() <= 254
        && address.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && domain.contains('.')
                && !domain.starts_with('.')
                && !domain.ends_with('.')
                && !domain.contains("..")
                && domain.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '.')
        })
        && !address.contains(|c: char| c.is_whitespace() || c.is_control() || "<>\"(),;:\\".contains(c));
    if good {
        Ok(address)
    } else {
        Err(ApiError::form(
            "form_param_format_invalid",
            "email_address",
            "Email address must be a valid email address, such as name@example.com.",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_and_lowered() {
        assert_eq!(check_email(" Ada+clerk_test@Example.com ").unwrap(), "ada+clerk_test@example.com");
        for bad in ["", "ada", "ada@", "@example.com", "ada@example", "a b@example.com", "a@b@example.com", "a@.com"] {
            assert!(check_email(bad).is_err(), "{bad}");
        }
    }
}
