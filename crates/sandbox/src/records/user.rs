//! People.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::Millis;
use crate::errors::ApiError;
use crate::ids;
use crate::records::email_address::email_taken;
use crate::records::{Audience, EmailAddress, Metadata, Password, event};
use crate::state::State;

/// Longest first or last name.
const NAME_LENGTH: usize = 256;

/// One person.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) external_id: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) email_addresses: Vec<EmailAddress>,
    pub(crate) primary_email_address_id: Option<String>,
    pub(crate) public_metadata: Metadata,
    pub(crate) private_metadata: Metadata,
    pub(crate) unsafe_metadata: Metadata,
    #[serde(default)]
    pub(crate) password: Option<Password>,
    pub(crate) last_sign_in_at: Option<Millis>,
    /// Organisation of the person's last session, where the next one starts.
    pub(crate) last_organization_id: Option<String>,
    /// Shut out by a server, until it says otherwise.
    #[serde(default)]
    pub(crate) banned: bool,
    /// Shut out as after too many wrong passwords.
    #[serde(default)]
    pub(crate) locked: bool,
    #[serde(default)]
    pub(crate) locale: Option<String>,
    #[serde(default)]
    pub(crate) timezone: Option<String>,
    #[serde(default)]
    pub(crate) rights: Rights,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
}

/// What a person may do with their own account.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Rights {
    pub(crate) delete_self_enabled: bool,
    pub(crate) create_organization_enabled: bool,
    /// Organisations they may create; no limit when there is none.
    pub(crate) create_organizations_limit: Option<u32>,
}

impl Default for Rights {
    fn default() -> Self {
        Self { delete_self_enabled: true, create_organization_enabled: true, create_organizations_limit: None }
    }
}

/// What a person starts with.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewUser {
    /// Checked with [`check_email`](crate::records::check_email); the first becomes the primary one.
    pub(crate) email_addresses: Vec<String>,
    pub(crate) verified_by: &'static str,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) public_metadata: Metadata,
    pub(crate) private_metadata: Metadata,
    pub(crate) unsafe_metadata: Metadata,
    pub(crate) password: Option<Password>,
}

impl User {
    /// The address the person goes by.
    pub(crate) fn identifier(&self) -> &str {
        self.primary_email().map_or("", |email| email.email_address.as_str())
    }

    /// First and last name, or the address when there is neither.
    pub(crate) fn name(&self) -> String {
        let name =
            [&self.first_name, &self.last_name].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
        if name.is_empty() { self.identifier().to_owned() } else { name }
    }

    /// Whether an address, in small letters, is one of theirs that was verified.
    pub(crate) fn has_email(&self, address: &str) -> bool {
        self.email_addresses.iter().any(|email| email.email_address == address && !email.strategy.is_empty())
    }

    /// The primary address, or the first.
    pub(crate) fn primary_email(&self) -> Option<&EmailAddress> {
        self.email_addresses
            .iter()
            .find(|email| Some(&email.id) == self.primary_email_address_id.as_ref())
            .or_else(|| self.email_addresses.first())
    }

    /// 403 for somebody who is shut out.
    pub(crate) fn check_may_sign_in(&self) -> Result<(), ApiError> {
        if self.banned {
            return Err(ApiError::forbidden("user_banned", "User banned"));
        }
        if self.locked {
            return Err(ApiError::forbidden("user_locked", "Your account is locked. Please try again later."));
        }
        Ok(())
    }
}

impl State {
    /// The person with that address, in any case.
    pub(crate) fn user_by_email(&self, address: &str) -> Option<&User> {
        let address = address.trim().to_lowercase();
        self.users.values().find(|user| user.email_addresses.iter().any(|email| email.email_address == address))
    }

    /// Adds a person, or refuses an address or outside id somebody has.
    pub(crate) fn create_user(&mut self, new: NewUser, now: Millis) -> Result<User, ApiError> {
        for address in &new.email_addresses {
            if self.user_by_email(address).is_some() {
                return Err(email_taken());
            }
        }
        if let Some(external_id) = &new.external_id {
            self.check_external_id(external_id, None)?;
        }
        let email_addresses: Vec<_> =
            new.email_addresses.into_iter().map(|address| EmailAddress::new(address, new.verified_by, now)).collect();
        let user = User {
            id: ids::fresh("user_"),
            external_id: new.external_id,
            first_name: new.first_name,
            last_name: new.last_name,
            primary_email_address_id: email_addresses.first().map(|email| email.id.clone()),
            email_addresses,
            public_metadata: new.public_metadata,
            private_metadata: new.private_metadata,
            unsafe_metadata: new.unsafe_metadata,
            password: new.password,
            last_sign_in_at: None,
            last_organization_id: None,
            banned: false,
            locked: false,
            locale: None,
            timezone: None,
            rights: Rights::default(),
            created_at: now,
            updated_at: now,
        };
        self.users.insert(user.id.clone(), user.clone());
        let data = self.user_json(&user, Audience::Backend);
        self.emit("user.created", data, now);
        Ok(user)
    }

    /// Changes a person and tells of it; the change may refuse.
    pub(crate) fn change_user<T>(
        &mut self,
        id: &str,
        now: Millis,
        change: impl FnOnce(&mut User) -> Result<T, ApiError>,
    ) -> Result<User, ApiError> {
        let mut user = self.users.get(id).cloned().ok_or_else(|| ApiError::not_found("user", id))?;
        change(&mut user)?;
        if let Some(external_id) = &user.external_id {
            self.check_external_id(external_id, Some(id))?;
        }
        user.updated_at = now;
        self.users.insert(user.id.clone(), user.clone());
        let data = self.user_json(&user, Audience::Backend);
        self.emit("user.updated", data, now);
        Ok(user)
    }

