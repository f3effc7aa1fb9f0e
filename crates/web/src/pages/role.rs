//! Settings, one custom role: its name, what it adds, and how it goes.

use askama::Template;
use axum::response::Response;
use domain::roles::{self, HeldRole, RoleFields};
use domain::{Access, CustomRole, FieldErrors, Permission};
use http::StatusCode;
use serde::Deserialize;
use uuid::Uuid;

use super::page;
use super::roles::named;
use super::settings::{Tab, TabLink};
use super::shell::{Section, Shell};
use crate::access::InOrg;
use crate::body::{At, Fields, Form, Query};
use crate::error::{Error, Result};
use crate::flash::Flash;

/// The address of a role of the organisation's own; built-in ones have none, as nothing about them changes.
#[derive(Deserialize)]
pub(crate) struct RolePath {
    pub(crate) role: Uuid,
}

/// A new role, or a copy of another.
#[derive(Deserialize)]
pub(crate) struct Beginning {
    from: Option<String>,
}

/// What of the page is open.
#[derive(Deserialize)]
pub(crate) struct Open {
    open: Option<String>,
}

#[derive(Template)]
#[template(path = "settings/new_role.html")]
struct NewRole {
    shell: Shell,
    tabs: Vec<TabLink>,
    base: String,
    form: Writing,
}

#[derive(Template)]
#[template(path = "settings/role.html")]
struct RolePage {
    shell: Shell,
    tabs: Vec<TabLink>,
    base: String,
    here: String,
    /// As it is stored.
    name: String,
    holders: String,
    form: Writing,
    /// Why the person cannot change it.
    locked: Option<String>,
    /// None where the person cannot delete it either.
    deleting: Option<Deleting>,
}

/// Name and permissions as they were typed, with what is wrong about them.
#[derive(Default)]
struct Writing {
    name: String,
    groups: Vec<Group>,
    errors: FieldErrors,
}

/// Permissions that belong together.
struct Group {
    name: &'static str,
    boxes: Vec<Choice>,
}

/// A permission to choose.
struct Choice {
    permission: Permission,
    chosen: bool,
    /// What nobody holds themselves they cannot give.
    held: bool,
}

/// The dialog that asks what becomes of the holders.
#[derive(Default)]
struct Deleting {
    open: bool,
    /// Roles that the person can give instead.
    replacements: Vec<(CustomRole, String)>,
    errors: FieldErrors,
}

/// `GET /orgs/{slug}/settings/roles/new`
pub(crate) async fn new(org: InOrg, Query(beginning): Query<Beginning>) -> Result<Response> {
    let (access, roles) = org.read(roles::list).await?;
    roles::in_plan(&access)?;
    let from = beginning.from.as_deref().and_then(CustomRole::parse);
    let from = from.and_then(|from| roles.iter().find(|held| held.role.role == from)).map(|held| &held.role);
    let form = match from {
        Some(role) => {
            let held = role.permissions.iter().copied().filter(|permission| access.may(*permission));
            Writing::new(&access, copy_of(&role.name), &held.collect::<Vec<_>>(), FieldErrors::default())
        }
        None => Writing::new(&access, String::new(), &[], FieldErrors::default()),
    };
    page(StatusCode::OK, &NewRole::new(&org, &access, form))
}

