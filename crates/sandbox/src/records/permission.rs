//! Permissions: those Clerk itself checks, and those the instance has made for the application to check.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::{self, Millis};
use crate::errors::ApiError;
use crate::ids;
use crate::records::event;
use crate::state::State;

/// What every instance has. The last three are Clerk's minimum for a role that may create organisations.
const SYSTEM: [(&str, &str); 9] = [
    ("org:sys_profile:manage", "Manage organization"),
    ("org:sys_domains:read", "Read domains"),
    ("org:sys_domains:manage", "Manage domains"),
    ("org:sys_billing:read", "Read billing"),
    ("org:sys_billing:manage", "Manage billing"),
    ("org:sys_entconns:manage", "Manage enterprise connections"),
    ("org:sys_profile:delete", "Delete organization"),
    ("org:sys_memberships:read", "Read members"),
    ("org:sys_memberships:manage", "Manage members"),
];
/// A role without these can neither create an organisation nor be the last that holds one together.
pub(crate) const ELEVATED: [&str; 3] = [SYSTEM[6].0, SYSTEM[7].0, SYSTEM[8].0];
/// How the key of a system permission begins.
const SYSTEM_PREFIX: &str = "org:sys_";

/// One permission.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Permission {
    pub(crate) id: String,
    /// `org:<feature>:<action>`.
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
}

impl Permission {
    /// Those of a new instance.
    pub(crate) fn built_in() -> impl Iterator<Item = Self> {
        let now = clock::now();
        SYSTEM.into_iter().map(move |(key, name)| Self {
            id: ids::fresh("perm_"),
            key: key.to_owned(),
            name: name.to_owned(),
            description: String::new(),
            created_at: now,
            updated_at: now,
        })
    }

    /// Whether it is one of Clerk's own. Those never appear in a token.
    pub(crate) fn is_system(&self) -> bool {
        self.key.starts_with(SYSTEM_PREFIX)
    }

    /// The permission object.
    pub(crate) fn json(&self) -> Value {
        json!({
            "object": "permission",
            "id": self.id,
            "name": self.name,
            "key": self.key,
            "description": self.description,
            "type": if self.is_system() { "system" } else { "user" },
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        })
    }
}

impl State {
    /// The permission with that id or key.
    pub(crate) fn permission(&self, id_or_key: &str) -> Result<&Permission, ApiError> {
        self.permissions
            .get(id_or_key)
            .or_else(|| self.permissions.values().find(|permission| permission.key == id_or_key))
            .ok_or_else(|| ApiError::not_found("organization permission", id_or_key))
    }

    /// Adds a permission, or refuses a key that is malformed, Clerk's own or taken.
    pub(crate) fn create_permission(
        &mut self,
        key: &str,
        name: String,
        description: String,
        now: Millis,
    ) -> Result<Permission, ApiError> {
        let permission = Permission {
            id: ids::fresh("perm_"),
            key: self.check_permission_key(key, None)?,
            name,
            description,
            created_at: now,
            updated_at: now,
        };
        self.permissions.insert(permission.id.clone(), permission.clone());
        self.emit("permission.created", permission.json(), now);
        Ok(permission)
    }

    /// Changes a permission and tells of it; roles that have it keep it under its new key.
    pub(crate) fn change_permission(
        &mut self,
        id: &str,
        now: Millis,
        change: impl FnOnce(&Self, &mut Permission) -> Result<(), ApiError>,
    ) -> Result<Permission, ApiError> {
        let before = self.own_permission(id)?;
        let mut permission = before.clone();
        change(self, &mut permission)?;
        permission.updated_at = now;
        for role in self.roles.values_mut() {
            for key in role.permissions.iter_mut().filter(|key| **key == before.key) {
                key.clone_from(&permission.key);
            }
        }
        self.permissions.insert(permission.id.clone(), permission.clone());
        self.emit("permission.updated", permission.json(), now);
        Ok(permission)
    }

    /// Removes a permission, from every role too.
    pub(crate) fn delete_permission(&mut self, id: &str, now: Millis) -> Result<Value, ApiError> {
        let permission = self.own_permission(id)?;
        self.permissions.remove(&permission.id);
        for role in self.roles.values_mut() {
            role.permissions.retain(|key| *key != permission.key);
        }
        let data = event::deleted("permission", &permission.id);
        self.emit("permission.deleted", data.clone(), now);
        Ok(data)
    }

    /// A key that may be given to a permission (`own` is the one that may have it already).
    pub(crate) fn check_permission_key(&self, key: &str, own: Option<&str>) -> Result<String, ApiError> {
        let parts: Vec<_> = key.split(':').collect();
        let good = parts.len() == 3 && parts[0] == "org" && parts[1..].iter().all(|part| is_word(part));
        if !good || key.starts_with(SYSTEM_PREFIX) {
            return Err(ApiError::form(
                "form_param_format_invalid",
                "key",
                "key must be org:<feature>:<action> in small letters, digits and underscores, and not begin with org:sys_.",
            ));
        }
        if self.permission(key).is_ok_and(|other| Some(other.id.as_str()) != own) {
            return Err(ApiError::form("form_identifier_exists", "key", "That key is taken. Please try another."));
        }
        Ok(key.to_owned())
    }

    fn own_permission(&self, id: &str) -> Result<Permission, ApiError> {
        let permission = self.permission(id)?.clone();
        if permission.is_system() {
            return Err(ApiError::forbidden(
                "organization_system_permission_not_modifiable",
                "System permissions cannot be modified.",
            ));
        }
        Ok(permission)
    }
}

/// Small letters, digits and underscores, at least one.
pub(crate) fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
