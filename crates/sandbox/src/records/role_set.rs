//! Role sets: which roles an organisation may use, and the ones people get by default.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::{self, Millis};
use crate::errors::ApiError;
use crate::ids;
use crate::records::event;
use crate::records::role::{ADMIN, MEMBER};
use crate::state::State;

/// Key of the set a new instance has.
const FIRST: &str = "role_set:default";
/// Roles of one set.
const MOST: usize = 10;

/// One set.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct RoleSet {
    pub(crate) id: String,
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// Whether organisations that name no set are in this one.
    is_initial: bool,
    /// Keys.
    roles: Vec<String>,
    default_role: String,
    creator_role: String,
    created_at: Millis,
    updated_at: Millis,
}

/// What a set starts with; roles by id or key.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewRoleSet {
    /// Made from the name when there is none.
    pub(crate) key: Option<String>,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) roles: Vec<String>,
    pub(crate) default_role: String,
    pub(crate) creator_role: String,
}

impl RoleSet {
    /// That of a new instance.
    pub(crate) fn built_in() -> Self {
        let now = clock::now();
        Self {
            id: ids::fresh("rolset_"),
            key: FIRST.to_owned(),
            name: "Default".to_owned(),
            description: None,
            is_initial: true,
            roles: vec![ADMIN.to_owned(), MEMBER.to_owned()],
            default_role: MEMBER.to_owned(),
            creator_role: ADMIN.to_owned(),
            created_at: now,
            updated_at: now,
        }
    }

    /// Takes in one more role, if it is not in yet.
    pub(crate) fn add(&mut self, role: String) {
        if !self.roles.contains(&role) {
            self.roles.push(role);
        }
    }

    /// Puts one role in the place of another.
    pub(crate) fn replace(&mut self, role: &str, by: &str) {
        self.roles.retain(|other| other != role);
        self.add(by.to_owned());
        for held in [&mut self.default_role, &mut self.creator_role] {
            if held == role {
                by.clone_into(held);
            }
        }
    }

    /// Names the roles people get by default; one that is not named stays.
    pub(crate) fn set_defaults(&mut self, default_role: Option<String>, creator_role: Option<String>) {
        if let Some(role) = default_role {
            self.default_role = role;
        }
        if let Some(role) = creator_role {
            self.creator_role = role;
        }
    }
}

impl State {
    /// The set with that id or key.
    pub(crate) fn role_set(&self, id_or_key: &str) -> Result<&RoleSet, ApiError> {
        self.role_sets
            .values()
            .find(|set| set.id == id_or_key || set.key == id_or_key)
            .ok_or_else(|| ApiError::not_found("role set", id_or_key))
    }

    /// The set organisations are in unless they name another.
    pub(crate) fn initial_role_set_key(&self) -> Option<&str> {
        self.role_sets.values().find(|set| set.is_initial).map(|set| set.key.as_str())
    }

