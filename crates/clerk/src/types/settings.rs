//! How the instance treats organisations.

use serde::{Deserialize, Serialize};

use super::or_default;

/// Switches and limits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationSettings {
    /// Whether there are organisations at all.
    #[serde(default, deserialize_with = "or_default")]
    pub enabled: bool,
    /// Seats of a new organisation; zero is unlimited.
    #[serde(default)]
    pub max_allowed_memberships: Option<i64>,
    /// Custom roles an instance may have.
    #[serde(default)]
    pub max_allowed_roles: Option<i64>,
    /// Whether admins of a new organisation may delete it.
    #[serde(default, deserialize_with = "or_default")]
    pub admin_delete_enabled: bool,
    /// Whether organisations may have domains.
    #[serde(default, deserialize_with = "or_default")]
    pub domains_enabled: bool,
    /// Whether organisations go without slugs; missing in older versions.
    #[serde(default)]
    pub slug_disabled: Option<bool>,
    /// How a domain brings people in.
    #[serde(default, deserialize_with = "or_default")]
    pub domains_enrollment_modes: Vec<String>,
    /// What the founder of an organisation becomes.
    #[serde(default)]
    pub creator_role: Option<String>,
    /// What a domain makes of people.
    #[serde(default)]
    pub domains_default_role: Option<String>,
}
