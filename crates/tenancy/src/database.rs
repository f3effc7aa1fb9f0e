//! The pool and the two doors that lead from it.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Hook, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime};
use tokio_postgres::{Config, NoTls};

use crate::connection::Connection;
use crate::{
    Actor, ContextKey, Error, Hardening, Listener, OrgScope, OrganisationId, Result, Statements, SystemReason,
    SystemScope, gate, hardening,
};

/// How many connections, how long to wait for one, and what travels over them.
#[derive(Debug, Clone)]
pub struct PoolOptions {
    /// Most connections held at once. About four per core of the database server serve best.
    pub size: usize,
    /// Longest wait for a free connection before [`Error::Busy`].
    pub wait: Duration,
    /// How statements travel.
    pub statements: Statements,
    /// Signs every context; for a database that asks for it.
    pub context_key: Option<ContextKey>,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self { size: 8, wait: Duration::from_secs(2), statements: Statements::Prepared, context_key: None }
    }
}

/// A Postgres database with organisations in it. Cheap to clone; clones share the connections.
#[derive(Clone)]
pub struct Database {
    pool: Pool,
    shared: Arc<Shared>,
}

/// What stays as it is from the connecting on.
struct Shared {
    config: Config,
    options: PoolOptions,
    hardening: Hardening,
}

impl Database {
    /// Connects, and refuses to go on as a role that row-level security does not bind.
    pub async fn connect(url: &str, options: PoolOptions) -> Result<Self> {
        let mut config: Config = url.parse().map_err(|e: tokio_postgres::Error| Error::Url(e.to_string()))?;
        config.connect_timeout(Duration::from_secs(5)).application_name("tenantry");
        let pool = pool(&config, &options, options.size)?;
        let client = from_pool(&pool).await?;
        gate::refuse_strong_roles(&client).await?;
        let hardening = hardening::look(&client, options.context_key.as_ref()).await?;
        Ok(Self { pool, shared: Arc::new(Shared { config, options, hardening }) })
    }

    /// The same database with its own share of the connections, for one of `threads` that have a runtime each.
    ///
    /// A connection is driven by the runtime that opened it: used from another, every answer would wake a second thread.
    pub fn share(&self, threads: usize) -> Result<Self> {
        // One alone would let a slow read hold up every other.
        let size = self.shared.options.size.div_ceil(threads).max(2);
        Ok(Self { pool: pool(&self.shared.config, &self.shared.options, size)?, shared: Arc::clone(&self.shared) })
    }

    /// What stands between a statement that was tampered with and another organisation.
    pub fn hardening(&self) -> Hardening {
        self.shared.hardening
    }

    /// The door into one organisation. Nothing is sent yet.
    ///
    /// The caller has established that the actor belongs there; the database shows that organisation's rows alone.
    pub fn in_organisation(&self, organisation: OrganisationId, actor: Actor) -> OrgScope {
        OrgScope::new(self.clone(), organisation, actor)
    }

    /// The door to the directory tables, for a listed reason. No tenant's row is visible behind it.
    pub fn system(&self, reason: SystemReason) -> SystemScope {
        SystemScope::new(self.clone(), reason)
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        self.connection().await?.control("", "ping").await
    }

    /// Opens a connection of its own that hears a channel. A notification only wakes; it carries no data.
    pub async fn listen(&self, channel: &'static str) -> Result<Listener> {
        Listener::open(&self.shared.config, channel).await
    }

    pub(crate) async fn connection(&self) -> Result<Connection> {
        Ok(Connection::new(from_pool(&self.pool).await?, self.shared.options.statements))
    }

    pub(crate) fn context_key(&self) -> Option<&ContextKey> {
        self.shared.options.context_key.as_ref()
    }
}

fn pool(config: &Config, options: &PoolOptions, size: usize) -> Result<Pool> {
    // Fast recycling is sound here: no session state is ever set, only `set local`.
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    Pool::builder(Manager::from_config(config.clone(), NoTls, recycling))
        .max_size(size)
        .wait_timeout(Some(options.wait))
        .create_timeout(Some(Duration::from_secs(5)))
        .runtime(Runtime::Tokio1)
        .post_create(Hook::sync_fn(|_, _| {
            tracing::debug!("database connection opened");
            Ok(())
        }))
        .build()
        .map_err(|e| Error::Unreachable(e.to_string()))
}

async fn from_pool(pool: &Pool) -> Result<Object> {
    #[expect(clippy::disallowed_methods, reason = "the one place where a connection leaves the pool")]
    pool.get().await.map_err(|e| match e {
        PoolError::Timeout(_) => Error::Busy,
        other => Error::Unreachable(other.to_string()),
    })
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Database")
    }
}