    /// Adds a set.
    pub(crate) fn create_role_set(&mut self, new: NewRoleSet, now: Millis) -> Result<RoleSet, ApiError> {
        let stem =
            || format!("role_set:{}", new.name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
        let key = new.key.clone().unwrap_or_else(stem);
        if self.role_set(&key).is_ok() {
            return Err(ApiError::form("form_identifier_exists", "key", "That key is taken. Please try another."));
        }
        let set = RoleSet {
            id: ids::fresh("rolset_"),
            key,
            name: new.name,
            description: new.description,
            is_initial: false,
            roles: self.role_keys(&new.roles)?,
            default_role: self.role(&new.default_role)?.key.clone(),
            creator_role: self.role(&new.creator_role)?.key.clone(),
            created_at: now,
            updated_at: now,
        };
        self.check_role_set(&set)?;
        self.role_sets.insert(set.id.clone(), set.clone());
        Ok(set)
    }

    /// Changes a set; the change may refuse.
    pub(crate) fn change_role_set(
        &mut self,
        id: &str,
        now: Millis,
        change: impl FnOnce(&Self, &mut RoleSet) -> Result<(), ApiError>,
    ) -> Result<RoleSet, ApiError> {
        let mut set = self.role_set(id)?.clone();
        change(self, &mut set)?;
        self.check_role_set(&set)?;
        set.updated_at = now;
        self.role_sets.insert(set.id.clone(), set.clone());
        Ok(set)
    }

    /// Puts another set in the place of one: its organisations move, and members in roles the other lacks get the
    /// role that is named for theirs.
    pub(crate) fn replace_role_set(
        &mut self,
        id: &str,
        by: &str,
        mappings: &[(String, String)],
        now: Millis,
    ) -> Result<Value, ApiError> {
        let (set, by) = (self.role_set(id)?.clone(), self.role_set(by)?.clone());
        if set.is_initial || set.id == by.id {
            return Err(ApiError::bad_request(
                "role_set_replacement_invalid",
                "The initial role set stays, and none replaces itself.",
            ));
        }
        let moving: Vec<_> = self
            .organizations
            .values()
            .filter(|organization| organization.role_set_key.as_ref() == Some(&set.key))
            .map(|organization| organization.id.clone())
            .collect();
        for organization in &moving {
            self.change_organization(organization, now, |_, organization| {
                organization.role_set_key = Some(by.key.clone());
                Ok(())
            })?;
            let members: Vec<_> = self
                .memberships_in(organization)
                .filter(|membership| !by.roles.contains(&membership.role))
                .map(|membership| (membership.user_id.clone(), membership.role.clone()))
                .collect();
            for (user, role) in members {
                let mapped = mappings.iter().find(|(from, _)| *from == role).map_or(&by.default_role, |(_, to)| to);
                self.change_membership(organization, &user, now, |membership| {
                    membership.role.clone_from(mapped);
                    Ok(())
                })?;
            }
        }
        self.role_sets.remove(&set.id);
        Ok(event::deleted("role_set", &set.id))
    }

    fn role_keys(&self, names: &[String]) -> Result<Vec<String>, ApiError> {
        names.iter().map(|name| self.role(name).map(|role| role.key.clone())).collect()
    }

    fn check_role_set(&self, set: &RoleSet) -> Result<(), ApiError> {
        if !(1..=MOST).contains(&set.roles.len()) {
            return Err(ApiError::invalid("roles", format!("roles must be 1 to {MOST} roles of the instance.")));
        }
        for (param, role) in [("default_role_key", &set.default_role), ("creator_role_key", &set.creator_role)] {
            if !set.roles.contains(role) {
                return Err(ApiError::invalid(param, format!("{param} must be one of the set's roles.")));
            }
        }
        if !self.is_elevated(&set.creator_role) {
            return Err(ApiError::form(
                "organization_missing_creator_role_permissions",
                "creator_role_key",
                "The role must be able to manage members and to delete the organization.",
            ));
        }
        Ok(())
    }

    /// The role set object.
    pub(crate) fn role_set_json(&self, set: &RoleSet) -> Value {
        let item = |key: &String| {
            let role = self.role(key).ok()?;
            Some(json!({
                "object": "role_set_item",
                "id": role.id,
                "name": role.name,
                "key": role.key,
                "description": role.description,
                "created_at": role.created_at,
                "updated_at": role.updated_at,
            }))
        };
        json!({
            "object": "role_set",
            "id": set.id,
            "name": set.name,
            "key": set.key,
            "description": set.description,
            "roles": set.roles.iter().filter_map(item).collect::<Vec<_>>(),
            "default_role": item(&set.default_role),
            "creator_role": item(&set.creator_role),
            "type": if set.is_initial { "initial" } else { "custom" },
            "role_set_migration": null,
            "created_at": set.created_at,
            "updated_at": set.updated_at,
        })
    }
}
