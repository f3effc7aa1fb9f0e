//! Clerk's objects as the Backend API and the webhooks send them (version 2026-05-12).
//!
//! Unknown fields are ignored, and everything that may be missing or null is an `Option` or a default. Times are
//! milliseconds on the wire.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::millisecond;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

mod invitation;
mod role;
mod settings;
mod sign_in_token;
mod status;

pub use self::invitation::{OrganizationInvitation, PublicOrganizationData};
pub use self::role::{Permission, Role};
pub use self::settings::OrganizationSettings;
pub use self::sign_in_token::SignInToken;
pub use self::status::{InvitationStatus, SessionState, SignInTokenStatus};
pub use crate::webhooks::Event;

/// Takes `null` for the default, which `#[serde(default)]` alone does not.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// The instance a secret key belongs to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// `ins_…`
    pub id: String,
    /// `development` or `production`; another word is kept as it is.
    #[serde(default, deserialize_with = "or_default")]
    pub environment_type: String,
    /// Origins that may call the Frontend API besides the instance's own.
    #[serde(default)]
    pub allowed_origins: Option<Vec<String>>,
}

/// A person.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// `user_…`
    pub id: String,
    /// The id the product gave this person, if any.
    #[serde(default)]
    pub external_id: Option<String>,
    /// User name, where the instance uses them.
    #[serde(default)]
    pub username: Option<String>,
    /// Given name.
    #[serde(default)]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(default)]
    pub last_name: Option<String>,
    /// Portrait; there is always one, though perhaps generated.
    #[serde(default)]
    pub image_url: Option<String>,
    /// Whether the portrait was uploaded.
    #[serde(default, deserialize_with = "or_default")]
    pub has_image: bool,
    /// Id within `email_addresses`.
    #[serde(default)]
    pub primary_email_address_id: Option<String>,
    /// Every address, verified or not.
    #[serde(default, deserialize_with = "or_default")]
    pub email_addresses: Vec<EmailAddress>,
    /// Metadata the browser may read.
    #[serde(default)]
    pub public_metadata: Value,
    /// Metadata only the Backend API may read.
    #[serde(default)]
    pub private_metadata: Value,
    /// Cannot sign in: banned by hand.
    #[serde(default, deserialize_with = "or_default")]
    pub banned: bool,
    /// Cannot sign in for a while: too many attempts.
    #[serde(default, deserialize_with = "or_default")]
    pub locked: bool,
    /// Cannot sign in: removed by directory synchronisation.
    #[serde(default, deserialize_with = "or_default")]
    pub deprovisioned: bool,
    /// May create organisations.
    #[serde(default)]
    pub create_organization_enabled: Option<bool>,
    /// Last sign-in.
    #[serde(default, with = "millisecond::optional")]
    pub last_sign_in_at: Option<Timestamp>,
    /// Made at.
    #[serde(with = "millisecond::required")]
    pub created_at: Timestamp,
    /// Changed at: the guard against applying an older event.
    #[serde(with = "millisecond::required")]
    pub updated_at: Timestamp,
}

impl User {
    /// The primary address, or else the first verified one, or else the first.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        let primary = self.primary_email_address_id.as_deref();
        self.email_addresses
            .iter()
            .find(|address| Some(address.id.as_str()) == primary)
            .or_else(|| self.email_addresses.iter().find(|address| address.is_verified()))
            .or_else(|| self.email_addresses.first())
            .map(|address| address.email_address.as_str())
    }

    /// Given and family name, as far as there are any.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        full_name(self.first_name.as_deref(), self.last_name.as_deref())
    }
}

fn full_name(first: Option<&str>, last: Option<&str>) -> Option<String> {
    let parts: Vec<&str> = [first, last].into_iter().flatten().map(str::trim).filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// One of a person's addresses.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EmailAddress {
    /// `idn_…`
    pub id: String,
    /// The address.
    pub email_address: String,
    /// How it was proven, if it was.
    #[serde(default)]
    pub verification: Option<Verification>,
}

impl EmailAddress {
    /// Whether the person has proven that the address is theirs.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.verification.as_ref().is_some_and(|verification| verification.status.as_deref() == Some("verified"))
    }
}

/// How an address was proven.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Verification {
    /// `verified`, `unverified`, `expired`, …
    #[serde(default)]
    pub status: Option<String>,
    /// `email_code`, `admin`, …
    #[serde(default)]
    pub strategy: Option<String>,
}

