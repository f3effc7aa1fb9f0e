//! An open transaction. Committed, or rolled back when it goes out of scope.

use std::pin::Pin;

use futures_util::StreamExt as _;
use tokio_postgres::{Row, RowStream};

use crate::connection::Connection;
use crate::{Error, OrganisationId, Query, Result};

/// An open transaction behind one of the two doors.
pub struct Transaction {
    /// Present until the transaction is over.
    connection: Option<Connection>,
    organisation: Option<OrganisationId>,
}

impl Transaction {
    /// Takes the connection before BEGIN is sent, so that an interrupted beginning is rolled back too.
    pub(crate) fn begun(connection: Connection, organisation: Option<OrganisationId>) -> Self {
        Self { connection: Some(connection), organisation }
    }

    /// The organisation this transaction stands in; none behind the system door.
    pub fn organisation(&self) -> Option<&OrganisationId> {
        self.organisation.as_ref()
    }

    /// Runs one query and gives its rows.
    pub async fn query(&mut self, query: Query) -> Result<Vec<Row>> {
        let ready = self.connection().ready_one(&query).await?;
        self.connection().rows(&ready, self.organisation.as_ref()).await
    }

    /// Runs one query and gives its rows one after the other, however many there are, in constant memory.
    /// The transaction ends, rolled back, when the rows are dropped.
    pub async fn into_rows(self, query: Query) -> Result<Rows> {
        let name = query.statement.name;
        let rows = self.connection().stream(&query, self.organisation.as_ref()).await?;
        Ok(Rows { rows: Box::pin(rows), name, _transaction: self })
    }

    /// Runs one query that gives at most one row.
    pub async fn query_opt(&mut self, query: Query) -> Result<Option<Row>> {
        Ok(self.query(query).await?.into_iter().next())
    }

    /// Makes the changes last. They are durable when this returns.
    pub async fn commit(mut self) -> Result<()> {
        self.connection().control("commit", "commit").await?;
        // Only now: an interrupted commit leaves the connection here, to be rolled back and not reused as it is.
        self.connection = None;
        Ok(())
    }

    pub(crate) fn connection(&self) -> &Connection {
        self.connection.as_ref().expect("held until commit or drop, and both consume the transaction")
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        match tokio::runtime::Handle::try_current() {
            // The connection goes back to the pool after the rollback, never before.
            Ok(runtime) => {
                runtime.spawn(async move {
                    if let Err(error) = connection.control("rollback", "rollback").await {
                        tracing::debug!(%error, "rollback failed, connection dropped");
                        connection.discard();
                    }
                });
            }
            Err(_) => connection.discard(),
        }
    }
}

impl std::fmt::Debug for Transaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Transaction({:?})", self.organisation)
    }
}

/// Rows of an open transaction, as they arrive.
pub struct Rows {
    rows: Pin<Box<RowStream>>,
    name: &'static str,
    /// Dropped last: its rollback follows the rows.
    _transaction: Transaction,
}

impl Rows {
    /// The next row; none at the end.
    pub async fn next(&mut self) -> Result<Option<Row>> {
        self.rows.next().await.transpose().map_err(|e| Error::of(self.name, e))
    }
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rows({})", self.name)
    }
}
