//! Custom roles: ours, on top of the base role that Clerk knows.

use tenancy::{Query, UserId, tenant_statements};

use crate::{Error, OrgTx, Permission, Result};

tenant_statements! {
    ASSIGN = "
        insert into membership_roles (organisation_id, user_id, role)
        select $1, membership.user_id, $3 from memberships as membership
         where membership.organisation_id = $1 and membership.user_id = $2
        on conflict (organisation_id, user_id, role) do update set role = excluded.role
        returning role";
}

/// A role a member can hold besides the base role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CustomRole {
    /// Sees reports.
    ReportViewer,
    /// Manages the subscription.
    BillingAdmin,
}

impl CustomRole {
    /// As stored and as shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReportViewer => "report-viewer",
            Self::BillingAdmin => "billing-admin",
        }
    }

    /// From the stored text; roles this program does not know give no rights.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::ReportViewer, Self::BillingAdmin].into_iter().find(|role| role.as_str() == text)
    }
}

/// Gives a member a custom role; harmless where they hold it. `NotFound` where they are no member.
pub async fn assign(tx: &mut OrgTx, user: &UserId, role: CustomRole) -> Result<()> {
    tx.require(Permission::MembersManage)?;
    let row = tx.rows(Query::new(ASSIGN).bind(user.to_string()).bind(role.as_str())).await?;
    if row.is_empty() { Err(Error::NotFound) } else { Ok(()) }
}
