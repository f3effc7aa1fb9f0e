//! Roles: admin and member, which every instance has, and those made since.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::{self, Millis};
use crate::errors::ApiError;
use crate::ids;
use crate::records::permission::{ELEVATED, is_word};
use crate::records::{Permission, event};
use crate::state::State;

/// Key of the role creators get.
pub(crate) const ADMIN: &str = "org:admin";
/// Key of the role without rights over others.
pub(crate) const MEMBER: &str = "org:member";
/// Roles an instance may have made besides those two.
const MOST: usize = 10;

/// One role.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Role {
    pub(crate) id: String,
    /// `org:<word>`.
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// Keys of its permissions.
    pub(crate) permissions: Vec<String>,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
}

/// What a role starts with.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewRole {
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// Ids or keys.
    pub(crate) permissions: Vec<String>,
}

impl Role {
    /// Those of a new instance: admins may everything, members read who is there and what it costs.
    pub(crate) fn built_in() -> [Self; 2] {
        let now = clock::now();
        let role = |key: &str, name: &str, permissions| Self {
            id: ids::fresh("role_"),
            key: key.to_owned(),
            name: name.to_owned(),
            description: Some(format!("The role {name} every instance has.")),
            permissions,
            created_at: now,
            updated_at: now,
        };
        [
            role(ADMIN, "Admin", Permission::built_in().map(|permission| permission.key).collect()),
            role(MEMBER, "Member", vec!["org:sys_memberships:read".to_owned(), "org:sys_billing:read".to_owned()]),
        ]
    }

    /// Whether it holds a permission.
    pub(crate) fn may(&self, permission: &str) -> bool {
        self.permissions.iter().any(|key| key == permission)
    }

    /// Whether it holds what an organisation needs at least one member to hold.
    fn is_elevated(&self) -> bool {
        ELEVATED.iter().all(|permission| self.may(permission))
    }
}

impl State {
    /// The role with that id or key.
    pub(crate) fn role(&self, id_or_key: &str) -> Result<&Role, ApiError> {
        self.roles
            .get(id_or_key)
            .or_else(|| self.roles.values().find(|role| role.key == id_or_key))
            .ok_or_else(|| ApiError::not_found("organization role", id_or_key))
    }

    /// The role with that key, as a field of a form.
    pub(crate) fn check_role(&self, key: &str) -> Result<&Role, ApiError> {
        self.roles.values().find(|role| role.key == key).ok_or_else(|| {
            let known: Vec<_> = self.roles.values().map(|role| role.key.as_str()).collect();
            ApiError::invalid("role", format!("role must be a role of the instance: {}.", known.join(", ")))
        })
    }

    /// Whether the holder of a role may do what a permission names.
    pub(crate) fn role_may(&self, key: &str, permission: &str) -> bool {
        self.role(key).is_ok_and(|role| role.may(permission))
    }

    /// The permissions of a role that its holders' tokens carry: not Clerk's own.
    pub(crate) fn custom_permissions(&self, key: &str) -> Vec<String> {
        let permissions = self.role(key).map_or(&[][..], |role| &role.permissions);
        permissions.iter().filter(|key| self.permission(key).is_ok_and(|found| !found.is_system())).cloned().collect()
    }

    /// Whether the holder of a role can hold an organisation together.
    pub(crate) fn is_elevated(&self, key: &str) -> bool {
        self.role(key).is_ok_and(Role::is_elevated)
    }

    /// Adds a role, or refuses a malformed or taken key, an unknown permission, or one role too many.
    pub(crate) fn create_role(&mut self, new: NewRole, now: Millis) -> Result<Role, ApiError> {
        if self.roles.len() >= MOST + 2 {
            return Err(ApiError::forbidden(
                "organization_instance_roles_quota_exceeded",
                format!("The instance has reached its limit of {MOST} custom roles."),
            ));
        }
        let role = Role {
            id: ids::fresh("role_"),
            key: self.check_role_key(&new.key, None)?,
            name: new.name,
            description: new.description,
            permissions: self.permission_keys(&new.permissions)?,
            created_at: now,
            updated_at: now,
        };
        self.roles.insert(role.id.clone(), role.clone());
        let json = self.role_json(&role);
        self.emit("role.created", json, now);
        Ok(role)
    }

