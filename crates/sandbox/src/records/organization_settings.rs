//! How organisations are set up in the instance.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::errors::ApiError;
use crate::records::role::{ADMIN, MEMBER};
use crate::state::State;

/// The settings a server can read and change.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct OrganizationSettings {
    /// Whether there are organisations at all.
    pub(crate) enabled: bool,
    /// Members a new organisation may have; what the command line says until it is set.
    pub(crate) max_allowed_memberships: Option<u32>,
    /// Whether admins may delete a new organisation.
    pub(crate) admin_delete_enabled: bool,
    pub(crate) domains_enabled: bool,
    pub(crate) domains_enrollment_modes: Vec<String>,
    /// Whether organisations have no slug of their own choosing.
    pub(crate) slug_disabled: bool,
    /// Key of the role creators get.
    pub(crate) creator_role: String,
    /// Key of the role verified domains give.
    pub(crate) domains_default_role: String,
}

impl Default for OrganizationSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            max_allowed_memberships: None,
            admin_delete_enabled: true,
            domains_enabled: false,
            domains_enrollment_modes: Vec::new(),
            slug_disabled: false,
            creator_role: ADMIN.to_owned(),
            domains_default_role: MEMBER.to_owned(),
        }
    }
}

impl State {
    /// Members a new organisation may have, 0 for no limit.
    pub(crate) fn usual_membership_limit(&self) -> u32 {
        self.organization_settings.max_allowed_memberships.unwrap_or(self.rules.max_allowed_memberships)
    }

    /// 403 where the instance has no organisations.
    pub(crate) fn check_organizations_enabled(&self) -> Result<(), ApiError> {
        if self.organization_settings.enabled {
            return Ok(());
        }
        Err(ApiError::forbidden(
            "organization_not_enabled_in_instance",
            "The organizations feature is not enabled for this instance.",
        ))
    }

    /// The settings object.
    pub(crate) fn organization_settings_json(&self) -> Value {
        let settings = &self.organization_settings;
        json!({
            "object": "organization_settings",
            "enabled": settings.enabled,
            "max_allowed_memberships": self.usual_membership_limit(),
            "max_allowed_roles": 10,
            "max_role_sets_allowed": 1,
            "max_allowed_domains": 10,
            "max_allowed_permissions": 50,
            "creator_role": settings.creator_role,
            "admin_delete_enabled": settings.admin_delete_enabled,
            "domains_enabled": settings.domains_enabled,
            "slug_disabled": settings.slug_disabled,
            "domains_enrollment_modes": settings.domains_enrollment_modes,
            "domains_default_role": settings.domains_default_role,
            "initial_role_set_key": self.initial_role_set_key(),
        })
    }
}
