//! The two databases each attack is tried on: one that a careless team would make, and Tenantry's own.

use testkit::TestDatabase;
use uuid::Uuid;

use crate::session::Session;

/// Row-level security as in most tutorials, and nothing besides. Two tenants, A with the rows 1 and 2, B with 3 and 4.
///
/// `notes` has row-level security without force, `forced` with it. Roles: @owner, @app, and what a test adds.
pub(crate) struct Undefended {
    name: String,
    /// The superuser.
    pub(crate) boss: Session,
    /// The owner of the tables.
    pub(crate) owner: Session,
    /// What a server would connect as.
    pub(crate) app: Session,
}

impl Undefended {
    pub(crate) async fn create() -> Self {
        let name = format!("u{}", Uuid::now_v7().simple());
        let prefix = format!("{name}_");
        let outside = Session::open(&url("postgres", "postgres"), &prefix).await;
        outside.run("create role @owner login; create role @app login").await;
        outside.run(&format!("create database {name} template template0 owner @owner")).await;
        let open = async |role: &str| Session::open(&url(role, &name), &prefix).await;
        let boss = open("postgres").await;
        let owner = open(&format!("{name}_owner")).await;
        owner
            .run(
                "create table notes (id int primary key, organisation_id text not null, secret text not null);
                 insert into notes values (1, 'A', 'secret-a1'), (2, 'A', 'secret-a2'), (3, 'B', 'secret-b3'), (4, 'B', 'secret-b4');
                 create table forced (like notes including all);
                 insert into forced select * from notes;
                 alter table notes enable row level security;
                 alter table forced enable row level security;
                 alter table forced force row level security;
                 create policy tenant on notes using (organisation_id = current_setting('app.current_org_id'));
                 create policy tenant on forced using (organisation_id = current_setting('app.current_org_id'));
                 grant select, insert, update, delete on notes, forced to @app",
            )
            .await;
        let app = open(&format!("{name}_app")).await;
        Self { boss, owner, app, name }
    }

    /// One more connection as a role of this test, or as `postgres`.
    pub(crate) async fn open(&self, role: &str) -> Session {
        Session::open(&self.url(role), &format!("{}_", self.name)).await
    }

    /// A name of this test's own on the server.
    pub(crate) fn role(&self, name: &str) -> String {
        format!("{}_{name}", self.name)
    }

    /// Where it connects.
    pub(crate) fn url(&self, role: &str) -> String {
        url(&role.replace('@', &format!("{}_", self.name)), &self.name)
    }
}

/// A database of the tests' server.
fn url(role: &str, database: &str) -> String {
    let server = std::env::var("TEST_DATABASE_URL").expect("TEST_DATABASE_URL names no Postgres: run `script/test`");
    let (_, socket) = server.split_once('?').expect("the test cluster listens on a Unix socket");
    format!("postgresql://{role}@/{database}?{socket}")
}

/// Tenantry's migrated schema with two procedures and two steps in Acme and in Bolt each.
///
/// Ids end in a1 and a2 for Acme, b1 and b2 for Bolt; names begin with `secret-`.
pub(crate) struct Tenantry {
    pub(crate) database: TestDatabase,
    /// The superuser.
    pub(crate) boss: Session,
    /// `tenantry_owner`, as migrations run.
    pub(crate) owner: Session,
    /// `tenantry_app`, as the server connects.
    pub(crate) app: Session,
}

pub(crate) const B1: &str = "00000000-0000-0000-0000-0000000000b1";
/// Nobody's.
pub(crate) const UNKNOWN: &str = "00000000-0000-0000-0000-0000000000ff";

impl Tenantry {
    pub(crate) async fn create() -> Self {
        let database = TestDatabase::create().await;
        let open = async |role: &str| Session::open(&database.url(role), "").await;
        let boss = open("postgres").await;
        boss.run(
            "set search_path = tenantry;
             insert into organisations (id, slug, name, mirrored_at) values ('org_acme', 'acme', 'Acme', now()), ('org_bolt', 'bolt', 'Bolt', now());
             insert into users (id, email, name, mirrored_at) select 'user_' || name, name || chr(64) || 'example.test', name, now() from unnest(array['ada', 'olga']) as name;
             insert into memberships (organisation_id, user_id, role) values ('org_acme', 'user_ada', 'admin'), ('org_bolt', 'user_olga', 'admin');
             insert into procedures (organisation_id, id, name, created_by)
             select 'org_' || company, ('00000000-0000-0000-0000-0000000000' || left(company, 1) || number)::uuid, 'secret-' || left(company, 1) || number, 'user_ada'
               from unnest(array['acme', 'bolt']) as company, generate_series(1, 2) as number;
             insert into step_templates (organisation_id, id, procedure_id, position, title)
             select organisation_id, id, ('00000000-0000-0000-0000-0000000000' || substr(organisation_id, 5, 1) || '1')::uuid, right(name, 1)::int, name from procedures",
        )
        .await;
        let (owner, app) = (open("tenantry_owner").await, open("tenantry_app").await);
        Self { boss, owner, app, database }
    }

    /// One more connection as a role.
    pub(crate) async fn open(&self, role: &str) -> Session {
        Session::open(&self.database.url(role), "").await
    }

    /// From now on contexts have to be signed; gives the settings that stand for Acme.
    pub(crate) async fn signed(&self) -> String {
        self.database.sign_contexts().await;
        let context = self
            .boss
            .one(
                "select 'test|' || until || '|' || encode(sha256(outer_key || sha256(inner_key
                        || convert_to('test|org_acme|||' || until, 'UTF8'))), 'hex')
                   from tenancy.context_keys,
                        (select floor(extract(epoch from now()) + 100)::text as until) as moment
                  where id = 'test'",
            )
            .await;
        format!("set local app.current_org_id = 'org_acme'; set local app.context = '{context}'")
    }

    /// A rule about the whole database: the query names what breaks it, which is nothing, and finds what is planted.
    pub(crate) async fn rule(&self, broken_by: &str, plant: &str) {
        assert_eq!(self.boss.run(broken_by).await, Vec::<String>::new(), "{broken_by}");
        self.boss.run(&format!("begin; {plant}")).await;
        assert!(!self.boss.run(broken_by).await.is_empty(), "blind to: {plant}");
        self.boss.run("rollback").await;
    }
}

/// Relations of ours: `kinds` as in pg_class.relkind, comma between.
pub(crate) fn ours(kinds: &str) -> String {
    let kinds: Vec<String> = kinds.split(',').map(|kind| format!("'{kind}'")).collect();
    format!(
        "select relname from pg_class where relnamespace in ('tenantry'::regnamespace, 'tenancy'::regnamespace)
            and relkind in ({})",
        kinds.join(", ")
    )
}

/// The product's own statements that contain one of these words.
pub(crate) fn statements_that_say(words: &[&str]) -> Vec<&'static str> {
    let says = |sql: &str| words.iter().any(|word| sql.to_lowercase().contains(word));
    domain::statements().filter(|statement| says(statement.sql)).map(|statement| statement.name).collect()
}
