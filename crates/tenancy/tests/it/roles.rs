//! Who the program refuses to be, and what the roles it accepts cannot do.

use tenancy::{Database, Error, PoolOptions};
use testkit::{TestDatabase, World};

#[tokio::test]
async fn refuses_to_start_as_anything_row_level_security_does_not_bind() {
    let database = TestDatabase::create().await;
    for role in ["postgres", "tenantry_owner", "tenantry_backup"] {
        let refused = Database::connect(&database.url(role), PoolOptions::default()).await.unwrap_err();
        assert!(matches!(refused, Error::RoleTooStrong { .. }), "{role}: {refused}");
        assert!(refused.to_string().contains("DATABASE_URL"), "says how to mend it: {refused}");
    }
    for role in ["tenantry_app", "tenantry_worker"] {
        Database::connect(&database.url(role), PoolOptions::default()).await.unwrap();
    }
}

#[tokio::test]
async fn the_server_and_the_worker_cannot_climb() {
    let world = World::create().await;
    for role in ["tenantry_app", "tenantry_worker"] {
        let client = world.database.client(role).await;
        for attempt in [
            "set role tenantry_owner",
            "set role postgres",
            "set session authorization postgres",
            "alter table procedures disable row level security",
            "alter table procedures no force row level security",
            "drop policy tenant on procedures",
            "create policy open on procedures using (true)",
            "truncate procedures",
            "create table mine (id int)",
            "create temp table mine (id int)",
            "create schema mine",
            "create function mine() returns int language sql return 1",
            "select set_config('app.current_org_id', 'org_bolt', true)",
            "update procedure_versions set name = 'changed'",
            "update version_steps set title = 'changed'",
            "update activity_events set who = 'user_max'",
            "select lo_create(0)",
            "select tenancy.isolate('procedures')",
            "insert into tenancy.directory_tables values ('tenantry.procedures', 'because I would like it to be')",
        ] {
            client.batch_execute("begin; set local app.current_org_id = 'org_acme'").await.unwrap();
            let refused = client.batch_execute(attempt).await.expect_err(attempt);
            client.batch_execute("rollback").await.unwrap();
            let code = refused.code().unwrap_or_else(|| panic!("{attempt}: {refused}"));
            // insufficient_privilege, or: owners of the table alone may do this.
            assert!(["42501", "28000"].contains(&code.code()), "{role}: {attempt}: {refused}");
        }
    }
    // What only the worker may, where it erases an organisation.
    let app = world.database.client("tenantry_app").await;
    for table in ["inbound_events", "drift_reports", "audit_log", "audit_heads", "erasures"] {
        app.batch_execute("begin; set local app.current_org_id = 'org_acme'").await.unwrap();
        let refused = app.execute(&format!("delete from {table}"), &[]).await.expect_err(table);
        app.batch_execute("rollback").await.unwrap();
        assert_eq!(refused.code().unwrap().code(), "42501", "{table}");
    }
}

#[tokio::test]
async fn a_migration_without_an_organisation_fails_instead_of_changing_nothing() {
    let world = World::create().await;
    let owner = world.database.client("tenantry_owner").await;
    let refused = owner.execute("update procedures set name = 'changed'", &[]).await.unwrap_err();
    assert!(format!("{refused:?}").contains("row-level security"), "{refused:?}");
}

#[tokio::test]
async fn the_backup_role_reads_every_table_and_writes_none() {
    let world = World::create().await;
    world.procedure("ada", &world.acme, "acme opens").await;
    world.procedure("olga", &world.bolt, "bolt opens").await;
    let backup = world.database.client("tenantry_backup").await;
    let count: i64 = backup.query_one("select count(*) from procedures", &[]).await.unwrap().get(0);
    assert_eq!(count, 2);
    let tables = backup
        .query(
            "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('tenantry', 'tenancy')",
            &[],
        )
        .await
        .unwrap();
    assert!(tables.len() >= 14);
    for table in tables {
        let table: String = table.get(0);
        backup.query(&format!("select count(*) from {table}"), &[]).await.unwrap();
        assert!(backup.batch_execute(&format!("delete from {table}")).await.is_err(), "{table}");
    }
}
