//! Rows of tenant tables: erased and counted inside of the organisation, some at a time.

use std::time::Instant;

use tenancy::{Actor, Database, OrgScope, OrganisationId, Query, tenant_statements};

use super::{BATCH, LONGEST_REST, Rest, Step, tables};
use crate::Result;

tenant_statements! {
    /// One at a time: whoever comes second waits, and finds what is left.
    TAKE = "select erasure.step from erasures as erasure where erasure.organisation_id = $1 for update";
    ERASE = "select tenancy.erase_rows($2::text::regclass, $1, $3)";
    /// In the transaction of the rows it counts.
    COUNTED = "
        update erasures
           set counts = counts || jsonb_build_object($2::text, coalesce((counts ->> $2)::bigint, 0) + $3::bigint)
         where organisation_id = $1";
    COUNT = "select tenancy.count_rows($2::text::regclass, $1)";
}

/// The actor that erases.
const ERASE_ORGANISATION: &str = "erase_organisation";

/// Rows of every tenant table.
pub async fn erase_tables(database: &Database, at: &OrganisationId, rest: &impl Rest) -> Result<()> {
    erase_in(database, at, Step::Tables, rest).await
}

/// The same in this step. What was under way when the erasure began may have written once more: it is looked for twice.
pub(super) async fn erase_in(database: &Database, at: &OrganisationId, step: Step, rest: &impl Rest) -> Result<()> {
    for table in tables(database).await?.iter().filter(|table| table.is_tenants) {
        let mut began = Instant::now();
        while erase_some(database, at, &table.name, step).await? == i64::from(BATCH) {
            rest.rest(began.elapsed().min(LONGEST_REST)).await;
            began = Instant::now();
        }
    }
    Ok(())
}

async fn erase_some(database: &Database, at: &OrganisationId, table: &str, step: Step) -> Result<i64> {
    let (mut tx, rows) = door(database, at).write(&[Query::new(TAKE)]).await?;
    if rows[0].first().map(|row| Step::of(row.get(0))).transpose()? != Some(step) {
        // Somebody else is further.
        return Ok(0);
    }
    let erased = tx.query(Query::new(ERASE).bind(table.to_owned()).bind(BATCH)).await?;
    let erased: i64 = erased.first().map_or(0, |row| row.get(0));
    if erased > 0 {
        tx.query(Query::new(COUNTED).bind(table.to_owned()).bind(erased)).await?;
    }
    tx.commit().await?;
    Ok(erased)
}

/// How many there are in a table.
pub(super) async fn count(database: &Database, at: &OrganisationId, table: &str) -> Result<i64> {
    let rows = door(database, at).read(&[Query::new(COUNT).bind(table.to_owned())]).await?;
    Ok(rows[0].first().map_or(0, |row| row.get(0)))
}

fn door(database: &Database, at: &OrganisationId) -> OrgScope {
    database.in_organisation(at.clone(), Actor::Job(ERASE_ORGANISATION))
}
