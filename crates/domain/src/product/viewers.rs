//! Who looks at a run at this moment.

use tenancy::{Query, Row, tenant_statements};

use super::runs::RunId;
use crate::{Error, OrgTx, Permission, Read, Result};

tenant_statements! {
    /// Whoever has not been seen for longer than a page takes to say so again has left.
    OF_RUN = "
        select viewer.user_id, person.name
          from viewers as viewer join users as person on person.id = viewer.user_id
         where viewer.organisation_id = $1 and viewer.run_id = $2 and viewer.seen_at > now() - interval '70 seconds'
         order by lower(person.name), viewer.user_id limit 50";
    REVISION = "
        select run.revision from runs as run where run.organisation_id = $1 and run.id = $2";
    ARRIVE = "
        insert into viewers (organisation_id, run_id, user_id)
        select $1, run.id, $3 from runs as run where run.organisation_id = $1 and run.id = $2
        on conflict (organisation_id, run_id, user_id) do update set seen_at = now()
        returning (xmax = 0)";
    LEAVE = "
        delete from viewers where organisation_id = $1 and run_id = $2 and user_id = $3";
}

/// Somebody who looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// Clerk's id.
    pub id: String,
    /// The name others see.
    pub name: String,
}

/// The statement that lists who looks at a run, to travel with others.
pub(super) fn of_run(run: RunId) -> Query {
    Query::new(OF_RUN).bind(run.uuid())
}

/// How much has happened in a run, and who looks at it: what an open page compares.
pub fn watch(run: RunId) -> Read<(i32, Vec<Viewer>)> {
    let queries = [Query::new(REVISION).bind(run.uuid()), of_run(run)];
    Read::new(Permission::RunsRead, queries, |[revision, viewers]| {
        let revision = revision.first().ok_or(Error::NotFound)?.get(0);
        Ok((revision, viewers.iter().map(Viewer::from_row).collect()))
    })
}

/// Says that this person looks at the run: again and again while they do. Others' pages hear of the first time.
pub async fn arrive(tx: &mut OrgTx, run: RunId) -> Result<()> {
    tx.require(Permission::RunsRead)?;
    let who = tx.who();
    let rows = tx.rows(Query::new(ARRIVE).bind(run.uuid()).bind(who)).await?;
    let first: bool = rows.first().ok_or(Error::NotFound)?.get(0);
    if first { tx.wake().await } else { Ok(()) }
}

/// Says that they do not any more.
pub async fn leave(tx: &mut OrgTx, run: RunId) -> Result<()> {
    tx.require(Permission::RunsRead)?;
    let who = tx.who();
    tx.rows(Query::new(LEAVE).bind(run.uuid()).bind(who)).await?;
    tx.wake().await
}

impl Viewer {
    pub(super) fn from_row(row: &Row) -> Self {
        Self { id: row.get(0), name: row.get(1) }
    }
}
