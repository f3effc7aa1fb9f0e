//! Every organisation there is, as whoever runs the installation sees it.

use jiff::Timestamp;
use tenancy::{Database, OrganisationId, Query, Row, SystemReason, directory_statements};

use crate::exports::contents;
use crate::org_job::OrgJob;
use crate::{Error, Result};

directory_statements! {
    LIST = "
        select organisation.id, organisation.slug, organisation.name, organisation.plan, organisation.created_at,
               organisation.deleted_at, organisation.closing_since is not null, organisation.erase_at,
               (select count(*) from memberships as member
                 where member.organisation_id = organisation.id and member.removed_at is null and member.waiting_since is null)
          from organisations as organisation order by organisation.slug, organisation.id";
}

/// An organisation, in a line.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Clerk's id.
    pub id: OrganisationId,
    /// Its address.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// The key of its plan.
    pub plan: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was deleted, where it was.
    pub deleted_at: Option<Timestamp>,
    /// On its way out.
    pub closing: bool,
    /// When it is erased, where it is deleted.
    pub erase_at: Option<Timestamp>,
    /// Who belongs to it.
    pub members: i64,
}

impl Listed {
    fn from_row(row: &Row) -> Option<Self> {
        Some(Self {
            id: OrganisationId::parse(row.get(0)).ok()?,
            slug: row.get(1),
            name: row.get(2),
            plan: row.get(3),
            created_at: row.get(4),
            deleted_at: row.get(5),
            closing: row.get(6),
            erase_at: row.get(7),
            members: row.get(8),
        })
    }
}

/// All of them, by address.
pub async fn list(database: &Database) -> Result<Vec<Listed>> {
    let rows = database.system(SystemReason::Operations).run(Query::new(LIST)).await?;
    Ok(rows.iter().filter_map(Listed::from_row).collect())
}

/// The one with this id, or the one that is at this address now; where none is, the only one that was deleted there.
pub async fn find(database: &Database, called: &str) -> Result<Listed> {
    let all = list(database).await?;
    let by_id = all.iter().find(|one| one.id.as_str() == called);
    let at = || all.iter().find(|one| one.slug == called && one.deleted_at.is_none());
    let was_at = || {
        let mut deleted = all.iter().filter(|one| one.slug == called && one.deleted_at.is_some());
        deleted.next().filter(|_| deleted.next().is_none())
    };
    by_id.or_else(at).or_else(was_at).cloned().ok_or(Error::NotFound)
}

/// How many rows of each table are an organisation's, as an archive of it has them.
pub async fn rows(database: &Database, organisation: &OrganisationId) -> Result<Vec<(String, u64)>> {
    let mut reading = OrgJob::snapshot(database, organisation, "inventory").await?;
    let mut found = Vec::new();
    for table in contents::tables(&mut reading.transaction).await? {
        found.push((table.name().to_owned(), reading.transaction.count(&table).await?));
    }
    Ok(found)
}
