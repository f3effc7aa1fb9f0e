//! The fields by which roles are given, in three forms: an invitation, its change, and a member's.

use domain::memberships::People;
use domain::plans::Feature;
use domain::{Access, BaseRole, CustomRole, FieldErrors};

use super::shell::role_name;
use crate::body::Fields;

/// A base role and custom roles besides, as they were chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GivenRoles {
    pub(crate) role: BaseRole,
    pub(crate) custom_roles: Vec<CustomRole>,
}

/// The fields: what can be chosen, and what is.
pub(crate) struct RoleFields {
    pub(crate) bases: Vec<Choice>,
    pub(crate) customs: Vec<Choice>,
}

/// One of them.
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) hint: String,
    pub(crate) chosen: bool,
    /// Whether it cannot be chosen; the hint says why.
    pub(crate) closed: bool,
}

impl GivenRoles {
    /// What stands chosen in a form that nobody has touched.
    pub(crate) fn least() -> Self {
        Self { role: BaseRole::Member, custom_roles: Vec::new() }
    }

    /// Fields `role` and `custom_roles`.
    pub(crate) fn parse(fields: &Fields) -> Result<Self, FieldErrors> {
        Self::of(fields.get("role"), fields.all("custom_roles"))
    }

    /// The same of whatever form.
    pub(crate) fn of<'a>(role: &str, custom_roles: impl Iterator<Item = &'a str>) -> Result<Self, FieldErrors> {
        let role = BaseRole::parse(role).ok_or_else(|| FieldErrors::one("role", "Choose Admin or Member."));
        let (role, custom_roles) = FieldErrors::both(role, custom(custom_roles))?;
        Ok(Self { role, custom_roles })
    }
}

/// Custom roles by what they are called where they are stored; each once.
pub(crate) fn custom<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Vec<CustomRole>, FieldErrors> {
    let unknown = |text: &str| FieldErrors::one("custom_roles", format!("There is no role {text:?} here."));
    let mut all =
        texts.map(|text| CustomRole::parse(text).ok_or_else(|| unknown(text))).collect::<Result<Vec<_>, _>>()?;
    all.sort();
    all.dedup();
    Ok(all)
}

impl RoleFields {
    /// What the person may give, with these chosen.
    pub(crate) fn new(access: &Access, people: &People, chosen: &GivenRoles) -> Self {
        Self {
            bases: [BaseRole::Member, BaseRole::Admin].map(|role| base(access, people, role, chosen)).into(),
            customs: people.roles.iter().map(|role| role.role).map(|role| one(access, people, role, chosen)).collect(),
        }
    }

    /// The last admin stays one: nothing else can be chosen, and it says why.
    pub(crate) fn keep_admin(mut self) -> Self {
        for choice in self.bases.iter_mut().filter(|choice| choice.value != BaseRole::Admin.as_str()) {
            choice.closed = true;
            "This is the last admin. Make somebody else an admin first.".clone_into(&mut choice.hint);
        }
        self
    }
}

fn base(access: &Access, people: &People, role: BaseRole, chosen: &GivenRoles) -> Choice {
    let open = people.may_give(access, role, &[]);
    let hint = match role {
        _ if !open => "You do not hold everything that this role holds. An admin can give it.",
        BaseRole::Member => "Works on runs, and sees procedures, members and the plan.",
        BaseRole::Admin => "All of that, and procedures, members, roles, billing and these settings.",
    };
    Choice {
        value: role.as_str().to_owned(),
        label: role_name(role).to_owned(),
        hint: hint.to_owned(),
        chosen: chosen.role == role,
        closed: !open,
    }
}

fn one(access: &Access, people: &People, role: CustomRole, chosen: &GivenRoles) -> Choice {
    let held = chosen.custom_roles.contains(&role);
    let in_plan =
        held || !matches!(role, CustomRole::Own(_)) || access.organisation.terms.needs(Feature::OwnRoles).is_ok();
    let open = people.may_give(access, BaseRole::Member, &[role]);
    let found = people.roles.find(role);
    let adds: Vec<&str> =
        found.iter().flat_map(|role| &role.permissions).map(|permission| permission.label()).collect();
    Choice {
        value: role.to_string(),
        label: found.map_or_else(String::new, |role| role.name.clone()),
        hint: match (in_plan, open) {
            (false, _) => "Roles of your own are not in this plan.".to_owned(),
            (true, false) => "You do not hold what this role adds. An admin can give it.".to_owned(),
            (true, true) => adds.join(", "),
        },
        chosen: held,
        closed: !(in_plan && open),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_once_each_and_unknown_ones_are_named() {
        let given = GivenRoles::of("member", ["billing-admin", "report-viewer", "billing-admin"].into_iter()).unwrap();
        assert_eq!(given.custom_roles, [CustomRole::ReportViewer, CustomRole::BillingAdmin]);
        let refused = GivenRoles::of("owner", ["root"].into_iter()).unwrap_err();
        assert!(refused.message("role").is_some() && refused.message("custom_roles").unwrap().contains("root"));
        assert!(GivenRoles::of("Admin", [].into_iter()).is_err());
    }
}