/// `POST /orgs/{slug}/settings/roles`
pub(crate) async fn create(org: InOrg, Form(fields): Form<Fields>) -> Result<Response> {
    let mut tx = org.write().await?;
    let created = match RoleFields::parse(fields.get("name"), fields.all("permission")) {
        Ok(role) => roles::create(&mut tx, &role).await,
        Err(errors) => Err(errors.into()),
    };
    match created {
        Ok(_) => {
            tx.commit().await?;
            Ok(org.see("settings/roles", Some(Flash::RoleCreated)))
        }
        Err(domain::Error::Invalid(errors)) => {
            let view = NewRole::new(&org, tx.access(), Writing::sent(tx.access(), &fields, errors));
            page(StatusCode::UNPROCESSABLE_ENTITY, &view)
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /orgs/{slug}/settings/roles/{role}`
pub(crate) async fn show(org: InOrg, At(at): At<RolePath>, Query(open): Query<Open>) -> Result<Response> {
    let deleting = Deleting { open: open.open.as_deref() == Some("delete"), ..Deleting::default() };
    answer(&org, at.role, StatusCode::OK, None, deleting).await
}

/// `POST /orgs/{slug}/settings/roles/{role}`
pub(crate) async fn change(org: InOrg, At(at): At<RolePath>, Form(fields): Form<Fields>) -> Result<Response> {
    let mut tx = org.write().await?;
    let changed = match RoleFields::parse(fields.get("name"), fields.all("permission")) {
        Ok(role) => roles::change(&mut tx, at.role, &role).await,
        Err(errors) => Err(errors.into()),
    };
    match changed {
        Ok(()) => {
            tx.commit().await?;
            Ok(org.see("settings/roles", Some(Flash::RoleSaved)))
        }
        Err(domain::Error::Invalid(errors)) => {
            let form = Writing::sent(tx.access(), &fields, errors);
            drop(tx);
            answer(&org, at.role, StatusCode::UNPROCESSABLE_ENTITY, Some(form), Deleting::default()).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /orgs/{slug}/settings/roles/{role}/delete`
pub(crate) async fn delete(org: InOrg, At(at): At<RolePath>, Form(fields): Form<Fields>) -> Result<Response> {
    let mut tx = org.write().await?;
    let deleted = match replacement(fields.get("replacement")) {
        Ok(replacement) => roles::delete(&mut tx, at.role, replacement).await,
        Err(errors) => Err(errors.into()),
    };
    match deleted {
        Ok(()) => {
            tx.commit().await?;
            Ok(org.see("settings/roles", Some(Flash::RoleDeleted)))
        }
        Err(domain::Error::Invalid(errors)) => {
            drop(tx);
            let deleting = Deleting { open: true, errors, ..Deleting::default() };
            answer(&org, at.role, StatusCode::UNPROCESSABLE_ENTITY, None, deleting).await
        }
        Err(error) => Err(error.into()),
    }
}

/// What its holders get instead: nothing, or the role of this name. Field `replacement`.
pub(crate) fn replacement(text: &str) -> Result<Option<CustomRole>, FieldErrors> {
    let unknown = || FieldErrors::one("replacement", "There is no such role here.");
    if text.is_empty() { Ok(None) } else { CustomRole::parse(text).map(Some).ok_or_else(unknown) }
}

async fn answer(
    org: &InOrg,
    id: Uuid,
    status: StatusCode,
    form: Option<Writing>,
    deleting: Deleting,
) -> Result<Response> {
    let (access, mut roles) = org.read(roles::list).await?;
    let at = roles.iter().position(|held| held.role.role == CustomRole::Own(id)).ok_or(Error::NotFound)?;
    let role = roles.swap_remove(at);
    page(status, &RolePage::new(org, &access, &role, &roles, form, deleting))
}

/// `Shift lead copy`, still short enough.
fn copy_of(name: &str) -> String {
    let kept: String = name.chars().take(35).collect();
    format!("{} copy", kept.trim_end())
}

impl NewRole {
    fn new(org: &InOrg, access: &Access, form: Writing) -> Self {
        let shell = org.shell(access, Section::Settings);
        Self { shell, tabs: Tab::links(access, Tab::Roles), base: org.url("settings/roles"), form }
    }
}

impl RolePage {
    fn new(
        org: &InOrg,
        access: &Access,
        held: &HeldRole,
        others: &[HeldRole],
        form: Option<Writing>,
        deleting: Deleting,
    ) -> Self {
        let role = &held.role;
        let base = org.url("settings/roles");
        let beyond = role.permissions.iter().find(|permission| !access.may(**permission));
        let locked = match (beyond, roles::in_plan(access)) {
            (Some(beyond), _) => Some(format!(
                "This role may do what you may not: “{}” ({beyond}). An admin can change it.",
                beyond.label()
            )),
            (None, Err(domain::Error::LimitReached { message, .. })) => Some(message),
            _ => None,
        };
        Self {
            shell: org.shell(access, Section::Settings),
            tabs: Tab::links(access, Tab::Roles),
            here: format!("{base}/{}", role.role),
            base,
            name: role.name.clone(),
            holders: named(held.holders.iter().map(|holder| holder.name.as_str())),
            form: form
                .unwrap_or_else(|| Writing::new(access, role.name.clone(), &role.permissions, FieldErrors::default())),
            locked,
            deleting: beyond.is_none().then(|| Deleting { replacements: replacements(access, others), ..deleting }),
        }
    }
}

/// Those that the person may give to members.
fn replacements(access: &Access, others: &[HeldRole]) -> Vec<(CustomRole, String)> {
    let may_give = |held: &&HeldRole| held.role.permissions.iter().all(|permission| access.may(*permission));
    let all = others.iter().filter(|_| access.may(Permission::MembersManage)).filter(may_give);
    all.map(|held| (held.role.role, held.role.name.clone())).collect()
}

impl Writing {
    fn new(access: &Access, name: String, chosen: &[Permission], errors: FieldErrors) -> Self {
        let choice = |permission: &Permission| Choice {
            permission: *permission,
            chosen: chosen.contains(permission),
            held: access.may(*permission),
        };
        let groups = Permission::GROUPS.iter().map(|(name, all)| Group {
            name,
            boxes: all.iter().filter(|one| one.may_be_given()).map(choice).collect(),
        });
        Self { name, groups: groups.collect(), errors }
    }

    /// As a form brought it.
    fn sent(access: &Access, fields: &Fields, errors: FieldErrors) -> Self {
        let chosen: Vec<Permission> = fields.all("permission").filter_map(Permission::parse).collect();
        Self::new(access, fields.get("name").to_owned(), &chosen, errors)
    }

    fn error(&self, field: &str) -> Option<&str> {
        self.errors.message(field)
    }

    /// Whether there is something that the person cannot give.
    fn is_limited(&self) -> bool {
        self.groups.iter().flat_map(|group| &group.boxes).any(|one| !one.held)
    }
}

impl Deleting {
    fn error(&self) -> Option<&str> {
        self.errors.message("replacement")
    }
}
