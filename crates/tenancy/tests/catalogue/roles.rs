//! A1 to A8: roles that row-level security does not bind, and ways to become one.

use tenancy::{Database, Error, PoolOptions};

use crate::shapes::{Tenantry, Undefended};

const COUNTS: &str = "select count(*) from notes; select count(*) from forced";

async fn too_strong(url: &str) -> bool {
    matches!(Database::connect(url, PoolOptions::default()).await, Err(Error::RoleTooStrong { .. }))
}

#[tokio::test]
async fn a01_a_member_of_the_owner_reads_all_of_a_table_that_is_not_forced() {
    let u = Undefended::create().await;
    u.boss.run("create role @member login noinherit in role @owner").await;
    let member = u.open("@member").await;
    assert_eq!(member.within("A", &format!("set local role @owner; {COUNTS}")).await, ["4", "2"]);

    let t = Tenantry::create().await;
    assert_eq!(t.app.refused_within("org_acme", "set local role tenantry_owner").await, "42501");
    // The owner itself: no policy names it, and row_security = off makes that an error.
    assert_eq!(t.owner.refused_within("org_acme", "select count(*) from procedures").await, "42501");
    let quiet = "set local row_security = on; select count(*) from procedures";
    assert_eq!(t.owner.within("org_acme", quiet).await, ["0"]);
}

#[tokio::test]
async fn a02_a_role_that_inherits_the_owner_reads_all_without_set_role() {
    let u = Undefended::create().await;
    u.boss.run("create role @heir login inherit in role @owner").await;
    assert_eq!(u.open("@heir").await.within("A", COUNTS).await, ["4", "2"]);

    let t = Tenantry::create().await;
    t.rule(
        "select rolname from pg_roles where rolname in ('tenantry_app', 'tenantry_worker')
            and (rolinherit or pg_has_role(rolname, 'tenantry_owner', 'member'))",
        "grant tenantry_owner to tenantry_app",
    )
    .await;
    let heir = format!("heir_{}", uuid::Uuid::now_v7().simple());
    t.boss.run(&format!("create role {heir} login inherit in role tenantry_owner")).await;
    assert!(too_strong(&t.database.url(&heir)).await);
}

#[tokio::test]
async fn a03_superusers_and_bypassrls_read_all_whatever_the_context_says() {
    let u = Undefended::create().await;
    u.boss.run("create role @bypass login bypassrls; grant select on notes, forced to @bypass").await;
    for session in [&u.boss, &u.open("@bypass").await] {
        assert_eq!(session.within("A", COUNTS).await, ["4", "4"]);
    }

    let t = Tenantry::create().await;
    for role in ["postgres", "tenantry_backup"] {
        assert!(too_strong(&t.database.url(role)).await, "{role}");
    }
    assert!(!too_strong(&t.database.url("tenantry_app")).await);
}

#[tokio::test]
async fn a04_a_superuser_that_became_the_app_needs_only_reset_role() {
    let u = Undefended::create().await;
    let down_and_up = "set local role @app; select count(*) from forced; reset role; select count(*) from forced";
    assert_eq!(u.boss.within("A", down_and_up).await, ["2", "4"]);

    let t = Tenantry::create().await;
    let disguised = format!("{}&options=-c%20role%3Dtenantry_app", t.database.url("postgres"));
    assert!(too_strong(&disguised).await, "the login counts, not the role it wears");
}

#[tokio::test]
async fn a05_the_app_cannot_become_anybody() {
    let u = Undefended::create().await;
    for become_ in ["set role @owner", "set role postgres", "set session authorization @owner"] {
        assert_eq!(u.app.refused(become_).await, "42501", "{become_}");
    }
    let t = Tenantry::create().await;
    for role in ["tenantry_owner", "tenantry_worker", "tenantry_backup", "postgres", "pg_read_all_data"] {
        for become_ in ["set role", "set session authorization"] {
            assert_eq!(t.app.refused(&format!("{become_} {role}")).await, "42501", "{become_} {role}");
        }
    }
}

#[tokio::test]
async fn a06_row_security_off_is_an_error_and_never_unfiltered() {
    let u = Undefended::create().await;
    let off = "set local row_security = off; select count(*) from";
    assert_eq!(u.app.refused_within("A", &format!("{off} notes")).await, "42501");
    let t = Tenantry::create().await;
    let error = t.app.error_within("org_acme", &format!("{off} procedures")).await;
    assert!(error.message().contains("would be affected by row-level security"), "{error}");
}

#[tokio::test]
async fn a07_the_app_cannot_touch_policies_or_presets() {
    let u = Undefended::create().await;
    for attempt in [
        "alter table notes disable row level security",
        "create policy open on notes using (true)",
        "alter role @app set app.current_org_id = 'B'",
    ] {
        assert_eq!(u.app.refused(attempt).await, "42501", "{attempt}");
    }
    let t = Tenantry::create().await;
    for attempt in [
        "alter table procedures disable row level security",
        "alter table procedures no force row level security",
        "create policy open on procedures using (true)",
        "drop policy tenant on procedures",
        "alter role tenantry_app set app.current_org_id = 'org_bolt'",
        "alter role tenantry_app set app.system_reason = 'jobs'",
    ] {
        assert_eq!(t.app.refused(attempt).await, "42501", "{attempt}");
    }
}

#[tokio::test]
async fn a08_a_migration_that_takes_force_away_says_nothing() {
    let u = Undefended::create().await;
    u.boss.run("insert into forced values (5, 'B', 'x'), (6, 'B', 'y')").await;
    let silently = "alter table forced no force row level security; select count(*) from forced";
    assert_eq!(u.owner.within("A", silently).await, ["6"]);

    // It would be as silent here: the owner sees all, the server still its own; and the rule below finds it.
    let t = Tenantry::create().await;
    let unforced =
        "select relname from pg_class where relnamespace = 'tenantry'::regnamespace and relkind in ('r', 'p')
                       and not (relrowsecurity and relforcerowsecurity) and relname <> 'refinery_schema_history'";
    let unforce = "alter table procedures no force row level security";
    t.rule(unforced, unforce).await;
    let seen = t.owner.run(&format!("{unforce}; select count(*) from procedures")).await;
    assert_eq!(seen, ["4"]);
    assert_eq!(t.app.within("org_acme", "select count(*) from procedures").await, ["2"]);
}
