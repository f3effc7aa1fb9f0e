//! Settings, roles: who may do what, and who holds which custom role.

use askama::Template;
use axum::response::Response;
use domain::roles::{self, HeldRole};
use domain::{Access, BaseRole, CustomRole, Permission, Rights};
use http::StatusCode;

use super::page;
use super::settings::{Tab, TabLink};
use super::shell::{Face, Mark, Section, Shell, role_name};
use crate::access::InOrg;
use crate::error::Result;

#[derive(Template)]
#[template(path = "settings/roles.html")]
struct RolesPage {
    shell: Shell,
    tabs: Vec<TabLink>,
    base: String,
    columns: Vec<Column>,
    groups: Vec<Group>,
    roles: Vec<Line>,
    manage: bool,
    /// Why there are no roles of one's own to make, where the plan has none.
    limit: Option<String>,
}

/// A role at the head of the matrix.
struct Column {
    name: String,
    kind: &'static str,
    rights: Rights,
    /// Where the person can change it.
    href: Option<String>,
    own: bool,
}

/// Permissions that belong together.
struct Group {
    name: &'static str,
    rows: Vec<Row>,
}

/// A permission, and for each column whether the role has it.
struct Row {
    permission: Permission,
    cells: Vec<Cell>,
}

struct Cell {
    yes: bool,
    own: bool,
}

/// A custom role with those who hold it.
struct Line {
    role: HeldRole,
    own: bool,
    holders: Vec<Face>,
}

/// `GET /orgs/{slug}/settings/roles`
pub(crate) async fn show(org: InOrg) -> Result<Response> {
    let (access, roles) = org.read(roles::list).await?;
    page(StatusCode::OK, &RolesPage::new(&org, &access, roles))
}

impl RolesPage {
    fn new(org: &InOrg, access: &Access, roles: Vec<HeldRole>) -> Self {
        let base = org.url("settings/roles");
        let manage = access.may(Permission::RolesManage);
        let columns: Vec<Column> = [BaseRole::Admin, BaseRole::Member]
            .into_iter()
            .map(Column::base)
            .chain(roles.iter().map(|held| Column::custom(held, manage.then_some(base.as_str()))))
            .collect();
        let row = |permission: &Permission| Row {
            permission: *permission,
            cells: columns.iter().map(|one| Cell { yes: one.rights.contains(*permission), own: one.own }).collect(),
        };
        let groups = Permission::GROUPS.iter().map(|(name, all)| Group { name, rows: all.iter().map(row).collect() });
        Self {
            groups: groups.collect(),
            columns,
            roles: roles.into_iter().map(Line::from).collect(),
            limit: limit(access),
            shell: org.shell(access, Section::Settings),
            tabs: Tab::links(access, Tab::Roles),
            base,
            manage,
        }
    }
}

/// In words, why the plan has no roles of one's own; none where it has.
fn limit(access: &Access) -> Option<String> {
    match roles::in_plan(access) {
        Err(domain::Error::LimitReached { message, .. }) => Some(message),
        _ => None,
    }
}

impl Column {
    fn base(role: BaseRole) -> Self {
        let (name, rights) = (role_name(role).to_owned(), Rights::of(role));
        Self { name, kind: "Built in", rights, href: None, own: false }
    }

    fn custom(held: &HeldRole, base: Option<&str>) -> Self {
        let role = &held.role;
        let own = matches!(role.role, CustomRole::Own(_));
        Self {
            name: role.name.clone(),
            kind: if own { "Yours" } else { "Ready-made" },
            rights: role.permissions.iter().copied().collect(),
            href: base.filter(|_| own).map(|base| format!("{base}/{}", role.role)),
            own,
        }
    }
}

impl Line {
    fn id(&self) -> CustomRole {
        self.role.role.role
    }

    fn name(&self) -> &str {
        &self.role.role.name
    }

    /// `Max Oyelaran, Priya Nair and 3 more`
    fn names(&self) -> String {
        named(self.holders.iter().map(|face| face.name.as_str()))
    }

    /// Faces that fit beside each other.
    fn faces(&self) -> &[Face] {
        &self.holders[..self.holders.len().min(4)]
    }
}

impl From<HeldRole> for Line {
    fn from(role: HeldRole) -> Self {
        let face = |name: &String| Face { name: name.clone(), mark: Mark::of(name) };
        let holders = role.holders.iter().map(|holder| face(&holder.name)).collect();
        Self { own: matches!(role.role.role, CustomRole::Own(_)), holders, role }
    }
}

/// The first names of a list, and how many there are besides.
pub(super) fn named<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 4;
    let more = names.len().saturating_sub(SHOWN);
    let shown: Vec<&str> = names.take(SHOWN).collect();
    match (shown.split_last(), more) {
        (None, _) => String::new(),
        (Some((last, [])), 0) => (*last).to_owned(),
        (Some((last, before)), 0) => format!("{} and {last}", before.join(", ")),
        (Some(_), more) => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_a_sentence_and_an_end() {
        let all = ["Ada", "Ben", "Max", "Rita", "Olga", "Opal"];
        let named = |count: usize| named(all[..count].iter().copied());
        assert_eq!(named(0), "");
        assert_eq!(named(1), "Ada");
        assert_eq!(named(2), "Ada and Ben");
        assert_eq!(named(4), "Ada, Ben, Max and Rita");
        assert_eq!(named(6), "Ada, Ben, Max, Rita and 2 more");
    }
}
