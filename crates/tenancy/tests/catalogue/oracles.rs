//! A46 to A50: what statistics, plans and other sessions tell of tenants one cannot read.

use crate::shapes::{Tenantry, Undefended, ours, statements_that_say};

/// Rows that the planner expects.
fn expected_rows(plan: &[String]) -> u64 {
    let first = plan.first().unwrap();
    let (_, rows) = first.split_once("rows=").unwrap();
    rows.split(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a46_statistics_of_a_forced_table_are_hidden_from_its_owner_too() {
    let u = Undefended::create().await;
    u.boss.run("create role @monitor login in role pg_monitor; create statistics more on organisation_id, secret from forced; analyze").await;
    let values = |table| {
        format!("select most_common_vals from pg_stats where tablename = '{table}' and attname = 'organisation_id'")
    };
    assert_eq!(u.owner.one(&values("notes")).await, "{A,B}", "not forced");
    for session in [&u.app, &u.owner, &u.open("@monitor").await] {
        assert!(session.run(&values("forced")).await.is_empty());
        assert!(session.run("select * from pg_stats_ext where tablename = 'forced'").await.is_empty());
    }
    assert!(u.app.run(&values("notes")).await.is_empty());
    assert_eq!(u.boss.one("select count(*) from pg_stats_ext where tablename = 'forced'").await, "1");

    let t = Tenantry::create().await;
    t.boss.run("analyze").await;
    let of_ours = "select tablename from pg_stats where tablename in ('procedures', 'step_templates', 'users', 'jobs')";
    assert!(!t.boss.run(of_ours).await.is_empty());
    for session in [&t.app, &t.owner] {
        assert!(session.run(of_ours).await.is_empty());
    }
}

#[tokio::test]
async fn a47_explain_tells_the_size_of_another_tenant() {
    let u = Undefended::create().await;
    u.boss.run("insert into forced select n, 'whale', 'x' from generate_series(100, 20100) as n; analyze forced").await;
    let expected = async |tenant| {
        expected_rows(
            &u.app.within("A", &format!("explain select * from forced where organisation_id = '{tenant}'")).await,
        )
    };
    let (whale, nobody) = (expected("whale").await, expected("nobody").await);
    assert!(whale > 15_000 && nobody < 100, "{whale}, {nobody}");

    // Here as well, to whoever could type SQL: no statement of the product explains, and no error carries a plan.
    let t = Tenantry::create().await;
    t.boss
        .run(
            "insert into procedures (organisation_id, id, name, created_by)
               select 'org_bolt', gen_random_uuid(), 'x', 'user_olga' from generate_series(1, 2000); analyze procedures",
        )
        .await;
    let expected = async |tenant| {
        expected_rows(
            &t.app
                .within("org_acme", &format!("explain select * from procedures where organisation_id = '{tenant}'"))
                .await,
        )
    };
    let (bolt, nobody) = (expected("org_bolt").await, expected("org_nobody").await);
    assert!(bolt > 1500 && nobody < 100, "{bolt}, {nobody}");
    assert!(statements_that_say(&["explain"]).is_empty());
}

#[tokio::test]
async fn a48_the_volume_of_all_tenants_together_is_public() {
    let u = Undefended::create().await;
    u.boss.run("analyze forced; select pg_stat_force_next_flush()").await;
    u.boss.run("select 1").await;
    let volume = |table| format!("select reltuples, pg_relation_size(oid) from pg_class where relname = '{table}'");
    assert_eq!(u.app.one(&volume("forced")).await, "4|8192");
    u.owner.run("select pg_stat_force_next_flush()").await;
    assert_eq!(u.app.one("select n_tup_ins from pg_stat_user_tables where relname = 'forced'").await, "4");

    // Sums, here too. What would tell more is not there: ids are random, nothing counts upwards.
    let t = Tenantry::create().await;
    t.boss.run("analyze procedures").await;
    assert_eq!(t.app.one(&volume("procedures")).await, "4|8192");
    t.rule(&ours("S"), "create sequence planted").await;
    assert!(statements_that_say(&["pg_class", "pg_stat", "ctid", "_size("]).is_empty());
}

#[tokio::test]
async fn a49_a_sequence_counts_for_all_tenants() {
    let u = Undefended::create().await;
    u.owner.run("create sequence ids; grant usage on sequence ids to @app").await;
    assert_eq!(u.app.within("A", "select nextval('ids')").await, ["1"]);
    u.app.within("B", "select nextval('ids') from generate_series(1, 5)").await;
    assert_eq!(u.app.within("A", "select nextval('ids')").await, ["7"], "five were B's");
    assert_eq!(u.app.refused("select last_value from ids").await, "42501");

    let t = Tenantry::create().await;
    t.rule(&ours("S"), "create sequence planted").await;
    assert_eq!(t.app.refused("create sequence ids").await, "42501");
    t.rule(
        "select attname from pg_attribute where attidentity <> ''",
        "create table planted (id int generated always as identity)",
    )
    .await;
}

#[tokio::test]
async fn a50_sessions_of_one_role_read_each_others_statements() {
    let u = Undefended::create().await;
    let other = u.open("@app").await;
    other.within("B", "select 'secret of b'").await;
    let seen = u.app.run("select query from pg_stat_activity where usename = '@app' and pid <> pg_backend_pid()").await;
    assert!(seen.iter().any(|query| query.contains("secret of b")), "{seen:?}");

    let t = Tenantry::create().await;
    let other = t.open("tenantry_app").await;
    other.within("org_bolt", "select 'secret of bolt'").await;
    for look in [
        "select query from pg_stat_activity",
        "select pg_stat_get_activity(null)",
        "select pg_stat_get_backend_activity(id) from pg_stat_get_backend_idset() as id",
    ] {
        assert_eq!(t.app.refused(look).await, "42501", "{look}");
    }
}
