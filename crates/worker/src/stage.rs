//! What the tests of this crate stand on: a database, an account at Clerk, and a worker between them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use domain::inbound_events::{self, Recorded, Vendor};
use mail::Mailer;
use mirror::Mirror;
use serde_json::{Value, json};
use testkit::{ClerkAccount, Client, MailServer, TestDatabase};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::State;

/// A worker's surroundings.
pub(crate) struct Stage {
    pub(crate) clerk: ClerkAccount,
    pub(crate) mail: MailServer,
    pub(crate) state: State,
    /// Looks behind the wall.
    pub(crate) admin: Client,
}

/// A worker that runs until it is told.
pub(crate) struct Running {
    end: oneshot::Sender<()>,
    worker: JoinHandle<()>,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        let clerk = ClerkAccount::start().await;
        let mail = MailServer::start().await;
        let database = TestDatabase::create().await;
        let worker = database.worker().await;
        let state = State {
            mirror: Mirror::new(worker.clone(), clerk.backend()),
            billing: billing::Billing::new(worker.clone(), testkit::stripe_nowhere(), "http://localhost:3000"),
            files: files::Files::default(),
            ends: crate::Ends::new(testkit::signer()),
            mailer: mailer(&mail),
            database: worker,
        };
        Self { admin: database.client("postgres").await, clerk, mail, state }
    }

    /// As the server records a webhook.
    pub(crate) async fn record(&self, id: &str, kind: &str, data: &Value) {
        self.deliver(id, kind, &json!({ "type": kind, "object": "event", "data": data }).to_string()).await;
    }

    /// The same with whatever body.
    pub(crate) async fn deliver(&self, id: &str, kind: &str, body: &str) {
        let recorded = inbound_events::record(&self.state.database, Vendor::Clerk, id, kind, body.as_bytes()).await;
        assert_eq!(recorded.unwrap(), Recorded::New, "{id}");
    }

    pub(crate) fn run(&self) -> Running {
        let (end, ended) = oneshot::channel();
        let worker = tokio::spawn(crate::run(self.state.clone(), async { _ = ended.await }));
        Running { end, worker }
    }

    /// How many jobs of a kind are in a state.
    pub(crate) async fn jobs(&self, kind: &str, state: &str) -> i64 {
        let statement = "select count(*) from tenantry.jobs where kind = $1 and state = $2";
        self.admin.query_one(statement, &[&kind, &state]).await.unwrap().get(0)
    }

    /// What our tables say.
    pub(crate) async fn told(&self) -> BTreeSet<String> {
        testkit::directory_told(&self.admin).await
    }

    /// Whether the directory knows somebody who is not gone.
    pub(crate) async fn knows(&self, user: &str) -> bool {
        let statement = "select count(*) from tenantry.users where id = $1 and deleted_at is null";
        self.admin.query_one(statement, &[&user]).await.unwrap().get::<_, i64>(0) == 1
    }
}

/// As the worker of an installation at app.tenantry.example.
fn mailer(server: &MailServer) -> Mailer {
    let config = mail::Config::from_parts(&server.url(), "Tenantry <mail@tenantry.example>").unwrap();
    Mailer::new(config, &"https://app.tenantry.example".parse().unwrap()).unwrap()
}

impl Running {
    /// Tells it to end; what comes back is ready when it has.
    pub(crate) fn end(self) -> JoinHandle<()> {
        drop(self.end);
        self.worker
    }
}

/// Asks until it is so, and says how long that took.
pub(crate) async fn until(limit: Duration, what: &str, so: impl AsyncFn() -> bool) -> Duration {
    let began = Instant::now();
    while !so().await {
        assert!(began.elapsed() < limit, "{what}: not within {limit:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    began.elapsed()
}
