//! The door to the directory tables: for work that has to happen before an organisation is known.

use futures_util::future::join3;
use tokio_postgres::Row;

use crate::context::Context;
use crate::{Database, OrganisationId, Query, Result, Tables, Transaction};

/// Why someone acts outside an organisation. This is the complete list; each use is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SystemReason {
    /// A signed-in person asks which organisations they belong to, or signs out.
    SignIn,
    /// A vendor's webhook is recorded.
    WebhookIntake,
    /// What Clerk says is written to the directory.
    Mirror,
    /// The worker takes, finishes or parks a job.
    Jobs,
    /// Whose customer is whose is looked up or written down, and whose turn it is to be fetched.
    Billing,
    /// An organisation that was deleted is found by its members, or erased.
    Lifecycle,
    /// An operator looks at the machinery.
    Operations,
    /// An operator brings in an organisation that is not here yet.
    Import,
}

impl SystemReason {
    /// As written to the log and to the transaction.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::WebhookIntake => "webhook_intake",
            Self::Mirror => "mirror",
            Self::Jobs => "jobs",
            Self::Billing => "billing",
            Self::Lifecycle => "lifecycle",
            Self::Operations => "operations",
            Self::Import => "import",
        }
    }
}

/// The system door, opened for one reason.
#[derive(Debug, Clone)]
pub struct SystemScope {
    database: Database,
    reason: SystemReason,
}

impl SystemScope {
    pub(crate) fn new(database: Database, reason: SystemReason) -> Self {
        Self { database, reason }
    }

    /// Opens a transaction that sees the directory tables and no tenant's rows.
    pub async fn begin(&self) -> Result<Transaction> {
        tracing::debug!(reason = self.reason.as_str(), "system door");
        let transaction = Transaction::begun(self.database.connection().await?, None);
        transaction.connection().control(&self.message(), "begin").await?;
        Ok(transaction)
    }

    /// Runs one query in a transaction of its own, in one round trip.
    pub async fn run(&self, query: Query) -> Result<Vec<Row>> {
        debug_assert_eq!(query.statement.tables, Tables::Directory, "{}", query.statement.name);
        tracing::debug!(reason = self.reason.as_str(), statement = query.statement.name, "system door");
        let connection = self.database.connection().await?;
        let ready = connection.ready_one(&query).await?;
        let begin = self.message();
        let (begun, rows, committed) = join3(
            connection.control(&begin, "begin"),
            connection.rows(&ready, None),
            connection.control("commit", "commit"),
        )
        .await;
        begun?;
        let rows = rows?;
        committed?;
        Ok(rows)
    }

    fn message(&self) -> String {
        Context { reason: Some(self.reason), ..Context::default() }.message("begin", self.database.context_key())
    }
}

impl Database {
    /// Opens the one transaction that stands at both doors: it makes an organisation that is not there yet, directory
    /// and rows, or nothing. Rows of other organisations are as invisible to it as to any.
    pub async fn begin_import(&self, organisation: &OrganisationId) -> Result<Transaction> {
        tracing::info!(organisation = organisation.as_str(), "system door, to import");
        let transaction = Transaction::begun(self.connection().await?, Some(organisation.clone()));
        let reason = Some(SystemReason::Import);
        let context = Context { organisation: Some(organisation), reason, ..Context::default() };
        let begin = "begin; set local statement_timeout = '2h'; set local timezone = 'UTC'";
        transaction.connection().control(&context.message(begin, self.context_key()), "begin").await?;
        Ok(transaction)
    }
}
