//! An invitation into an organisation.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::millisecond;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{InvitationStatus, PublicUserData, or_default};

/// An invitation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OrganizationInvitation {
    /// `orginv_…`
    pub id: String,
    /// Who is invited.
    pub email_address: String,
    /// What they will be: `org:admin`, `org:member`, ….
    #[serde(default, deserialize_with = "or_default")]
    pub role: String,
    /// The role's display name.
    #[serde(default)]
    pub role_name: Option<String>,
    /// `org_…`
    #[serde(default)]
    pub organization_id: Option<String>,
    /// `user_…`
    #[serde(default)]
    pub inviter_id: Option<String>,
    /// What may be known of who invites.
    #[serde(default)]
    pub public_inviter_data: Option<PublicUserData>,
    /// The organisation, where the list goes across several.
    #[serde(default)]
    pub public_organization_data: Option<PublicOrganizationData>,
    /// What became of it.
    #[serde(default, deserialize_with = "or_default")]
    pub status: InvitationStatus,
    /// `user_…` who accepted it; only in the event that says so.
    #[serde(default)]
    pub user_id: Option<String>,
    /// Becomes the membership's.
    #[serde(default)]
    pub public_metadata: Value,
    /// Becomes the membership's.
    #[serde(default)]
    pub private_metadata: Value,
    /// What the mail links to, ticket included: whoever has it can accept.
    #[serde(default)]
    pub url: Option<String>,
    /// Ends at.
    #[serde(default, with = "millisecond::optional")]
    pub expires_at: Option<Timestamp>,
    /// Made at.
    #[serde(with = "millisecond::required")]
    pub created_at: Timestamp,
    /// Changed at.
    #[serde(with = "millisecond::required")]
    pub updated_at: Timestamp,
}

/// What somebody who is not yet a member may know of an organisation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicOrganizationData {
    /// `org_…`
    pub id: String,
    /// Display name.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// Missing or empty where the instance has slugs switched off.
    #[serde(default)]
    pub slug: Option<String>,
    /// Logo.
    #[serde(default)]
    pub image_url: Option<String>,
    /// Whether the logo was uploaded.
    #[serde(default, deserialize_with = "or_default")]
    pub has_image: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_an_invitation_with_nulls_unknowns_and_gaps() {
        let invitation: OrganizationInvitation = serde_json::from_str(
            r#"{"id":"orginv_1","object":"organization_invitation","email_address":"a@b.test","role":"org:auditor",
                "status":"snoozed","url":null,"expires_at":null,"inviter_id":null,"more":{},"created_at":1,"updated_at":2,
                "public_organization_data":{"id":"org_1","name":"Acme","slug":null}}"#,
        )
        .unwrap();
        assert_eq!(invitation.status, InvitationStatus::Other("snoozed".into()));
        assert_eq!(invitation.public_organization_data.unwrap().name, "Acme");
        assert_eq!(invitation.expires_at, None);
    }
}
