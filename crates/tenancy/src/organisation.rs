//! The door into one organisation.

use futures_util::future::{join, join3};
use tokio_postgres::Row;

use crate::context::Context;
use crate::{Actor, Database, OrganisationId, Query, Result, Transaction};

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
        let connection = self.database.connection().await?;
        let ready = connection.ready(queries).await?;
        let begin = self.begin("begin read only");
        // Polled in this order, so sent in this order; nothing waits for an answer before all is on the wire.
        let (begun, rows, committed) = join3(
            connection.control(&begin, "begin"),
            connection.all_rows(&ready, Some(&self.organisation)),
            connection.control("commit", "commit"),
        )
        .await;
        begun?;
        let rows = rows?;
        committed?;
        Ok(rows)
    }

    /// Opens a transaction that may write; the first queries travel with its beginning.
    pub async fn write(&self, first: &[Query]) -> Result<(Transaction, Vec<Vec<Row>>)> {
        self.open("begin", first).await
    }

    /// Opens a transaction that reads one state of the data for as long as it takes: for exports.
    ///
    /// It holds back the clean-up of old rows in the whole database, so it must not live for hours.
    pub async fn snapshot(&self, first: &[Query]) -> Result<(Transaction, Vec<Vec<Row>>)> {
        self.open("begin isolation level repeatable read read only", first).await
    }

    /// The same for everything there is, which takes longer than any statement may otherwise. Times are written in UTC,
    /// so that the same rows read the same wherever they are.
    pub async fn whole_snapshot(&self, first: &[Query]) -> Result<(Transaction, Vec<Vec<Row>>)> {
        let begin = "begin isolation level repeatable read read only; set local statement_timeout = '2h'; \
                     set local idle_in_transaction_session_timeout = '5min'; set local timezone = 'UTC'; \
                     set local datestyle = 'ISO'; set local intervalstyle = 'iso_8601'; set local bytea_output = 'hex'";
        self.open(begin, first).await
    }

    async fn open(&self, begin: &str, first: &[Query]) -> Result<(Transaction, Vec<Vec<Row>>)> {
        let connection = self.database.connection().await?;
        let ready = connection.ready(first).await?;
        let begin = self.begin(begin);
        let transaction = Transaction::begun(connection, Some(self.organisation.clone()));
        let connection = transaction.connection();
        let (begun, rows) =
            join(connection.control(&begin, "begin"), connection.all_rows(&ready, Some(&self.organisation))).await;
        begun?;
        Ok((transaction, rows?))
    }

    fn begin(&self, begin: &str) -> String {
        let context = Context { organisation: Some(&self.organisation), user: self.actor.user(), ..Context::default() };
        context.message(begin, self.database.context_key())
    }
}
