//! A9 to A16: views, and functions that tell what they are shown.

use crate::shapes::{Tenantry, Undefended, ours};

/// Tells what it is shown; so cheap that the planner calls it first.
const TELL: &str = "create function tell(text) returns boolean language plpgsql cost 0.0000001 as
    $$ begin raise notice '%', $1; return true; end $$";

#[tokio::test]
async fn a09_a_view_of_a_superuser_shows_every_tenant() {
    let u = Undefended::create().await;
    u.boss.run("create view every as select * from forced; grant select on every to @app").await;
    assert_eq!(u.app.within("A", "select count(*) from every").await, ["4"]);
    u.boss.run("alter view every set (security_invoker = true)").await;
    assert_eq!(u.app.within("A", "select count(*) from every").await, ["2"]);

    let t = Tenantry::create().await;
    t.rule(
        &format!("{} and not coalesce(reloptions, '{{}}') @> '{{security_invoker=true}}'", ours("v")),
        "create view planted as select 1 as one",
    )
    .await;
    assert_eq!(t.app.refused("create view every as select * from procedures").await, "42501");
}

#[tokio::test]
async fn a10_a_view_of_the_owner_shows_every_tenant_of_a_table_that_is_not_forced() {
    let u = Undefended::create().await;
    u.owner
        .run(
            "create view of_notes as select * from notes; create view of_forced as select * from forced;
             grant select on of_notes, of_forced to @app",
        )
        .await;
    let counts = "select count(*) from of_notes; select count(*) from of_forced";
    assert_eq!(u.app.within("A", counts).await, ["4", "2"]);

    // Forced, and no policy names the owner: its view shows nothing at all.
    let t = Tenantry::create().await;
    t.owner.run("create view every as select * from procedures; grant select on every to tenantry_app").await;
    assert_eq!(t.app.within("org_acme", "select count(*) from every").await, ["0"]);
}

#[tokio::test]
async fn a11_a_materialised_view_keeps_what_its_maker_saw() {
    let u = Undefended::create().await;
    u.owner.within("A", "create materialized view of_a as select secret from forced").await;
    u.boss.run("create materialized view of_all as select secret from forced").await;
    u.boss.run("grant select on of_a, of_all to @app").await;
    assert_eq!(u.app.within("B", "select secret from of_a order by 1").await, ["secret-a1", "secret-a2"]);
    assert_eq!(u.app.within("B", "select count(*) from of_all").await, ["4"]);
    assert_eq!(u.owner.refused("alter table of_a enable row level security").await, "42809");

    let t = Tenantry::create().await;
    t.rule(&ours("m"), "create materialized view planted as select 1 as one").await;
    let make = "create materialized view every as select name from procedures";
    assert_eq!(t.app.refused_within("org_acme", make).await, "42501");
    assert_eq!(t.owner.refused_within("org_acme", make).await, "42501", "the owner has no rows to keep");
}

#[tokio::test]
async fn a12_a_cheap_function_sees_past_the_filter_of_a_plain_view() {
    let u = Undefended::create().await;
    u.owner
        .run(
            "create table bare as select * from notes;
             create view mine as select * from bare where organisation_id = current_setting('app.current_org_id');
             create view barred with (security_barrier) as select * from bare where organisation_id = current_setting('app.current_org_id');
             grant select on mine, barred to @app; grant create on schema public to @app",
        )
        .await;
    u.app.run(TELL).await;
    assert_eq!(u.app.within("A", "select id from mine where tell(secret)").await, ["1", "2"]);
    assert!(u.app.heard().await.contains(&"secret-b3".to_owned()));
    u.app.within("A", "select id from barred where tell(secret)").await;
    assert_eq!(u.app.heard().await, ["secret-a1", "secret-a2"]);

    let t = Tenantry::create().await;
    assert_eq!(t.app.refused(TELL).await, "42501");
    assert_eq!(t.app.refused(&TELL.replace("tell(", "pg_temp.tell(")).await, "42501");
}

#[tokio::test]
async fn a13_below_row_level_security_the_same_function_sees_its_own_rows_alone() {
    let u = Undefended::create().await;
    u.boss.run(TELL).await;
    u.app.within("A", "select id from notes where tell(secret)").await;
    assert_eq!(u.app.heard().await, ["secret-a1", "secret-a2"]);

    let t = Tenantry::create().await;
    t.boss.run(TELL).await;
    t.app.within("org_acme", "select id from procedures where tell(name)").await;
    let mut heard = t.app.heard().await;
    heard.sort();
    assert_eq!(heard, ["secret-a1", "secret-a2"]);
}

#[tokio::test]
async fn a14_an_error_made_by_another_tenants_value_is_not_made() {
    let u = Undefended::create().await;
    let probe = |table, column, secret| {
        format!("select count(*) from {table} where 1 / (case when {column} = '{secret}' then 0 else 1 end) = 1")
    };
    assert_eq!(u.app.within("A", &probe("notes", "secret", "secret-b3")).await, ["2"]);
    assert_eq!(u.app.refused_within("A", &probe("notes", "secret", "secret-a1")).await, "22012");

    let t = Tenantry::create().await;
    assert_eq!(t.app.within("org_acme", &probe("procedures", "name", "secret-b1")).await, ["2"]);
    assert_eq!(t.app.refused_within("org_acme", &probe("procedures", "name", "secret-a1")).await, "22012");
}

#[tokio::test]
async fn a15_only_a_superuser_calls_a_function_leakproof() {
    let leakproof = TELL.replace("cost", "leakproof cost");
    let u = Undefended::create().await;
    u.owner.run("grant create on schema public to @app").await;
    for session in [&u.app, &u.owner] {
        assert_eq!(session.refused(&leakproof).await, "42501");
    }
    let t = Tenantry::create().await;
    for session in [&t.app, &t.owner] {
        assert_eq!(session.refused(&leakproof).await, "42501");
    }
}

#[tokio::test]
async fn a16_a_function_wrongly_called_leakproof_sees_every_tenant() {
    let u = Undefended::create().await;
    u.boss.run(&TELL.replace("cost", "leakproof cost")).await;
    assert_eq!(u.app.within("A", "select id from notes where tell(secret)").await, ["1", "2"]);
    assert!(u.app.heard().await.contains(&"secret-b3".to_owned()));

    let t = Tenantry::create().await;
    t.rule(
        "select proname from pg_proc where proleakproof and oid >= 16384",
        "create function planted() returns int language sql leakproof return 1",
    )
    .await;
}
