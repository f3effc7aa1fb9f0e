//! The permission catalogue, and what each role holds.

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
    /// Give and take custom roles.
    MembersManage,
    /// See reports.
    ReportsRead,
    /// Change the subscription.
    BillingManage,
}

impl Permission {
    /// The whole catalogue.
    pub const ALL: [Self; 7] = [
        Self::ProceduresRead,
        Self::ProceduresManage,
        Self::RunsRead,
        Self::RunsWork,
        Self::MembersManage,
        Self::ReportsRead,
        Self::BillingManage,
    ];

    /// As written in the API and in the route table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ProceduresRead => "procedures:read",
            Self::ProceduresManage => "procedures:manage",
            Self::RunsRead => "runs:read",
            Self::RunsWork => "runs:work",
            Self::MembersManage => "members:manage",
            Self::ReportsRead => "reports:read",
            Self::BillingManage => "billing:manage",
        }
    }

    /// What a base role holds by itself.
    pub fn of_base_role(role: BaseRole) -> &'static [Self] {
        match role {
            BaseRole::Admin => &Self::ALL,
            BaseRole::Member => &[Self::ProceduresRead, Self::RunsRead, Self::RunsWork],
        }
    }

    /// What a custom role adds.
    pub fn of_custom_role(role: CustomRole) -> &'static [Self] {
        match role {
            CustomRole::ReportViewer => &[Self::ReportsRead],
            CustomRole::BillingAdmin => &[Self::BillingManage],
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
