//! Memberships: who belongs to which organisation, in which role.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::Millis;
use crate::errors::ApiError;
use crate::ids;
use crate::records::{Audience, Metadata, Organization};
use crate::state::State;

/// One person in one organisation.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Membership {
    pub(crate) id: String,
    pub(crate) organization_id: String,
    pub(crate) user_id: String,
    /// Key of a role of the instance.
    pub(crate) role: String,
    pub(crate) public_metadata: Metadata,
    pub(crate) private_metadata: Metadata,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
}

impl State {
    /// A person's membership in an organisation.
    pub(crate) fn membership(&self, organization_id: &str, user_id: &str) -> Option<&Membership> {
        self.memberships_in(organization_id).find(|membership| membership.user_id == user_id)
    }

    /// Everybody in an organisation.
    pub(crate) fn memberships_in(&self, organization_id: &str) -> impl Iterator<Item = &Membership> {
        self.memberships.values().filter(move |membership| membership.organization_id == organization_id)
    }

    /// Every organisation of a person.
    pub(crate) fn memberships_of(&self, user_id: &str) -> impl Iterator<Item = &Membership> {
        self.memberships.values().filter(move |membership| membership.user_id == user_id)
    }

    /// Puts a person into an organisation.
    pub(crate) fn create_membership(
        &mut self,
        organization_id: &str,
        user_id: &str,
        role: &str,
        now: Millis,
    ) -> Result<Membership, ApiError> {
        let organization = self
            .organizations
            .get(organization_id)
            .cloned()
            .ok_or_else(|| ApiError::not_found("organization", organization_id))?;
        if !self.users.contains_key(user_id) {
            return Err(ApiError::not_found("user", user_id));
        }
        self.check_role(role)?;
        if self.membership(organization_id, user_id).is_some() {
            return Err(ApiError::bad_request(
                "already_a_member_in_organization",
                format!("The user is already a member of {}.", organization.name),
            ));
        }
        self.check_seats(&organization, 1, now)?;
        let membership = Membership {
            id: ids::fresh("orgmem_"),
            organization_id: organization_id.to_owned(),
            user_id: user_id.to_owned(),
            role: role.to_owned(),
            public_metadata: Metadata::new(),
            private_metadata: Metadata::new(),
            created_at: now,
            updated_at: now,
        };
        self.memberships.insert(membership.id.clone(), membership.clone());
        let data = self.membership_json(&membership, Audience::Backend);
        self.emit("organizationMembership.created", data, now);
        Ok(membership)
    }

    /// 403 when members and pending invitations, and so many more, are more than the organisation may have.
    pub(crate) fn check_seats(&self, organization: &Organization, more: usize, now: Millis) -> Result<(), ApiError> {
        let limit = organization.max_allowed_memberships as usize;
        let taken =
            self.memberships_in(&organization.id).count() + self.pending_invitations(&organization.id, now).count();
        if limit == 0 || taken + more <= limit {
            return Ok(());
        }
        Err(ApiError::forbidden(
            "organization_membership_quota_exceeded",
            format!(
                "The organization has reached its limit of {limit} memberships, including outstanding invitations."
            ),
        ))
    }

    /// Changes a membership and tells of it; leaving an organisation without an admin is refused.
    pub(crate) fn change_membership(
        &mut self,
        organization_id: &str,
        user_id: &str,
        now: Millis,
        change: impl FnOnce(&mut Membership) -> Result<(), ApiError>,
    ) -> Result<Membership, ApiError> {
        let before = self.known_membership(organization_id, user_id)?;
        let mut membership = before.clone();
        change(&mut membership)?;
        self.check_role(&membership.role)?;
        if self.is_elevated(&before.role) && !self.is_elevated(&membership.role) {
            self.check_another_admin(&before)?;
        }
        membership.updated_at = now;
        self.memberships.insert(membership.id.clone(), membership.clone());
        let data = self.membership_json(&membership, Audience::Backend);
        self.emit("organizationMembership.updated", data, now);
        Ok(membership)
    }

    /// Takes a person out of an organisation, unless they are its last admin. Answers with what was.
    pub(crate) fn delete_membership(
        &mut self,
        organization_id: &str,
        user_id: &str,
        audience: Audience,
        now: Millis,
    ) -> Result<Value, ApiError> {
        let membership = self.known_membership(organization_id, user_id)?;
        if self.is_elevated(&membership.role) {
            self.check_another_admin(&membership)?;
        }
        let json = self.membership_json(&membership, audience);
        self.drop_membership(&membership.id, now);
        Ok(json)
    }

    /// Removes a membership whatever becomes of the organisation; sessions in which it was active lose it.
    pub(crate) fn drop_membership(&mut self, id: &str, now: Millis) {
        let Some(membership) = self.memberships.get(id).cloned() else {
            return;
        };
        let data = self.membership_json(&membership, Audience::Backend);
        self.memberships.remove(id);
        for session in self.sessions.values_mut() {
            if session.user_id == membership.user_id
                && session.last_active_organization_id.as_ref() == Some(&membership.organization_id)
            {
                session.last_active_organization_id = None;
                session.updated_at = now;
            }
        }
        self.emit("organizationMembership.deleted", data, now);
    }

    fn known_membership(&self, organization_id: &str, user_id: &str) -> Result<Membership, ApiError> {
        if !self.organizations.contains_key(organization_id) {
            return Err(ApiError::not_found("organization", organization_id));
        }
        self.membership(organization_id, user_id)
            .cloned()
            .ok_or_else(|| ApiError::not_found("organization membership of user", user_id))
    }

    fn check_another_admin(&self, leaving: &Membership) -> Result<(), ApiError> {
        let another = self
            .memberships_in(&leaving.organization_id)
            .any(|other| self.is_elevated(&other.role) && other.id != leaving.id);
        if another {
            return Ok(());
        }
        Err(ApiError::bad_request(
            "organization_minimum_permissions_needed",
            "There has to be at least one organization member with the minimum required permissions.",
        ))
    }

    /// The membership object of either API.
    pub(crate) fn membership_json(&self, membership: &Membership, audience: Audience) -> Value {
        let organization = self
            .organizations
            .get(&membership.organization_id)
            .map(|organization| self.organization_json(organization, audience, None));
        let role = self.role(&membership.role).ok();
        let mut json = json!({
            "object": "organization_membership",
            "id": membership.id,
            "role": membership.role,
            "role_name": role.map_or("", |role| role.name.as_str()),
            "permissions": role.map_or(&[][..], |role| &role.permissions),
            "public_metadata": membership.public_metadata,
            "organization": organization,
            "public_user_data": self.public_user_json(&membership.user_id),
            "created_at": membership.created_at,
            "updated_at": membership.updated_at,
        });
        if audience == Audience::Backend {
            json["private_metadata"] = Value::Object(membership.private_metadata.clone());
        }
        json
    }
}