/// An organisation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Organization {
    /// `org_…`
    pub id: String,
    /// Display name.
    pub name: String,
    /// Missing or empty where the instance has slugs switched off: see [`Organization::slug`].
    #[serde(default)]
    pub slug: Option<String>,
    /// Logo.
    #[serde(default)]
    pub image_url: Option<String>,
    /// Whether the logo was uploaded.
    #[serde(default, deserialize_with = "or_default")]
    pub has_image: bool,
    /// Only where it was asked for.
    #[serde(default)]
    pub members_count: Option<i64>,
    /// Only where it was asked for.
    #[serde(default)]
    pub pending_invitations_count: Option<i64>,
    /// Only where it was asked for: nobody is left who can manage it.
    #[serde(default)]
    pub missing_member_with_elevated_permissions: Option<bool>,
    /// Zero is unlimited.
    #[serde(default)]
    pub max_allowed_memberships: Option<i64>,
    /// Admins may delete it.
    #[serde(default, deserialize_with = "or_default")]
    pub admin_delete_enabled: bool,
    /// Metadata the browser may read.
    #[serde(default)]
    pub public_metadata: Value,
    /// Metadata only the Backend API may read.
    #[serde(default)]
    pub private_metadata: Value,
    /// `user_…` who made it.
    #[serde(default)]
    pub created_by: Option<String>,
    /// Made at.
    #[serde(with = "millisecond::required")]
    pub created_at: Timestamp,
    /// Changed at.
    #[serde(with = "millisecond::required")]
    pub updated_at: Timestamp,
}

impl Organization {
    /// The slug, when there is one.
    #[must_use]
    pub fn slug(&self) -> Option<&str> {
        self.slug.as_deref().filter(|slug| !slug.is_empty())
    }
}

/// A person's place in an organisation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OrganizationMembership {
    /// `orgmem_…`
    pub id: String,
    /// `org:admin`, `org:member` or a custom one.
    pub role: String,
    /// The role's display name.
    #[serde(default)]
    pub role_name: Option<String>,
    /// Custom and system permissions.
    #[serde(default, deserialize_with = "or_default")]
    pub permissions: Vec<String>,
    /// Metadata the browser may read.
    #[serde(default)]
    pub public_metadata: Value,
    /// Metadata only the Backend API may read.
    #[serde(default)]
    pub private_metadata: Value,
    /// The organisation.
    pub organization: Organization,
    /// The person.
    #[serde(default)]
    pub public_user_data: Option<PublicUserData>,
    /// Made at.
    #[serde(with = "millisecond::required")]
    pub created_at: Timestamp,
    /// Changed at.
    #[serde(with = "millisecond::required")]
    pub updated_at: Timestamp,
}

/// What other members may know of a person.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PublicUserData {
    /// `user_…`
    #[serde(default, deserialize_with = "or_default")]
    pub user_id: String,
    /// Given name.
    #[serde(default)]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(default)]
    pub last_name: Option<String>,
    /// Portrait.
    #[serde(default)]
    pub image_url: Option<String>,
    /// Whether the portrait was uploaded.
    #[serde(default, deserialize_with = "or_default")]
    pub has_image: bool,
    /// Usually the email address.
    #[serde(default)]
    pub identifier: Option<String>,
    /// User name.
    #[serde(default)]
    pub username: Option<String>,
    /// Cannot sign in.
    #[serde(default, deserialize_with = "or_default")]
    pub banned: bool,
    /// Cannot sign in: removed by directory synchronisation.
    #[serde(default, deserialize_with = "or_default")]
    pub deprovisioned: bool,
}

impl PublicUserData {
    /// Given and family name, as far as there are any.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        full_name(self.first_name.as_deref(), self.last_name.as_deref())
    }
}

/// A sign-in on one device, as the Backend API sees it (a verified token is a [`crate::Session`]).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// `sess_…`
    pub id: String,
    /// `user_…`
    pub user_id: String,
    /// `client_…`
    #[serde(default)]
    pub client_id: Option<String>,
    /// Whether it goes on.
    #[serde(default, deserialize_with = "or_default")]
    pub status: SessionState,
    /// `org_…`
    #[serde(default)]
    pub last_active_organization_id: Option<String>,
    /// Last use.
    #[serde(default, with = "millisecond::optional")]
    pub last_active_at: Option<Timestamp>,
    /// From where it was last used, as far as Clerk says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_activity: Option<SessionActivity>,
    /// Ends at.
    #[serde(default, with = "millisecond::optional")]
    pub expire_at: Option<Timestamp>,
    /// Made at.
    #[serde(with = "millisecond::required")]
    pub created_at: Timestamp,
    /// Changed at.
    #[serde(with = "millisecond::required")]
    pub updated_at: Timestamp,
}

