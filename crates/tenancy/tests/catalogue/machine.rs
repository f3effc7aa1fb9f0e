//! A63, A64 and A66: copies, the machine below, and limits.

use crate::shapes::{Tenantry, Undefended, statements_that_say};

#[tokio::test]
async fn a63_a_copy_of_a_table_has_no_policy() {
    let u = Undefended::create().await;
    u.owner.run("grant create on schema public to @app").await;
    u.app.within("A", "create table copied as select * from notes").await;
    assert_eq!(u.app.within("B", "select secret from copied order by 1").await, ["secret-a1", "secret-a2"]);

    let t = Tenantry::create().await;
    for copy in [
        "create table copied as select * from procedures",
        "select * into copied from procedures",
        "create temp table copied as select * from procedures",
        "select * into pg_temp.copied from procedures",
        "create table public.copied as select * from procedures",
    ] {
        assert_eq!(t.app.refused_within("org_acme", copy).await, "42501", "{copy}");
    }
}

#[tokio::test]
async fn a64_the_app_gets_no_hold_on_the_server() {
    let u = Undefended::create().await;
    let generated = "add column which text generated always as (current_setting('app.current_org_id')) stored";
    assert_eq!(u.owner.refused(&format!("alter table notes {generated}")).await, "42P17");
    let t = Tenantry::create().await;
    assert_eq!(t.owner.refused(&format!("alter table procedures {generated}")).await, "42P17");

    u.boss.run("create function event() returns event_trigger language plpgsql as 'begin end'").await;
    t.boss.run("create function event() returns event_trigger language plpgsql as 'begin end'").await;
    for session in [&u.app, &u.owner, &t.app, &t.owner] {
        for attempt in [
            "create event trigger planted on ddl_command_end execute function event()",
            "create extension file_fdw",
            "select pg_read_file('/etc/hostname')",
            "select pg_create_logical_replication_slot('planted', 'test_decoding')",
            "copy (select 1) to program 'cat'",
            "alter system set work_mem = '1GB'",
        ] {
            assert_eq!(session.refused(attempt).await, "42501", "{attempt}");
        }
    }
    assert_eq!(t.app.refused("create extension pg_trgm").await, "42501");
}

#[tokio::test]
async fn a66_a_limit_of_the_role_can_be_lifted_by_the_role() {
    let u = Undefended::create().await;
    u.boss.run("alter role @app set statement_timeout = '100ms'").await;
    let limited = u.open("@app").await;
    assert_eq!(limited.refused("select pg_sleep(0.3)").await, "57014");
    limited.run("set statement_timeout = 0").await;
    limited.run("select pg_sleep(0.3)").await;

    // The same here for whoever could type SQL: no statement of the product sets anything.
    let t = Tenantry::create().await;
    assert_eq!(t.app.one("show statement_timeout").await, "5s");
    assert_eq!(t.app.run("set statement_timeout = 0; show statement_timeout").await, ["0"]);
    assert!(statements_that_say(&["set statement_timeout", "set lock_timeout", "set local", "set_config"]).is_empty());
}