    /// Removes a person with their sessions and memberships, even where that leaves an organisation without an admin.
    pub(crate) fn delete_user(&mut self, id: &str, now: Millis) -> Result<Value, ApiError> {
        let user = self.users.get(id).cloned().ok_or_else(|| ApiError::not_found("user", id))?;
        let memberships: Vec<_> = self.memberships_of(id).map(|membership| membership.id.clone()).collect();
        for membership in memberships {
            self.drop_membership(&membership, now);
        }
        self.end_sessions_of(id, now);
        self.sessions.retain(|_, session| session.user_id != id);
        self.users.remove(id);
        let mut data = event::deleted("user", id);
        data["external_id"] = user.external_id.into();
        self.emit("user.deleted", data.clone(), now);
        Ok(data)
    }

    /// Shuts a person out, or lets them in again. A ban ends every session they have.
    pub(crate) fn ban_user(&mut self, id: &str, banned: bool, now: Millis) -> Result<User, ApiError> {
        let user = self.change_user(id, now, |user| {
            user.banned = banned;
            Ok(())
        })?;
        if banned {
            self.end_sessions_of(id, now);
        }
        Ok(user)
    }

    fn check_external_id(&self, external_id: &str, own: Option<&str>) -> Result<(), ApiError> {
        let taken = self
            .users
            .values()
            .any(|user| user.external_id.as_deref() == Some(external_id) && Some(user.id.as_str()) != own);
        if taken {
            return Err(ApiError::form(
                "form_identifier_exists",
                "external_id",
                "That external ID is taken. Please try another.",
            ));
        }
        Ok(())
    }

    /// The user object of either API.
    pub(crate) fn user_json(&self, user: &User, audience: Audience) -> Value {
        let mut json = json!({
            "id": user.id,
            "object": "user",
            "external_id": user.external_id,
            "username": null,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "locale": user.locale,
            "timezone": user.timezone,
            "image_url": self.image_url(),
            "profile_image_url": self.image_url(),
            "has_image": false,
            "primary_email_address_id": user.primary_email_address_id,
            "primary_phone_number_id": null,
            "primary_web3_wallet_id": null,
            "email_addresses": user.email_addresses.iter().map(EmailAddress::json).collect::<Vec<_>>(),
            "phone_numbers": [],
            "web3_wallets": [],
            "passkeys": [],
            "external_accounts": [],
            "saml_accounts": [],
            "enterprise_accounts": [],
            "public_metadata": user.public_metadata,
            "unsafe_metadata": user.unsafe_metadata,
            "password_enabled": user.password.is_some(),
            "password_last_updated_at": user.password.as_ref().map(|password| password.chosen_at),
            "two_factor_enabled": false,
            "totp_enabled": false,
            "backup_code_enabled": false,
            "mfa_enabled_at": null,
            "mfa_disabled_at": null,
            "last_sign_in_at": user.last_sign_in_at,
            "last_active_at": user.last_sign_in_at.map(|at| at - at.rem_euclid(crate::clock::DAY)),
            "banned": user.banned,
            "locked": user.locked,
            "deprovisioned": false,
            "lockout_expires_in_seconds": null,
            "verification_attempts_remaining": null,
            "delete_self_enabled": user.rights.delete_self_enabled,
            "create_organization_enabled": user.rights.create_organization_enabled,
            "create_organizations_limit": user.rights.create_organizations_limit,
            "legal_accepted_at": null,
            "created_at": user.created_at,
            "updated_at": user.updated_at,
        });
        match audience {
            Audience::Backend => {
                json["private_metadata"] = Value::Object(user.private_metadata.clone());
            }
            Audience::Frontend => {
                json["organization_memberships"] = self
                    .memberships_of(&user.id)
                    .map(|membership| self.membership_json(membership, audience))
                    .collect();
            }
        }
        json
    }

    /// What others may see of a person.
    pub(crate) fn public_user_json(&self, user_id: &str) -> Value {
        let user = self.users.get(user_id);
        json!({
            "user_id": user_id,
            "first_name": user.and_then(|user| user.first_name.as_deref()),
            "last_name": user.and_then(|user| user.last_name.as_deref()),
            "image_url": self.image_url(),
            "profile_image_url": self.image_url(),
            "has_image": false,
            "identifier": user.map_or("", User::identifier),
            "username": null,
            "banned": user.is_some_and(|user| user.banned),
            "deprovisioned": false,
        })
    }

    /// The picture of everybody and everything without one.
    pub(crate) fn image_url(&self) -> String {
        format!("{}/portal/picture.svg", self.rules.public_origin)
    }
}

/// A first or last name without blanks around it; empty is none.
pub(crate) fn check_name(param: &str, text: &str) -> Result<Option<String>, ApiError> {
    let name = text.trim();
    if name.chars().count() > NAME_LENGTH {
        return Err(ApiError::form(
            "form_param_max_length_exceeded",
            param,
            format!("{param} must have at most {NAME_LENGTH} characters."),
        ));
    }
    Ok((!name.is_empty()).then(|| name.to_owned()))
}
