//! What each plan allows. Which one an organisation is on stands in its row.

use serde_json::json;
use tenancy::{Database, OrganisationId, Query, SystemReason, directory_statements};

use crate::{Error, Result, jobs};

directory_statements! {
    CHANGE = "update organisations set plan = $2 where id = $1 and deleted_at is null and plan <> $2 returning id";
    KNOWN = "select plan from organisations where id = $1 and deleted_at is null";
}

/// The job that tells Clerk how many people an organisation may have.
pub const TELL_CLERK_LIMIT: &str = "tell_clerk_limit";

/// A plan, by its name in the price list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Plan {
    /// For trying it out.
    Free,
    /// For a team.
    Team,
    /// For a company: own custom roles, export of the audit log.
    Business,
}

impl Plan {
    /// From the smallest on.
    pub const ALL: [Self; 3] = [Self::Free, Self::Team, Self::Business];

    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Team => "team",
            Self::Business => "business",
        }
    }

    /// As people read it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Free => "Free",
            Self::Team => "Team",
            Self::Business => "Business",
        }
    }

    /// From the stored text; an unknown plan allows what the smallest does.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plan| plan.as_str() == text)
    }

    pub(crate) fn of(text: &str) -> Self {
        Self::parse(text).unwrap_or(Self::Free)
    }

    /// Members and pending invitations together.
    pub const fn seats(self) -> u32 {
        match self {
            Self::Free => 3,
            Self::Team => 15,
            Self::Business => 50,
        }
    }

    /// Roles of the customer's own.
    pub const fn has_own_roles(self) -> bool {
        matches!(self, Self::Business)
    }

    /// The audit log as a file.
    pub const fn has_audit_export(self) -> bool {
        matches!(self, Self::Business)
    }

    /// The next larger one, if there is.
    pub fn larger(self) -> Option<Self> {
        Self::ALL.into_iter().find(|plan| *plan > self)
    }
}

/// The plan an organisation is on; none where there is no such organisation.
pub async fn of(database: &Database, organisation: &OrganisationId) -> Result<Option<Plan>> {
    let query = Query::new(KNOWN).bind(organisation.to_string());
    let rows = database.system(SystemReason::Mirror).run(query).await?;
    Ok(rows.first().map(|row| Plan::of(row.get(0))))
}

/// Puts an organisation on a plan; whoever waited for a seat that there is now comes in. `NotFound` where there is no
/// such organisation.
pub async fn change(database: &Database, organisation: &OrganisationId, plan: Plan) -> Result<()> {
    let mut tx = database.system(SystemReason::Operations).begin().await?;
    let id = organisation.to_string();
    tx.query_opt(Query::new(KNOWN).bind(id.clone())).await?.ok_or(Error::NotFound)?;
    tx.query(Query::new(CHANGE).bind(id).bind(plan.as_str())).await?;
    jobs::enqueue_in(&mut tx, organisation, TELL_CLERK_LIMIT, json!({})).await?;
    tx.commit().await?;
    crate::memberships::settle(database, organisation).await
}
