//! The permission catalogue, and what each built-in role holds. One catalogue for the API, the pages, the policies
//! and the matrix; `tenancy.permissions_of` says the same to Postgres, and a test compares.

use std::collections::BTreeSet;
use std::fmt;

use crate::{BaseRole, CustomRole};

/// A right inside an organisation, written `noun:verb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Permission {
    /// See procedures and their versions.
    ProceduresRead,
    /// Write, change and publish procedures.
    ProceduresManage,
    /// See runs.
    RunsRead,
    /// Start runs, tick and undo steps.
    RunsWork,
    /// See reports.
    ReportsRead,
    /// See who belongs to the organisation, and in which roles.
    MembersRead,
    /// Invite people.
    MembersInvite,
    /// Change members' roles, and remove them.
    MembersManage,
    /// Make, change and delete custom roles.
    RolesManage,
    /// Change the organisation's name, address, logo and time zone.
    OrganisationManage,
    /// Delete the organisation, and restore it. Admins alone: no custom role may hold it.
    OrganisationDelete,
    /// See plan and usage.
    BillingRead,
    /// Change the subscription.
    BillingManage,
    /// Read the audit log.
    AuditRead,
    /// Take out everything the organisation has.
    DataExport,
}

/// Permissions that belong together, as pages and documents list them.
pub type PermissionGroup = (&'static str, &'static [Permission]);

impl Permission {
    /// The whole catalogue.
    pub const ALL: [Self; 15] = [
        Self::ProceduresRead,
        Self::ProceduresManage,
        Self::RunsRead,
        Self::RunsWork,
        Self::ReportsRead,
        Self::MembersRead,
        Self::MembersInvite,
        Self::MembersManage,
        Self::RolesManage,
        Self::OrganisationManage,
        Self::OrganisationDelete,
        Self::BillingRead,
        Self::BillingManage,
        Self::AuditRead,
        Self::DataExport,
    ];

    /// The catalogue by what it is about.
    pub const GROUPS: &[PermissionGroup] = &[
        ("Runs and procedures", &[Self::RunsRead, Self::RunsWork, Self::ProceduresRead, Self::ProceduresManage]),
        ("Reports", &[Self::ReportsRead]),
        ("People", &[Self::MembersRead, Self::MembersInvite, Self::MembersManage, Self::RolesManage]),
        (
            "Organisation",
            &[
                Self::OrganisationManage,
                Self::OrganisationDelete,
                Self::BillingRead,
                Self::BillingManage,
                Self::AuditRead,
                Self::DataExport,
            ],
        ),
    ];

    /// As written in the API and in the route table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ProceduresRead => "procedures:read",
            Self::ProceduresManage => "procedures:manage",
            Self::RunsRead => "runs:read",
            Self::RunsWork => "runs:work",
            Self::ReportsRead => "reports:read",
            Self::MembersRead => "members:read",
            Self::MembersInvite => "members:invite",
            Self::MembersManage => "members:manage",
            Self::RolesManage => "roles:manage",
            Self::OrganisationManage => "organisation:manage",
            Self::OrganisationDelete => "organisation:delete",
            Self::BillingRead => "billing:read",
            Self::BillingManage => "billing:manage",
            Self::AuditRead => "audit:read",
            Self::DataExport => "data:export",
        }
    }

    /// From its written form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.as_str() == text)
    }

    /// What it lets a person do, in words that end no sentence.
    pub const fn label(self) -> &'static str {
        match self {
            Self::ProceduresRead => "See procedures",
            Self::ProceduresManage => "Edit and publish procedures",
            Self::RunsRead => "See runs",
            Self::RunsWork => "Start runs and work on them",
            Self::ReportsRead => "See reports",
            Self::MembersRead => "See who belongs here",
            Self::MembersInvite => "Invite people",
            Self::MembersManage => "Change roles and remove members",
            Self::RolesManage => "Make and change custom roles",
            Self::OrganisationManage => "Change name, address, logo and time zone",
            Self::OrganisationDelete => "Delete the organisation",
            Self::BillingRead => "See plan and usage",
            Self::BillingManage => "Change plan and payment",
            Self::AuditRead => "Read the audit log",
            Self::DataExport => "Export all data",
        }
    }

    /// Whether it lets a person look, and change nothing.
    pub fn only_reads(self) -> bool {
        self.as_str().ends_with(":read")
    }

    /// Whether a role of the customer's own may hold it.
    pub const fn may_be_given(self) -> bool {
        !matches!(self, Self::OrganisationDelete)
    }

    /// What a base role holds by itself.
    pub const fn of_base_role(role: BaseRole) -> &'static [Self] {
        match role {
            BaseRole::Admin => &Self::ALL,
            BaseRole::Member => {
                &[Self::ProceduresRead, Self::RunsRead, Self::RunsWork, Self::MembersRead, Self::BillingRead]
            }
        }
    }

    /// What a built-in custom role adds; a customer's own says it in its row.
    pub const fn of_custom_role(role: CustomRole) -> &'static [Self] {
        match role {
            CustomRole::ReportViewer => &[Self::ReportsRead],
            CustomRole::BillingAdmin => &[Self::BillingManage],
            CustomRole::Own(_) => &[],
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Permission {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What somebody may do: rights of all their roles, added up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights(BTreeSet<Permission>);

impl Rights {
    /// Of a base role.
    pub fn of(role: BaseRole) -> Self {
        Permission::of_base_role(role).iter().copied().collect()
    }

    /// Whether it is among them.
    pub fn contains(&self, permission: Permission) -> bool {
        self.0.contains(&permission)
    }

    /// These and those.
    #[must_use]
    pub fn and(mut self, more: impl IntoIterator<Item = Permission>) -> Self {
        self.0.extend(more);
        self
    }

    /// All of them, in the order of the catalogue.
    pub fn iter(&self) -> impl Iterator<Item = Permission> + '_ {
        self.0.iter().copied()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first that the other does not have.
    pub fn first_beyond(&self, other: &Self) -> Option<Permission> {
        self.iter().find(|permission| !other.contains(*permission))
    }
}

impl FromIterator<Permission> for Rights {
    fn from_iter<T: IntoIterator<Item = Permission>>(permissions: T) -> Self {
        Self(permissions.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_groups_are_the_catalogue() {
        let grouped: Vec<Permission> = Permission::GROUPS.iter().flat_map(|(_, group)| group.iter().copied()).collect();
        assert_eq!(grouped.len(), Permission::ALL.len());
        assert_eq!(grouped.into_iter().collect::<Rights>(), Permission::ALL.into_iter().collect());
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.as_str()), Some(permission));
        }
    }

    /// Report-viewer adds reading reports and billing-admin managing billing, and neither anything else.
    #[test]
    fn built_in_roles_add_one_right_each() {
        assert_eq!(Permission::of_custom_role(CustomRole::ReportViewer), [Permission::ReportsRead]);
        assert_eq!(Permission::of_custom_role(CustomRole::BillingAdmin), [Permission::BillingManage]);
        let member = Rights::of(BaseRole::Member);
        assert!(!member.contains(Permission::ReportsRead) && !member.contains(Permission::BillingManage));
    }
}
