//! The door into one organisation.

use std::fmt::Write as _;

use deadpool_postgres::Object;
use futures_util::future::{join, join_all, join3};
use tokio_postgres::Row;

use crate::{Actor, Database, Error, OrganisationId, Query, Result, Transaction};

/// One organisation, seen by one actor. Opens a transaction for each read or write.
#[derive(Debug, Clone)]
pub struct OrgScope {
    database: Database,
    organisation: OrganisationId,
    actor: Actor,
}

impl OrgScope {
    pub(crate) fn new(database: Database, organisation: OrganisationId, actor: Actor) -> Self {
        Self { database, organisation, actor }
    }

    /// The organisation behind this door.
    pub fn organisation(&self) -> &OrganisationId {
        &self.organisation
    }

    /// Under whose name changes are made.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Runs the queries in one read-only transaction, in one round trip from begin to commit.
    ///
    /// Rows come back per query, in order.
    pub async fn read(&self, queries: &[Query]) -> Result<Vec<Vec<Row>>> {
        let client = self.database.connection().await?;
        let prepared = prepare(&client, queries).await?;
        let begin = self.begin("begin read only");
        let key = self.organisation.as_str();
        let arguments: Vec<_> = queries.iter().map(|query| query.arguments(Some(&key))).collect();
        let rows = join_all(prepared.iter().zip(&arguments).map(|(statement, values)| client.query(statement, values)));
        // Polled in this order, so sent in this order; nothing waits for an answer before all is on the wire.
        let (begun, rows, committed) = join3(client.batch_execute(&begin), rows, client.batch_execute("commit")).await;
        begun.map_err(|e| Error::of("begin", e))?;
        let rows = collect(queries, rows)?;
        committed.map_err(|e| Error::of("commit", e))?;
        Ok(rows)
    }

    /// Opens a transaction that may write; the first queries travel with its beginning.
    pub async fn write(&self, first: &[Query]) -> Result<(Transaction, Vec<Vec<Row>>)> {
        let client = self.database.connection().await?;
        let prepared = prepare(&client, first).await?;
        let begin = self.begin("begin");
        let transaction = Transaction::begun(client, Some(self.organisation.clone()));
        let key = self.organisation.as_str();
        let arguments: Vec<_> = first.iter().map(|query| query.arguments(Some(&key))).collect();
        let client = transaction.client();
        let rows = join_all(prepared.iter().zip(&arguments).map(|(statement, values)| client.query(statement, values)));
        let (begun, rows) = join(client.batch_execute(&begin), rows).await;
        begun.map_err(|e| Error::of("begin", e))?;
        let rows = collect(first, rows)?;
        Ok((transaction, rows))
    }

    /// Both ids are letters, digits and one underscore by their type, so they need no quoting.
    fn begin(&self, begin: &str) -> String {
        let mut message = format!("{begin}; set local app.current_org_id = '{}'", self.organisation);
        if let Some(user) = self.actor.user() {
            let _ = write!(message, "; set local app.current_user_id = '{user}'");
        }
        message
    }
}

/// Preparing comes first, always: a statement that still has to be prepared would let COMMIT overtake it and would
/// run outside the transaction, where no organisation is set.
async fn prepare(client: &Object, queries: &[Query]) -> Result<Vec<tokio_postgres::Statement>> {
    let mut prepared = Vec::with_capacity(queries.len());
    for query in queries {
        let statement = client.prepare_cached(query.statement.sql).await;
        prepared.push(statement.map_err(|e| Error::of(query.statement.name, e))?);
    }
    Ok(prepared)
}

fn collect(queries: &[Query], rows: Vec<Result<Vec<Row>, tokio_postgres::Error>>) -> Result<Vec<Vec<Row>>> {
    queries.iter().zip(rows).map(|(query, rows)| rows.map_err(|e| Error::of(query.statement.name, e))).collect()
}
