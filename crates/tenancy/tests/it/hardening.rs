//! Where the server belongs to somebody else: no superuser, so less can be closed. It works, and it is said.

use tenancy::{Actor, Database, OrganisationId, PoolOptions, Query, Statement, Tables};
use testkit::TestDatabase;

#[tokio::test]
async fn an_administrator_without_superuser_bootstraps_all_but_what_only_a_superuser_may_close() {
    let anywhere = TestDatabase::create().await;
    let superuser = anywhere.client("postgres").await;
    let name = format!("managed_{}", std::process::id());
    superuser.batch_execute("create role cloud_admin login createdb createrole").await.unwrap();
    let url = |role: &str, database: &str| anywhere.url_in(role, database);
    tenancy::bootstrap(&url("cloud_admin", "postgres"), &name).await.unwrap();
    tenancy::migrate(&url("tenantry_owner", &name)).await.unwrap();

    let app = Database::connect(&url("tenantry_app", &name), PoolOptions::default()).await.unwrap();
    assert!(!app.hardening().settings_are_closed, "a managed server leaves set_config open, and this is how we know");
    assert!(!app.hardening().contexts_are_signed);

    // What is left open is what signed contexts are for.
    const MOVE: Statement =
        Statement::new("MOVE", "select set_config('app.current_org_id', 'org_bolt', true)", Tables::Directory);
    const WHERE: Statement = Statement::new(
        "WHERE",
        "select current_setting('app.current_org_id'), (select tenancy.genuine('app.current_org_id', false) is not null)",
        Tables::Directory,
    );
    let acme = OrganisationId::parse("org_acme").unwrap();
    let moved =
        app.in_organisation(acme.clone(), Actor::Job("test")).read(&[Query::new(MOVE), Query::new(WHERE)]).await;
    assert_eq!(moved.unwrap()[1][0].get::<_, &str>(0), "org_bolt", "in the middle of a transaction of Acme");
    let key = tenancy::ContextKey::parse(testkit::CONTEXT_KEY).unwrap();
    tenancy::sign_contexts(&url("tenantry_owner", &name), &key).await.unwrap();
    let options = PoolOptions { context_key: Some(key), ..PoolOptions::default() };
    let app = Database::connect(&url("tenantry_app", &name), options).await.unwrap();
    let door = app.in_organisation(acme, Actor::Job("test"));
    let rows = door.read(&[Query::new(WHERE), Query::new(MOVE), Query::new(WHERE)]).await.unwrap();
    let believed: Vec<bool> = [0, 2].into_iter().map(|at| rows[at][0].get(1)).collect();
    assert_eq!(believed, [true, false], "a moved context is believed no longer");
}
