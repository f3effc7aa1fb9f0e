//! A database of a test's own with a small application in it that has no hole.

use audit::{Finding, Report, Subject};
use testkit::{Client, TestDatabase};

/// Two tables of tenants, one reference between them; an owner, an application, and a strong role beside them.
const SOUND: &str = "
    create role OWNER nologin; create role APP login; create role STRONG nologin bypassrls; create role OTHER nologin;
    revoke all on database DATABASE from public; grant connect on database DATABASE to APP;
    revoke all on schema public from public;
    revoke execute on function set_config(text, text, boolean) from public;
    create schema app authorization OWNER; grant usage on schema app to APP, OTHER;
    set role OWNER;
    alter default privileges revoke execute on functions from public;
    create table app.project (
      organisation_id text not null check (organisation_id <> ''), id int not null, name text,
      primary key (organisation_id, id));
    create table app.task (
      organisation_id text not null, id int not null, project_id int, title text,
      primary key (organisation_id, id),
      foreign key (organisation_id, project_id) references app.project (organisation_id, id));
    alter table app.project enable row level security; alter table app.project force row level security;
    alter table app.task enable row level security; alter table app.task force row level security;
    create policy tenant on app.project to APP using (organisation_id = current_setting('app.current_org_id'));
    create policy tenant on app.task to APP using (organisation_id = current_setting('app.current_org_id'));
    grant select, insert, update, delete on app.project, app.task to APP;
    reset role;
    insert into app.project values ('a', 1, 'ours'), ('b', 2, 'theirs');
    insert into app.task values ('a', 1, 1, 'ours'), ('b', 2, 2, 'theirs');";

/// The database, and the names its roles have in this cluster.
pub(crate) struct Scratch {
    pub(crate) admin: Client,
    pub(crate) database: TestDatabase,
    name: String,
}

impl Scratch {
    /// Sound, with nothing to find.
    pub(crate) async fn sound() -> Self {
        let scratch = Self::empty().await;
        scratch.run(SOUND).await;
        scratch
    }

    /// Without a table.
    pub(crate) async fn empty() -> Self {
        let database = TestDatabase::create().await;
        let name = format!("audited_{}", uuid::Uuid::now_v7().simple());
        database
            .client("postgres")
            .await
            .batch_execute(&format!("create database {name} template template0"))
            .await
            .unwrap();
        let admin = database.client_in("postgres", &name).await;
        Self { admin, database, name }
    }

    /// Statements of the administrator; OWNER, APP, STRONG, OTHER and DATABASE stand for their names here.
    pub(crate) async fn run(&self, sql: &str) {
        self.admin.batch_execute(&self.named(sql)).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }

    pub(crate) fn named(&self, sql: &str) -> String {
        ["OWNER", "APP", "STRONG", "OTHER"]
            .iter()
            .fold(sql.replace("DATABASE", &self.name), |sql, role| sql.replace(role, &self.role(role)))
    }

    fn role(&self, role: &str) -> String {
        format!("{}_{}", self.name, role.to_lowercase())
    }

    pub(crate) fn url(&self, role: &str) -> String {
        self.database.url_in(role, &self.name)
    }

    pub(crate) fn app_url(&self) -> String {
        self.url(&self.role("APP"))
    }

    pub(crate) fn subject(&self) -> Subject {
        Subject { roles: vec![self.role("APP")], ..Subject::default() }
    }

    /// What the audit finds, without what this server's age alone is found for.
    pub(crate) async fn audited(&self) -> Report {
        audit::examine(&self.admin, self.subject()).await.unwrap().on_an_old_server()
    }
}

/// Ids of what was found, each once.
pub(crate) fn ids(findings: &[Finding]) -> Vec<&'static str> {
    let mut ids: Vec<_> = findings.iter().map(|finding| finding.lint).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
