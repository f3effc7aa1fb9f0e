//! A17 to A23: code that runs as somebody else: definer functions, triggers, rules.

use crate::shapes::{B1, Tenantry, UNKNOWN, Undefended, ours};

/// Functions of ours, for a condition to follow.
const OUR_FUNCTIONS: &str = "select proname from pg_proc where oid >= 16384";

#[tokio::test]
async fn a17_a_definer_function_of_a_superuser_counts_every_tenant_for_everybody() {
    let make = |table| {
        format!(
            "create function how_many() returns bigint language sql security definer as 'select count(*) from {table}'"
        )
    };
    let u = Undefended::create().await;
    u.boss.run(&make("forced")).await;
    u.boss.run("create role @stranger login").await;
    assert_eq!(u.app.within("A", "select how_many()").await, ["4"]);
    assert_eq!(u.open("@stranger").await.one("select how_many()").await, "4");

    let t = Tenantry::create().await;
    t.rule(&format!("{OUR_FUNCTIONS} and prosecdef and proowner <> 'tenantry_owner'::regrole"), &make("procedures"))
        .await;
    t.owner.run(&format!("set check_function_bodies = off; {}", make("procedures"))).await;
    assert_eq!(t.app.refused_within("org_acme", "select how_many()").await, "42501", "execute is granted to nobody");
}

#[tokio::test]
async fn a18_a_definer_function_without_search_path_asks_the_callers_temporary_table() {
    let u = Undefended::create().await;
    u.owner
        .run(
            "create table allowed (who text);
             create function is_allowed() returns boolean language sql security definer as
               'select exists (select from allowed where who = session_user)'",
        )
        .await;
    assert_eq!(u.app.one("select is_allowed()").await, "f");
    u.app.run("create temp table allowed (who text); insert into allowed values (session_user); grant all on allowed to public").await;
    assert_eq!(u.app.one("select is_allowed()").await, "t");

    let t = Tenantry::create().await;
    assert_eq!(t.app.refused("create temp table allowed (who text)").await, "42501");
    // A body that was bound when it was made needs no search_path.
    let open =
        "prosecdef and prosqlbody is null and not coalesce(array_to_string(proconfig, ' '), '') like '%search_path=%'";
    t.rule(
        &format!("{OUR_FUNCTIONS} and {open}"),
        "create function planted() returns int language sql security definer as 'select 1'",
    )
    .await;
}

#[tokio::test]
async fn a19_a_definer_function_of_a_plain_owner_is_bound_by_force() {
    let make = |table| {
        format!(
            "create function how_many() returns bigint language sql security definer as 'select count(*) from {table}';
                 grant execute on function how_many() to public"
        )
    };
    let u = Undefended::create().await;
    u.owner.run(&make("forced")).await;
    assert_eq!(u.app.within("A", "select how_many()").await, ["2"]);

    // No policy names the owner, so here it counts nothing.
    let t = Tenantry::create().await;
    t.owner.run(&format!("set check_function_bodies = off; {}", make("procedures"))).await;
    assert_eq!(t.app.within("org_acme", "select how_many()").await, ["0"]);
}

#[tokio::test]
async fn a20_a_definer_function_may_carry_another_tenants_context() {
    let make = |table, tenant| {
        format!(
            "create function theirs() returns setof text language sql security definer
                   set app.current_org_id = '{tenant}' as 'select secret from {table}'"
        )
    };
    let u = Undefended::create().await;
    assert_eq!(u.owner.refused(&make("forced", "B")).await, "42501");
    u.boss.run(&make("forced", "B")).await;
    u.boss.run("alter function theirs() owner to @owner").await;
    let seen = u.app.within("A", "select theirs(); select current_setting('app.current_org_id')").await;
    assert_eq!(seen, ["secret-b3", "secret-b4", "A"]);

    let t = Tenantry::create().await;
    t.rule(
        &format!("{OUR_FUNCTIONS} and array_to_string(proconfig, ' ') like '%app.%'"),
        &make("procedures", "org_bolt").replace("secret", "name"),
    )
    .await;
    assert_eq!(t.owner.refused(&make("procedures", "org_bolt").replace("secret", "name")).await, "42501");
}

#[tokio::test]
async fn a21_a_trigger_of_a_superuser_sees_every_tenant() {
    let u = Undefended::create().await;
    u.boss
        .run(
            "insert into forced values (5, 'B', 'x');
             create table audit (seen bigint);
             create function audit() returns trigger language plpgsql security definer as
               $$ begin insert into audit select count(*) from forced; return null; end $$;
             create trigger audit after insert on forced for each row execute function audit()",
        )
        .await;
    u.app.within("A", "insert into forced values (6, 'A', 'mine')").await;
    assert_eq!(u.boss.one("select seen from audit").await, "6");

    let t = Tenantry::create().await;
    let plant = "create trigger audit after insert on procedures for each row execute function pg_catalog.suppress_redundant_updates_trigger()";
    // A trigger of ours runs as whoever writes, and so under their policies.
    let trusted = "select tgname from pg_trigger where not tgisinternal
                      and tgfoid not in (select oid from pg_proc where not prosecdef and pronamespace = 'tenancy'::regnamespace)";
    t.rule(trusted, plant).await;
    assert_eq!(t.app.refused(plant).await, "42501");
}

#[tokio::test]
async fn a22_a_trigger_that_gives_the_row_away_comes_before_the_check() {
    let plant = |table, tenant| {
        format!(
            "create function give_away() returns trigger language plpgsql as
                   $$ begin new.organisation_id := '{tenant}'; return new; end $$;
                 create trigger give_away before insert on {table} for each row execute function give_away()"
        )
    };
    let u = Undefended::create().await;
    u.boss.run(&plant("notes", "B")).await;
    assert_eq!(u.app.refused_within("A", "insert into notes values (7, 'A', 'x')").await, "42501");

    let t = Tenantry::create().await;
    t.boss.run(&plant("procedures", "org_bolt")).await;
    let insert = format!("insert into procedures (id, name, created_by) values ('{UNKNOWN}', 'x', 'user_ada')");
    assert_eq!(t.app.refused_within("org_acme", &insert).await, "42501");
}

#[tokio::test]
async fn a23_a_rewrite_rule_writes_as_the_owner() {
    let u = Undefended::create().await;
    u.owner
        .run("create rule also as on insert to forced do also insert into notes values (new.id, 'B', 'planted')")
        .await;
    u.app.within("A", "insert into forced values (7, 'A', 'x')").await;
    assert_eq!(u.boss.one("select organisation_id from notes where secret = 'planted'").await, "B");

    let t = Tenantry::create().await;
    let rule = format!(
        "create rule also as on insert to procedures do also
           insert into step_templates values ('org_bolt', new.id, '{B1}', 9, 'planted')"
    );
    t.rule(&format!("{} and relhasrules", ours("r,p")), &rule).await;
    assert_eq!(t.app.refused(&rule).await, "42501");
    t.owner.run(&rule).await;
    let insert = format!("insert into procedures (id, name, created_by) values ('{UNKNOWN}', 'x', 'user_ada')");
    assert_eq!(t.app.refused_within("org_acme", &insert).await, "42501", "forced, and the owner has no policy");
}
