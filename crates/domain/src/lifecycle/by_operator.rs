//! What whoever runs the installation does about the life of an organisation: as its admins do it, under the operator's name
//! in its audit log.

use tenancy::{Actor, Database, OrgScope, OrganisationId, Query, tenant_statements};

use super::closing;
use super::deleted::{self, Gone};
use crate::audit_log::{self, Author, Entry};
use crate::{Error, FieldErrors, Result, organisations};

tenant_statements! {
    LIVES = "
        select organisation.name, organisation.slug from organisations as organisation
         where organisation.id = $1 and organisation.deleted_at is null";
    GONE = "
        select organisation.name, organisation.slug, organisation.deleted_at, organisation.erase_at, organisation.gone_at_clerk
          from organisations as organisation
         where organisation.id = $1 and organisation.deleted_at is not null";
}

/// Under which name the database is asked.
const BY_OPERATOR: &str = "operator";

/// Asks for the end, as an admin does; asked again it is the same end.
///
/// `Invalid` field `name` unless the organisation's name was typed; `NotFound` where it is deleted already, or none.
pub async fn close(database: &Database, at: &OrganisationId, typed: &str, operator: &str) -> Result<()> {
    let (mut tx, _) = door(database, at).write(&[organisations::locking()]).await?;
    let name: String = tx.query_opt(Query::new(LIVES)).await?.ok_or(Error::NotFound)?.get(0);
    if typed.trim() != name.trim() {
        return Err(FieldErrors::one("name", format!("its name is {name}")).into());
    }
    if !closing::begin_by(&mut tx, operator).await? {
        return Ok(());
    }
    let entry = Entry::new("organisation.closing").on(at, &name);
    audit_log::write(&mut tx, &Author::operator(operator), "done", entry).await?;
    Ok(tx.commit().await?)
}

/// Brings it back, as an admin does; gives its address. Again it is the same.
///
/// `NotFound` where there is none; `Conflict` as for an admin.
pub async fn restore(database: &Database, at: &OrganisationId, operator: &str) -> Result<String> {
    let (mut tx, _) = door(database, at).write(&[organisations::locking()]).await?;
    let Some(row) = tx.query_opt(Query::new(GONE)).await? else {
        return Ok(tx.query_opt(Query::new(LIVES)).await?.ok_or(Error::NotFound)?.get(1));
    };
    let gone = Gone {
        id: at.clone(),
        name: row.get(0),
        slug: row.get(1),
        deleted_at: row.get(2),
        erase_at: row.get(3),
        gone_at_clerk: row.get(4),
    };
    if !deleted::bring_back(&mut tx, &gone, None, &Author::operator(operator)).await? {
        return Err(gone.why_not());
    }
    tx.commit().await?;
    Ok(gone.slug)
}

fn door(database: &Database, at: &OrganisationId) -> OrgScope {
    database.in_organisation(at.clone(), Actor::Job(BY_OPERATOR))
}
