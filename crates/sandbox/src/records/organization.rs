//! Organisations.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::{self, Millis};
use crate::errors::ApiError;
use crate::ids;
use crate::records::{Audience, Metadata, event};
use crate::state::State;

/// Longest name.
const NAME_LENGTH: usize = 256;
/// Longest slug.
const SLUG_LENGTH: usize = 48;

/// One organisation.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Organization {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) slug: String,
    pub(crate) created_by: Option<String>,
    /// 0 for no limit.
    pub(crate) max_allowed_memberships: u32,
    pub(crate) admin_delete_enabled: bool,
    /// The set of roles it may use: the instance's initial one when it names none.
    #[serde(default)]
    pub(crate) role_set_key: Option<String>,
    /// Name of the picture, when it has one.
    #[serde(default)]
    pub(crate) logo: Option<String>,
    pub(crate) public_metadata: Metadata,
    pub(crate) private_metadata: Metadata,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
}

/// What an organisation starts with.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewOrganization {
    pub(crate) name: String,
    /// Made from the name when there is none.
    pub(crate) slug: Option<String>,
    /// Becomes its first admin.
    pub(crate) created_by: Option<String>,
    pub(crate) max_allowed_memberships: Option<u32>,
    /// Checked to be one of the instance.
    pub(crate) role_set_key: Option<String>,
    pub(crate) public_metadata: Metadata,
    pub(crate) private_metadata: Metadata,
}

impl State {
    /// The organisation with that id or slug.
    pub(crate) fn organization(&self, id_or_slug: &str) -> Option<&Organization> {
        self.organizations
            .get(id_or_slug)
            .or_else(|| self.organizations.values().find(|organization| organization.slug == id_or_slug))
    }

    /// Adds an organisation, with its creator as admin.
    pub(crate) fn create_organization(&mut self, new: NewOrganization, now: Millis) -> Result<Organization, ApiError> {
        self.check_organizations_enabled()?;
        let name = check_name(&new.name)?;
        if let Some(creator) = &new.created_by
            && !self.users.contains_key(creator)
        {
            return Err(ApiError {
                param: Some("created_by".to_owned()),
                ..ApiError::bad_request(
                    "organization_creator_not_found",
                    "created_by must be the id of an existing user.",
                )
            });
        }
        if let Some(creator) = &new.created_by {
            self.check_may_create(creator)?;
        }
        let slug = match new.slug.as_deref().map(str::trim).filter(|slug| !slug.is_empty()) {
            Some(slug) => self.check_slug(slug, None)?,
            None => self.free_slug(&name),
        };
        let organization = Organization {
            id: ids::fresh("org_"),
            name,
            slug,
            created_by: new.created_by.clone(),
            max_allowed_memberships: new.max_allowed_memberships.unwrap_or(self.usual_membership_limit()),
            admin_delete_enabled: self.organization_settings.admin_delete_enabled,
            role_set_key: new.role_set_key,
            logo: None,
            public_metadata: new.public_metadata,
            private_metadata: new.private_metadata,
            created_at: now,
            updated_at: now,
        };
        self.organizations.insert(organization.id.clone(), organization.clone());
        let data = self.organization_json(&organization, Audience::Backend, None);
        self.emit("organization.created", data, now);
        if let Some(creator) = &new.created_by {
            let role = self.organization_settings.creator_role.clone();
            self.create_membership(&organization.id, creator, &role, now)?;
        }
        Ok(organization)
    }

    /// 403 for a person who may not create organisations, or not another one.
    fn check_may_create(&self, user_id: &str) -> Result<(), ApiError> {
        let Some(rights) = self.users.get(user_id).map(|user| &user.rights) else {
            return Ok(());
        };
        let created = self.organizations.values().filter(|other| other.created_by.as_deref() == Some(user_id)).count();
        let full = rights.create_organizations_limit.is_some_and(|limit| created >= limit as usize);
        if rights.create_organization_enabled && !full {
            return Ok(());
        }
        Err(ApiError::forbidden(
            "organization_quota_exceeded",
            "The user has reached the number of organizations they may create.",
        ))
    }

    /// Changes an organisation and tells of it; the change may refuse.
    pub(crate) fn change_organization(
        &mut self,
        id: &str,
        now: Millis,
        change: impl FnOnce(&Self, &mut Organization) -> Result<(), ApiError>,
    ) -> Result<Organization, ApiError> {
        let mut organization =
            self.organizations.get(id).cloned().ok_or_else(|| ApiError::not_found("organization", id))?;
        change(self, &mut organization)?;
        organization.updated_at = now;
        self.organizations.insert(id.to_owned(), organization.clone());
        let data = self.organization_json(&organization, Audience::Backend, None);
        self.emit("organization.updated", data, now);
        Ok(organization)
    }

    /// Gives an organisation another picture or none; says which it had.
    pub(crate) fn set_logo(
        &mut self,
        id: &str,
        logo: Option<String>,
        now: Millis,
    ) -> Result<(Option<String>, Organization), ApiError> {
        let mut before = None;
        let organization = self.change_organization(id, now, |_, organization| {
            before = std::mem::replace(&mut organization.logo, logo);
            Ok(())
        })?;
        Ok((before, organization))
    }

