//! A migrated database per test, copied from one template on the cluster that `script/test` starts.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use tenancy::{Actor, ContextKey, Database, OrganisationId, PoolOptions, Query, Statement, Statements, Tables, UserId};
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls};

/// One test's own database. It goes away with the throw-away cluster.
pub struct TestDatabase {
    admin_url: String,
    name: String,
}

/// The key of tests that sign contexts.
pub const CONTEXT_KEY: &str = "test:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

static TEMPLATE: OnceCell<String> = OnceCell::const_new();

impl TestDatabase {
    /// Copies the template, making it first where it is missing.
    pub async fn create() -> Self {
        let admin_url = std::env::var("TEST_DATABASE_URL").expect(
            "TEST_DATABASE_URL names no Postgres: run `script/test`, or \
             `target/debug/pg-local run --throwaway --data-dir /tmp/… -- cargo test`",
        );
        let template = TEMPLATE.get_or_init(|| make_template(&admin_url)).await;
        let name = format!("test_{}", uuid::Uuid::now_v7().simple());
        let admin = connect(&admin_url).await;
        admin.batch_execute(&format!("create database {name} template {template}")).await.unwrap();
        // A copy does not inherit who may connect.
        admin
            .batch_execute(&format!(
                "alter database {name} owner to tenantry_owner; revoke all on database {name} from public;
                 grant connect on database {name} to tenantry_owner, tenantry_app, tenantry_worker, tenantry_backup"
            ))
            .await
            .unwrap();
        let database = Self { admin_url, name };
        if database.options().context_key.is_some() {
            database.sign_contexts().await;
        }
        database
    }

    /// A connection URL for a role (`tenantry_app`, …; `postgres` is the superuser).
    pub fn url(&self, role: &str) -> String {
        with_role_and_database(&self.admin_url, role, &self.name)
    }

    /// The same for another database of the cluster.
    pub fn url_in(&self, role: &str, database: &str) -> String {
        with_role_and_database(&self.admin_url, role, database)
    }

    /// As the server connects.
    pub async fn app(&self) -> Database {
        self.connect("tenantry_app", self.options()).await
    }

    /// As the worker connects.
    pub async fn worker(&self) -> Database {
        self.connect("tenantry_worker", self.options()).await
    }

    /// As a role, with options of the test's own.
    pub async fn connect(&self, role: &str, options: PoolOptions) -> Database {
        Database::connect(&self.url(role), options).await.unwrap()
    }

    /// The settings that a person's transaction begins with, signed where that is asked for; good for two minutes.
    pub async fn settings(&self, organisation: &str, user: &str) -> String {
        let context = self.context(organisation, Actor::Member(UserId::parse(user).unwrap())).await;
        format!(
            "set local app.current_org_id = '{organisation}'; set local app.current_user_id = '{user}';
             set local app.context = '{context}'"
        )
    }

    /// The same of a job's transaction.
    pub async fn job_settings(&self, organisation: &str, kind: &'static str) -> String {
        let context = self.context(organisation, Actor::Job(kind)).await;
        format!("set local app.current_org_id = '{organisation}'; set local app.context = '{context}'")
    }

    async fn context(&self, organisation: &str, actor: Actor) -> String {
        const SIGNED: Statement =
            Statement::new("SIGNED", "select coalesce(current_setting('app.context', true), '')", Tables::Directory);
        let door = self.app().await.in_organisation(OrganisationId::parse(organisation).unwrap(), actor);
        door.read(&[Query::new(SIGNED)]).await.unwrap()[0][0].get(0)
    }

    /// From now on the database believes contexts signed with [`CONTEXT_KEY`] alone.
    pub async fn sign_contexts(&self) {
        let key = ContextKey::parse(CONTEXT_KEY).unwrap();
        tenancy::sign_contexts(&self.url("tenantry_owner"), &key).await.unwrap();
    }

    /// The options that TEST_DOOR asks for: `script/test` runs some suites once more as `signed` and as `unnamed`.
    pub fn options(&self) -> PoolOptions {
        match std::env::var("TEST_DOOR").as_deref() {
            Ok("signed") => {
                PoolOptions { context_key: Some(ContextKey::parse(CONTEXT_KEY).unwrap()), ..PoolOptions::default() }
            }
            Ok("unnamed") => PoolOptions { statements: Statements::Unnamed, ..PoolOptions::default() },
            Ok(other) => panic!("TEST_DOOR is {other:?}; it knows signed and unnamed"),
            Err(_) => PoolOptions::default(),
        }
    }

    /// A bare connection as a role, for attacks and for looking behind the wall.
    pub async fn client(&self, role: &str) -> Client {
        connect(&self.url(role)).await
    }
}

impl TestDatabase {
    /// The same in another database of the cluster.
    pub async fn client_in(&self, role: &str, database: &str) -> Client {
        connect(&self.url_in(role, database)).await
    }
}

async fn make_template(admin_url: &str) -> String {
    let name = format!("template_{:016x}", hash_of_migrations());
    let admin = connect(admin_url).await;
    // Test programs that start together make one template between them.
    admin.batch_execute("select pg_advisory_lock(7355608)").await.unwrap();
    let made = admin.query_opt("select from pg_database where datname = $1 and datistemplate", &[&name]).await.unwrap();
    if made.is_none() {
        admin.batch_execute(&format!("drop database if exists {name}")).await.unwrap();
        tenancy::bootstrap(admin_url, &name).await.unwrap();
        tenancy::migrate(&with_role_and_database(admin_url, "tenantry_owner", &name)).await.unwrap();
        admin.batch_execute(&format!("alter database {name} is_template true")).await.unwrap();
    }
    admin.batch_execute("select pg_advisory_unlock(7355608)").await.unwrap();
    name
}

fn hash_of_migrations() -> u64 {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "sql")) {
        std::fs::read(file).unwrap().hash(&mut hasher);
    }
    hasher.finish()
}

/// `postgresql://role@host/database?…`: replaces role and database, keeps the rest.
fn with_role_and_database(url: &str, role: &str, database: &str) -> String {
    let (scheme, rest) = url.split_once("://").expect("a Postgres URL has ://");
    let (rest, options) = rest.split_once('?').map_or((rest, String::new()), |(a, b)| (a, format!("?{b}")));
    let (authority, _) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{role}@{host}/{database}{options}")
}

pub(crate) async fn connect(url: &str) -> Client {
    #[expect(clippy::disallowed_methods, reason = "tests look behind the wall")]
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