    /// Changes a role and tells of it; whoever holds it holds it under its new key.
    pub(crate) fn change_role(
        &mut self,
        id: &str,
        now: Millis,
        change: impl FnOnce(&Self, &mut Role) -> Result<(), ApiError>,
    ) -> Result<Role, ApiError> {
        let before = self.role(id)?.clone();
        let mut role = before.clone();
        change(self, &mut role)?;
        if before.key == self.organization_settings.creator_role && !role.is_elevated() {
            return Err(ApiError::form(
                "organization_missing_creator_role_permissions",
                "permissions",
                format!("The creator's role must keep {}.", ELEVATED.join(", ")),
            ));
        }
        role.updated_at = now;
        self.roles.insert(role.id.clone(), role.clone());
        if role.key != before.key {
            let memberships = self.memberships.values_mut().map(|membership| &mut membership.role);
            let invitations = self.invitations.values_mut().map(|invitation| &mut invitation.role);
            for held in memberships.chain(invitations).filter(|held| **held == before.key) {
                held.clone_from(&role.key);
            }
        }
        let json = self.role_json(&role);
        self.emit("role.updated", json, now);
        Ok(role)
    }

    /// Removes a role nobody has, is to have, or gets by default.
    pub(crate) fn delete_role(&mut self, id: &str, now: Millis) -> Result<Value, ApiError> {
        let role = self.role(id)?.clone();
        let refusal = if role.key == self.organization_settings.creator_role {
            Some(("organization_role_default_creator_role", "The role is the one creators of organizations get."))
        } else if role.key == self.organization_settings.domains_default_role {
            Some(("organization_role_domain_default_role", "The role is the default of verified domains."))
        } else if self.memberships.values().any(|membership| membership.role == role.key) {
            Some(("organization_role_assigned_members", "The role is assigned to one or more members."))
        } else if self.invitations.values().any(|invitation| invitation.is_pending(now) && invitation.role == role.key)
        {
            Some(("organization_role_exists_in_invitations", "The role is in one or more pending invitations."))
        } else {
            None
        };
        if let Some((code, message)) = refusal {
            return Err(ApiError::new(http::StatusCode::UNPROCESSABLE_ENTITY, code, message));
        }
        self.roles.remove(&role.id);
        let data = event::deleted("role", &role.id);
        self.emit("role.deleted", data.clone(), now);
        Ok(data)
    }

    /// A key that may be given to a role (`own` is the one that may have it already).
    pub(crate) fn check_role_key(&self, key: &str, own: Option<&str>) -> Result<String, ApiError> {
        if !key.strip_prefix("org:").is_some_and(is_word) {
            return Err(ApiError::form(
                "form_param_format_invalid",
                "key",
                "key must be org: and small letters, digits and underscores, such as org:report_viewer.",
            ));
        }
        if self.role(key).is_ok_and(|other| Some(other.id.as_str()) != own) {
            return Err(ApiError::form("form_identifier_exists", "key", "That key is taken. Please try another."));
        }
        Ok(key.to_owned())
    }

    /// The keys of permissions that are named by id or key.
    pub(crate) fn permission_keys(&self, names: &[String]) -> Result<Vec<String>, ApiError> {
        names.iter().map(|name| self.permission(name).map(|permission| permission.key.clone())).collect()
    }

    /// The role object.
    pub(crate) fn role_json(&self, role: &Role) -> Value {
        let permissions: Vec<_> =
            role.permissions.iter().filter_map(|key| self.permission(key).ok()).map(Permission::json).collect();
        json!({
            "object": "role",
            "id": role.id,
            "name": role.name,
            "key": role.key,
            "description": role.description,
            "is_creator_eligible": role.is_elevated(),
            "permissions": permissions,
            "created_at": role.created_at,
            "updated_at": role.updated_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_in_use_stays() {
        let mut state = State::default();
        let new = || NewRole { key: "org:auditor".to_owned(), name: "Auditor".to_owned(), ..NewRole::default() };
        let auditor = state.create_role(new(), 1).unwrap();
        assert_eq!(state.create_role(new(), 1).unwrap_err().code, "form_identifier_exists");
        assert_eq!(state.delete_role(ADMIN, 1).unwrap_err().code, "organization_role_default_creator_role");
        assert_eq!(state.delete_role(MEMBER, 1).unwrap_err().code, "organization_role_domain_default_role");
        assert!(state.delete_role(&auditor.id, 1).is_ok());
        let robbed = state.change_role(ADMIN, 1, |_, role| {
            role.permissions.clear();
            Ok(())
        });
        assert_eq!(robbed.unwrap_err().code, "organization_missing_creator_role_permissions");
    }
}
