//! Roles and permissions.

use serde::{Deserialize, Serialize};

use super::or_default;

/// What members can be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// `role_…`
    pub id: String,
    /// Display name.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// `org:admin`, `org:member` or a custom one.
    pub key: String,
    /// For people.
    #[serde(default)]
    pub description: Option<String>,
    /// May be what the founder of an organisation becomes.
    #[serde(default, deserialize_with = "or_default")]
    pub is_creator_eligible: bool,
    /// What it allows, system permissions included.
    #[serde(default, deserialize_with = "or_default")]
    pub permissions: Vec<Permission>,
}

/// Something a role may allow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// `perm_…`
    pub id: String,
    /// Display name.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// `org:feature:action`, or `org:sys_…` for one of Clerk's own.
    pub key: String,
    /// For people.
    #[serde(default)]
    pub description: Option<String>,
    /// `system` or `user` (`type` on the wire).
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub kind: String,
}

impl Permission {
    /// Whether it is one of Clerk's own, which no session token carries.
    #[must_use]
    pub fn is_system(&self) -> bool {
        self.key.starts_with("org:sys_")
    }
}
