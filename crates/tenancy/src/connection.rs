//! A connection on loan from the pool, and the two ways a statement travels over it.

use deadpool_postgres::Object;
use futures_util::future::join_all;
use tokio_postgres::types::{FromSql, ToSql, Type};
use tokio_postgres::{CopyOutStream, Row, RowStream};

use crate::{Error, OrganisationId, Query, Result};

/// How statements travel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Statements {
    /// Prepared once on each connection, under a name. The fastest; needs a connection that stays ours.
    #[default]
    Prepared,
    /// Sent whole each time, without a name: for a pooler that hands out connections by transaction.
    Unnamed,
}

/// A connection on loan; goes back to the pool when dropped.
pub(crate) struct Connection {
    object: Object,
    statements: Statements,
}

/// A query whose statement, where it has a name, is known to the server.
pub(crate) struct Ready<'a> {
    query: &'a Query,
    named: Option<tokio_postgres::Statement>,
}

impl Connection {
    pub(crate) fn new(object: Object, statements: Statements) -> Self {
        Self { object, statements }
    }

    /// Sends text that carries no value of a caller: begin, commit, settings.
    pub(crate) async fn control(&self, text: &str, name: &'static str) -> Result<()> {
        self.object.batch_execute(text).await.map_err(|e| Error::of(name, e))
    }

    /// Preparing comes first, always: a statement that still has to be prepared would let COMMIT overtake it and would
    /// run outside the transaction, where no organisation is set.
    pub(crate) async fn ready<'a>(&self, queries: &'a [Query]) -> Result<Vec<Ready<'a>>> {
        let mut ready = Vec::with_capacity(queries.len());
        for query in queries {
            ready.push(self.ready_one(query).await?);
        }
        Ok(ready)
    }

    pub(crate) async fn ready_one<'a>(&self, query: &'a Query) -> Result<Ready<'a>> {
        let named = match self.statements {
            Statements::Unnamed => None,
            Statements::Prepared => {
                let prepared = self.object.prepare_cached(query.statement.sql).await;
                Some(prepared.map_err(|e| Error::of(query.statement.name, e))?)
            }
        };
        Ok(Ready { query, named })
    }

    /// The rows of one query.
    pub(crate) async fn rows(&self, ready: &Ready<'_>, organisation: Option<&OrganisationId>) -> Result<Vec<Row>> {
        let key = organisation.map(OrganisationId::as_str);
        let rows = match &ready.named {
            Some(statement) => self.object.query(statement, &ready.query.arguments(key.as_ref())).await,
            None => {
                self.object.query_typed(ready.query.statement.sql, &ready.query.typed_arguments(key.as_ref())).await
            }
        };
        rows.map_err(|e| Error::of(ready.query.statement.name, e))
    }

    /// The rows of several queries that travel together; the first error where there is one.
    pub(crate) async fn all_rows(
        &self,
        ready: &[Ready<'_>],
        organisation: Option<&OrganisationId>,
    ) -> Result<Vec<Vec<Row>>> {
        join_all(ready.iter().map(|one| self.rows(one, organisation))).await.into_iter().collect()
    }

    /// Rows one after the other, for answers that are not kept in memory.
    pub(crate) async fn stream(&self, query: &Query, organisation: Option<&OrganisationId>) -> Result<RowStream> {
        let ready = self.ready_one(query).await?;
        let key = organisation.map(OrganisationId::as_str);
        let stream = match &ready.named {
            Some(statement) => {
                let arguments: Vec<&(dyn ToSql + Sync)> = query.arguments(key.as_ref());
                self.object.query_raw(statement, arguments).await
            }
            None => self.object.query_typed_raw(query.statement.sql, query.typed_arguments(key.as_ref())).await,
        };
        stream.map_err(|e| Error::of(query.statement.name, e))
    }

    /// Starts a COPY to us; the text carries no value of a caller.
    pub(crate) async fn copy_out(&self, text: &str, name: &'static str) -> Result<CopyOutStream> {
        self.object.copy_out(text).await.map_err(|e| Error::of(name, e))
    }

    /// The one value of a text that carries no value of a caller.
    pub(crate) async fn one_value<T: for<'a> FromSql<'a>>(&self, text: &str, name: &'static str) -> Result<T> {
        Ok(self.object.query_typed_one(text, &[]).await.map_err(|e| Error::of(name, e))?.get(0))
    }

    /// Runs a text with one value; says how many rows it wrote.
    pub(crate) async fn write_text(&self, text: &str, value: &str, name: &'static str) -> Result<u64> {
        self.object.execute_typed(text, &[(&value, Type::TEXT)]).await.map_err(|e| Error::of(name, e))
    }

    /// Takes the connection out of the pool for good and ends it.
    pub(crate) fn discard(self) {
        drop(Object::take(self.object));
    }
}
