//! A51 to A54: what a session or a server keeps outside tables.

use crate::shapes::{Tenantry, Undefended, statements_that_say};

#[tokio::test]
async fn a51_large_objects_have_owners_and_no_tenants() {
    let u = Undefended::create().await;
    let id = u.app.within("B", "select lo_from_bytea(0, 'secret-b')").await.concat();
    assert_eq!(u.app.within("A", &format!("select convert_from(lo_get({id}), 'UTF8')")).await, ["secret-b"]);

    let t = Tenantry::create().await;
    for make in ["lo_from_bytea(0, 'secret')", "lo_create(0)", "lo_creat(-1)", "lo_import('/etc/hostname')"] {
        assert_eq!(t.app.refused_within("org_acme", &format!("select {make}")).await, "42501", "{make}");
    }
    t.rule("select oid from pg_largeobject_metadata", "select lo_create(0)").await;
}

#[tokio::test]
async fn a52_every_role_hears_every_notification() {
    let u = Undefended::create().await;
    u.boss.run("create role @stranger login").await;
    let stranger = u.open("@stranger").await;
    stranger.run("listen changes").await;
    u.app.within("B", "notify changes, 'secret-b'").await;
    assert_eq!(stranger.heard().await, ["secret-b"]);

    // Heard here too. So what is sent is a fingerprint of the organisation.
    let t = Tenantry::create().await;
    let stranger = t.open("tenantry_backup").await;
    stranger.run("listen tenantry_live").await;
    let door = t.database.app().await.in_organisation(testkit::organisation("bolt").id, tenancy::Actor::Job("test"));
    let (mut tx, _) = door.write(&[]).await.unwrap();
    tx.wake().await.unwrap();
    tx.commit().await.unwrap();
    let heard = stranger.heard().await;
    assert_eq!(heard.len(), 1);
    assert!(heard[0].len() >= 16 && heard[0].bytes().all(|b| b.is_ascii_hexdigit()), "{heard:?}");
    // The statements that speak wake workers, with an empty payload.
    let speaking = statements_that_say(&["notify"]);
    assert!(!speaking.is_empty());
    assert_eq!(speaking, statements_that_say(&["pg_notify('tenantry_jobs', '')"]));
}

#[tokio::test]
async fn a53_advisory_locks_are_one_space_for_all() {
    let u = Undefended::create().await;
    u.app.within("A", "select pg_advisory_lock(7)").await;
    let other = u.open("@app").await;
    assert_eq!(other.within("B", "select pg_try_advisory_lock(7)").await, ["f"]);
    let visible = "select objid from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())";
    assert_eq!(other.run(visible).await, ["7"]);

    // The same here for whoever could type SQL; nobody waits for long, and no statement of the product takes one.
    let t = Tenantry::create().await;
    t.app.within("org_acme", "select pg_advisory_lock(7)").await;
    let other = t.open("tenantry_app").await;
    assert_eq!(other.run(visible).await, ["7"]);
    assert_eq!(other.refused_within("org_bolt", "select pg_advisory_lock(7)").await, "55P03");
    assert!(statements_that_say(&["advisory"]).is_empty());
}

#[tokio::test]
async fn a54_a_temporary_table_or_held_cursor_outlives_its_tenant() {
    let hold = |table, column| format!("declare held cursor with hold for select {column} from {table} order by 1");
    let u = Undefended::create().await;
    u.app
        .within("B", &format!("create temp table kept as select secret from notes; {}", hold("notes", "secret")))
        .await;
    let read = "select secret from kept order by 1; fetch all from held";
    assert_eq!(u.app.within("A", read).await, ["secret-b3", "secret-b4", "secret-b3", "secret-b4"]);

    let t = Tenantry::create().await;
    assert_eq!(
        t.app.refused_within("org_bolt", "create temp table kept as select name from procedures").await,
        "42501"
    );
    // A held cursor is as open as there, to whoever could type SQL: no statement of the product declares one.
    t.app.within("org_bolt", &hold("procedures", "name")).await;
    assert_eq!(t.app.within("org_acme", "fetch all from held").await, ["secret-b1", "secret-b2"]);
    assert!(statements_that_say(&["declare", "cursor", "temp "]).is_empty());
}
