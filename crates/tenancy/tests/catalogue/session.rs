//! A bare connection that remembers what the server told it besides rows.

use std::sync::{Arc, Mutex};

use futures_util::TryStreamExt as _;
use tokio_postgres::error::DbError;
use tokio_postgres::{AsyncMessage, Client, NoTls, SimpleQueryMessage};

/// A connection as one role. SQL goes over the simple protocol, as an attacker's would at worst.
pub(crate) struct Session {
    pub(crate) client: Client,
    /// Stands for @ where it is not empty: roles belong to the whole server, and are each test's own.
    prefix: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Session {
    pub(crate) async fn open(url: &str, prefix: &str) -> Self {
        #[expect(clippy::disallowed_methods, reason = "attacks do not use the doors")]
        let (client, mut connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ears = Arc::clone(&heard);
        tokio::spawn(async move {
            let mut messages = futures_util::stream::poll_fn(move |context| connection.poll_message(context));
            while let Ok(Some(message)) = messages.try_next().await {
                ears.lock().unwrap().push(match message {
                    AsyncMessage::Notice(notice) => notice.message().to_owned(),
                    AsyncMessage::Notification(notification) => notification.payload().to_owned(),
                    _ => continue,
                });
            }
        });
        Self { client, prefix: prefix.to_owned(), heard }
    }

    /// The rows of all statements, columns joined by a bar; null is a dash.
    pub(crate) async fn attempt(&self, sql: &str) -> Result<Vec<String>, DbError> {
        let sql = if self.prefix.is_empty() { sql.to_owned() } else { sql.replace('@', &self.prefix) };
        let messages = self.client.simple_query(&sql).await.map_err(|error| {
            error.as_db_error().unwrap_or_else(|| panic!("the connection ended: {error}: {sql}")).clone()
        })?;
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                let columns: Vec<&str> = (0..row.len()).map(|column| row.get(column).unwrap_or("-")).collect();
                Some(columns.join("|"))
            }
            _ => None,
        });
        Ok(rows.collect())
    }

    /// The same where nothing may go wrong.
    pub(crate) async fn run(&self, sql: &str) -> Vec<String> {
        self.attempt(sql).await.unwrap_or_else(|error| panic!("{error:?}: {sql}"))
    }

    /// The one row there is.
    pub(crate) async fn one(&self, sql: &str) -> String {
        let rows = self.run(sql).await;
        assert_eq!(rows.len(), 1, "{sql}: {rows:?}");
        rows.concat()
    }

    /// The refusal, which there has to be; the transaction is over.
    pub(crate) async fn error(&self, sql: &str) -> DbError {
        let outcome = self.attempt(sql).await;
        self.client.batch_execute("rollback").await.unwrap();
        outcome.expect_err(sql)
    }

    /// SQLSTATE of the refusal.
    pub(crate) async fn refused(&self, sql: &str) -> String {
        self.error(sql).await.code().code().to_owned()
    }

    /// Rows of statements in a transaction of one tenant.
    pub(crate) async fn within(&self, tenant: &str, sql: &str) -> Vec<String> {
        self.run(&inside(tenant, sql)).await
    }

    /// The refusal of statements in a transaction of one tenant.
    pub(crate) async fn error_within(&self, tenant: &str, sql: &str) -> DbError {
        self.error(&inside(tenant, sql)).await
    }

    /// Its SQLSTATE.
    pub(crate) async fn refused_within(&self, tenant: &str, sql: &str) -> String {
        self.error_within(tenant, sql).await.code().code().to_owned()
    }

    /// What `copy … to stdout` gives in a transaction of one tenant.
    pub(crate) async fn copy_within(&self, tenant: &str, sql: &str) -> String {
        self.run(&format!("begin; set local app.current_org_id = '{tenant}'")).await;
        let stream = self.client.copy_out(sql).await.unwrap();
        let bytes: Vec<_> = stream.try_collect().await.unwrap();
        self.run("commit").await;
        String::from_utf8(bytes.concat()).unwrap()
    }

    /// Notices and notifications since the last time.
    pub(crate) async fn heard(&self) -> Vec<String> {
        // They travel before the answer to this.
        self.run("select 1").await;
        std::mem::take(&mut *self.heard.lock().unwrap())
    }
}

fn inside(tenant: &str, sql: &str) -> String {
    format!("begin; set local app.current_org_id = '{tenant}'; {sql}; commit")
}
