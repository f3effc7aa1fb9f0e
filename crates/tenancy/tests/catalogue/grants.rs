//! A32 to A37: doors beside the table, rights that are more than reading and writing, and a context that is missing.

use crate::shapes::{B1, Tenantry, Undefended};

/// Tables on which a role of the server holds a right.
fn held(right: &str) -> String {
    format!(
        "select format('%s: %s', role, relname) from pg_class, unnest(array['tenantry_app', 'tenantry_worker']) as role
          where relnamespace in ('tenantry'::regnamespace, 'tenancy'::regnamespace) and relkind in ('r', 'p')
            and has_table_privilege(role, pg_class.oid, '{right}')"
    )
}

#[tokio::test]
async fn a32_a_partition_or_child_is_a_door_beside_the_policy() {
    let u = Undefended::create().await;
    u.owner
        .run(
            "create table parted (id int, organisation_id text, secret text) partition by range (id);
             create table parted_all partition of parted for values from (0) to (100);
             insert into parted select * from notes;
             create table child () inherits (forced);
             insert into child select * from notes;
             alter table parted enable row level security;
             create policy tenant on parted using (organisation_id = current_setting('app.current_org_id'));
             grant select, update on parted, parted_all, child to @app",
        )
        .await;
    assert_eq!(u.app.within("A", "select count(*) from parted; select count(*) from forced").await, ["2", "4"]);
    for door in ["parted_all", "child"] {
        let changed =
            format!("with changed as (update {door} set secret = 'mine' returning 1) select count(*) from changed");
        assert_eq!(u.app.within("A", &format!("select count(*) from {door}; {changed}")).await, ["4", "4"]);
    }

    let t = Tenantry::create().await;
    let child = "create table child () inherits (procedures)";
    t.rule("select inhrelid::regclass from pg_inherits", child).await;
    t.owner.run(child).await;
    assert_eq!(t.app.refused_within("org_acme", "select count(*) from child").await, "42501");
}

#[tokio::test]
async fn a33_truncate_asks_no_policy() {
    let u = Undefended::create().await;
    u.owner.run("grant all on forced to @app").await;
    u.app.within("A", "truncate forced").await;
    assert_eq!(u.boss.one("select count(*) from forced").await, "0");

    let t = Tenantry::create().await;
    t.rule(&held("truncate"), "grant truncate on procedures to tenantry_app").await;
    assert_eq!(t.app.refused_within("org_acme", "truncate step_templates").await, "42501");
}

#[tokio::test]
async fn a34_whoever_may_make_triggers_reads_what_others_write() {
    let u = Undefended::create().await;
    u.boss.run("create role @mallory login; grant usage, create on schema public to @mallory; grant trigger on forced to @mallory").await;
    let mallory = u.open("@mallory").await;
    mallory
        .run(
            "create table stolen (secret text);
             create function steal() returns trigger language plpgsql security definer as
               $$ begin insert into stolen values (new.secret); return null; end $$;
             create trigger steal after insert on forced for each row execute function steal()",
        )
        .await;
    u.app.within("B", "insert into forced values (9, 'B', 'secret-b9')").await;
    assert_eq!(mallory.one("select secret from stolen").await, "secret-b9");

    let t = Tenantry::create().await;
    t.rule(&held("trigger"), "grant trigger on procedures to tenantry_app").await;
    let steal = "create trigger steal after insert on procedures for each row execute function pg_catalog.suppress_redundant_updates_trigger()";
    assert_eq!(t.app.refused(steal).await, "42501");
}

#[tokio::test]
async fn a35_whoever_may_reference_asks_for_ids_and_holds_rows_fast() {
    let u = Undefended::create().await;
    u.boss.run("create role @mallory login; grant usage, create on schema public to @mallory; grant references on forced to @mallory").await;
    let mallory = u.open("@mallory").await;
    mallory.run("create table hooks (id int references forced); insert into hooks values (3)").await;
    assert_eq!(mallory.refused("insert into hooks values (999)").await, "23503");
    let held_fast = u.app.error_within("B", "delete from forced where id = 3").await;
    assert_eq!((held_fast.code().code(), held_fast.constraint()), ("23503", Some("hooks_id_fkey")));

    let t = Tenantry::create().await;
    t.rule(&held("references"), "grant references on procedures to tenantry_app").await;
    assert_eq!(t.app.refused("create table hooks (id uuid)").await, "42501");
    assert_eq!(t.app.refused("create schema hooks").await, "42501");
    let freed =
        format!("delete from step_templates where procedure_id = '{B1}'; delete from procedures where id = '{B1}'");
    t.app.within("org_bolt", &freed).await;
}

#[tokio::test]
async fn a36_lock_table_by_one_tenant_holds_up_all() {
    let u = Undefended::create().await;
    let lock =
        |table| format!("begin; set local app.current_org_id = 'A'; lock table {table} in access exclusive mode");
    u.app.run(&lock("forced")).await;
    let waiting = "set local lock_timeout = '50ms'; select count(*) from forced";
    assert_eq!(u.open("@app").await.refused_within("B", waiting).await, "55P03");

    // The right to change rows is the right to lock the table. What bounds it: nobody waits, or sits, for long.
    let t = Tenantry::create().await;
    t.app.run(&lock("procedures")).await;
    let other = t.open("tenantry_app").await;
    assert_eq!(other.refused_within("org_bolt", "select count(*) from procedures").await, "55P03");
    let limits = "show lock_timeout; show idle_in_transaction_session_timeout; show statement_timeout";
    assert_eq!(t.app.run(limits).await, ["2s", "10s", "5s"]);
    assert!(crate::shapes::statements_that_say(&["lock table"]).is_empty());
}

#[tokio::test]
async fn a37_a_policy_that_takes_no_context_for_all_shows_all() {
    let u = Undefended::create().await;
    u.owner
        .run(
            "alter policy tenant on forced using (current_setting('app.current_org_id', true) is null
               or organisation_id = current_setting('app.current_org_id', true))",
        )
        .await;
    assert_eq!(u.app.one("select count(*) from forced").await, "4");

    let t = Tenantry::create().await;
    let count = "select count(*) from procedures";
    assert_eq!(t.app.refused(count).await, "42704", "loud the first time");
    t.app.within("org_acme", count).await;
    assert_eq!(t.app.one(count).await, "0", "empty ever after");
    let directory = "select count(*) from organisations; select count(*) from users; select count(*) from memberships;
                     select count(*) from jobs; select count(*) from inbound_events";
    assert_eq!(t.app.run(directory).await, ["0"; 5]);
}