/// The browser and the place of a session's last use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionActivity {
    /// `Macintosh`, `iPhone`, …
    #[serde(default)]
    pub device_type: Option<String>,
    /// `Chrome`, …
    #[serde(default)]
    pub browser_name: Option<String>,
    /// Where the address is.
    #[serde(default)]
    pub city: Option<String>,
    /// Where the address is.
    #[serde(default)]
    pub country: Option<String>,
}

/// What is left of a deleted thing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedObject {
    /// What it was: `user`, `organization`, …
    #[serde(default, deserialize_with = "or_default")]
    pub object: String,
    /// Its id.
    #[serde(default)]
    pub id: Option<String>,
    /// Its slug, for an organisation.
    #[serde(default)]
    pub slug: Option<String>,
    /// Always true.
    #[serde(default, deserialize_with = "or_default")]
    pub deleted: bool,
    /// The id the product gave it.
    #[serde(default)]
    pub external_id: Option<String>,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The page's items.
    pub data: Vec<T>,
    /// How many there are on all pages.
    #[serde(default)]
    pub total_count: u64,
}

/// A session token made by the Backend API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionToken {
    /// The JWT.
    pub jwt: String,
}

/// Public keys.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JsonWebKeySet {
    /// The keys.
    pub keys: Vec<JsonWebKey>,
}

/// One public key; of other kinds than RSA only `kty` matters to us.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JsonWebKey {
    /// Key id.
    #[serde(default)]
    pub kid: Option<String>,
    /// Kind of key: `RSA`.
    pub kty: String,
    /// `RS256`.
    #[serde(default)]
    pub alg: Option<String>,
    /// `sig`.
    #[serde(default, rename = "use")]
    pub usage: Option<String>,
    /// Modulus, base64url.
    #[serde(default)]
    pub n: Option<String>,
    /// Exponent, base64url.
    #[serde(default)]
    pub e: Option<String>,
}

/// What a handshake nonce stands for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandshakePayload {
    /// `Set-Cookie` values to pass on as they are.
    #[serde(default, deserialize_with = "or_default")]
    pub directives: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_user_with_nulls_unknowns_and_gaps() {
        let user: User = serde_json::from_str(
            r#"{"id":"user_1","object":"user","first_name":" Ada ","last_name":null,"banned":null,"email_addresses":[
                {"id":"idn_1","email_address":"first@example.test","verification":null},
                {"id":"idn_2","email_address":"second@example.test","verification":{"status":"verified","attempts":1}}],
                "brand_new_field":{"x":[1]},"created_at":1700000000123,"updated_at":1700000000456}"#,
        )
        .unwrap();
        assert_eq!(user.email(), Some("second@example.test"));
        assert_eq!(user.name().as_deref(), Some("Ada"));
        assert_eq!(user.created_at.as_millisecond(), 1_700_000_000_123);
        assert!(!user.banned);
        let again: User = serde_json::from_str(&serde_json::to_string(&user).unwrap()).unwrap();
        assert_eq!(again, user);
    }

    #[test]
    fn reads_a_membership_without_optional_things() {
        let membership: OrganizationMembership = serde_json::from_str(
            r#"{"id":"orgmem_1","role":"org:admin","organization":{"id":"org_1","name":"Acme","slug":"",
                "created_at":1,"updated_at":2},"created_at":3,"updated_at":4}"#,
        )
        .unwrap();
        assert_eq!(membership.organization.slug(), None);
        assert_eq!(membership.public_user_data, None);
        assert_eq!(membership.updated_at.as_millisecond(), 4);
    }

    #[test]
    fn reads_what_is_left_of_a_deleted_user() {
        let deleted: DeletedObject = serde_json::from_str(r#"{"id":"user_1","object":"user","deleted":true}"#).unwrap();
        assert_eq!(deleted.id.as_deref(), Some("user_1"));
        assert!(deleted.deleted);
    }
}