    /// Removes an organisation with its memberships; sessions it was active in lose it.
    pub(crate) fn delete_organization(&mut self, id: &str, now: Millis) -> Result<Value, ApiError> {
        let organization =
            self.organizations.get(id).cloned().ok_or_else(|| ApiError::not_found("organization", id))?;
        let memberships: Vec<_> = self.memberships_in(id).map(|membership| membership.id.clone()).collect();
        for membership in memberships {
            self.drop_membership(&membership, now);
        }
        self.organizations.remove(id);
        let mut data = event::deleted("organization", id);
        data["slug"] = organization.slug.into();
        self.emit("organization.deleted", data.clone(), now);
        Ok(data)
    }

    /// The slug if it is well formed and free (or its owner's already).
    pub(crate) fn check_slug(&self, slug: &str, own: Option<&str>) -> Result<String, ApiError> {
        if self.organization_settings.slug_disabled {
            return Err(ApiError::forbidden(
                "organization_slugs_disabled",
                "Organization slugs are disabled for this instance.",
            ));
        }
        let good = slug.len() <= SLUG_LENGTH
            && !slug.starts_with('-')
            && !slug.ends_with('-')
            && !slug.is_empty()
            && slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !good {
            return Err(ApiError::form(
                "form_param_format_invalid",
                "slug",
                format!(
                    "slug must be at most {SLUG_LENGTH} small letters, digits and hyphens, such as acme-provisions."
                ),
            ));
        }
        if self.organization(slug).is_some_and(|other| Some(other.id.as_str()) != own) {
            return Err(ApiError::form("form_identifier_exists", "slug", "That slug is taken. Please try another."));
        }
        Ok(slug.to_owned())
    }

    fn free_slug(&self, name: &str) -> String {
        let stem = slugify(name);
        if self.organization(&stem).is_none() {
            return stem;
        }
        (2_u32..)
            .map(|number| format!("{stem}-{number}"))
            .find(|slug| self.organization(slug).is_none())
            .unwrap_or(stem)
    }

    /// The organisation object of either API.
    pub(crate) fn organization_json(
        &self,
        organization: &Organization,
        audience: Audience,
        members_count: Option<usize>,
    ) -> Value {
        let mut json = json!({
            "object": "organization",
            "id": organization.id,
            "name": organization.name,
            "slug": organization.slug,
            "image_url": organization.logo.as_deref().map_or_else(|| self.image_url(), |logo| self.logo_url(logo)),
            "has_image": organization.logo.is_some(),
            "pending_invitations_count": self.pending_invitations(&organization.id, clock::now()).count(),
            "max_allowed_memberships": organization.max_allowed_memberships,
            "admin_delete_enabled": organization.admin_delete_enabled,
            "public_metadata": organization.public_metadata,
            "role_set_key": organization.role_set_key.as_deref().or(self.initial_role_set_key()),
            "created_at": organization.created_at,
            "updated_at": organization.updated_at,
        });
        match audience {
            Audience::Backend => {
                json["private_metadata"] = Value::Object(organization.private_metadata.clone());
                json["created_by"] = organization.created_by.clone().into();
                if let Some(count) = members_count {
                    json["members_count"] = count.into();
                }
            }
            Audience::Frontend => {
                json["members_count"] = self.memberships_in(&organization.id).count().into();
            }
        }
        json
    }
}

impl State {
    /// What an invited person, or a webhook about an invitation, is told of the organisation.
    pub(crate) fn public_organization_json(&self, id: &str) -> Value {
        let organization = self.organizations.get(id);
        let logo = organization.and_then(|organization| organization.logo.as_deref());
        json!({
            "id": id,
            "name": organization.map(|organization| organization.name.as_str()),
            "slug": organization.map(|organization| organization.slug.as_str()),
            "image_url": logo.map_or_else(|| self.image_url(), |logo| self.logo_url(logo)),
            "has_image": logo.is_some(),
        })
    }

    fn logo_url(&self, name: &str) -> String {
        format!("{}/portal/logos/{name}", self.rules.public_origin)
    }
}

/// The name without blanks around it; Clerk refuses addresses and markup.
pub(crate) fn check_name(text: &str) -> Result<String, ApiError> {
    let name = text.trim();
    if name.is_empty() {
        return Err(ApiError::missing("name"));
    }
    if name.chars().count() > NAME_LENGTH {
        return Err(ApiError::form(
            "form_param_max_length_exceeded",
            "name",
            format!("name must have at most {NAME_LENGTH} characters."),
        ));
    }
    if name.contains("://") || name.contains(['<', '>']) {
        return Err(ApiError::form(
            "form_param_format_invalid",
            "name",
            "name must not contain a web address or markup.",
        ));
    }
    Ok(name.to_owned())
}

/// Small letters, digits and single hyphens from a name; never empty.
pub(crate) fn slugify(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.chars().flat_map(char::to_lowercase) {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(SLUG_LENGTH - 8);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "organisation".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_come_from_names() {
        assert_eq!(slugify("Acme Provisions, Ltd."), "acme-provisions-ltd");
        assert_eq!(slugify("日本"), "organisation");
        assert!(slugify(&"a-".repeat(100)).len() <= SLUG_LENGTH);
    }

    #[test]
    fn a_second_organisation_of_the_name_gets_a_number() {
        let mut state = State::default();
        let new = || NewOrganization { name: "Acme".to_owned(), ..NewOrganization::default() };
        assert_eq!(state.create_organization(new(), 1).unwrap().slug, "acme");
        assert_eq!(state.create_organization(new(), 1).unwrap().slug, "acme-2");
        let taken = NewOrganization { slug: Some("acme".to_owned()), ..new() };
        let refusal = state.create_organization(taken, 1).unwrap_err();
        assert_eq!(refusal.code, "form_identifier_exists");
        assert_eq!(refusal.param.as_deref(), Some("slug"));
    }
}
