//! An open transaction. Committed, or rolled back when it goes out of scope.

use deadpool_postgres::Object;
use tokio_postgres::Row;

use crate::{Error, OrganisationId, Query, Result};

/// An open transaction behind one of the two doors.
pub struct Transaction {
    /// Present until the transaction is over.
    connection: Option<Object>,
    organisation: Option<OrganisationId>,
}

impl Transaction {
    /// Takes the connection before BEGIN is sent, so that an interrupted beginning is rolled back too.
    pub(crate) fn begun(connection: Object, organisation: Option<OrganisationId>) -> Self {
        Self { connection: Some(connection), organisation }
    }

    /// The organisation this transaction stands in; none behind the system door.
    pub fn organisation(&self) -> Option<&OrganisationId> {
        self.organisation.as_ref()
    }

    /// Runs one query and gives its rows.
    pub async fn query(&mut self, query: Query) -> Result<Vec<Row>> {
        let name = query.statement.name;
        let statement = self.client().prepare_cached(query.statement.sql).await.map_err(|e| Error::of(name, e))?;
        let key = self.organisation.as_ref().map(OrganisationId::as_str);
        self.client().query(&statement, &query.arguments(key.as_ref())).await.map_err(|e| Error::of(name, e))
    }

    /// Runs one query that gives at most one row.
    pub async fn query_opt(&mut self, query: Query) -> Result<Option<Row>> {
        Ok(self.query(query).await?.into_iter().next())
    }

    /// Makes the changes last. They are durable when this returns.
    pub async fn commit(mut self) -> Result<()> {
        self.client().batch_execute("commit").await.map_err(|e| Error::of("commit", e))?;
        // Only now: an interrupted commit leaves the connection here, to be rolled back and not reused as it is.
        self.connection = None;
        Ok(())
    }

    pub(crate) fn client(&self) -> &Object {
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
                    if let Err(error) = connection.batch_execute("rollback").await {
                        tracing::debug!(%error, "rollback failed, connection dropped");
                        drop(Object::take(connection));
                    }
                });
            }
            Err(_) => drop(Object::take(connection)),
        }
    }
}

impl std::fmt::Debug for Transaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Transaction({:?})", self.organisation)
    }
}
