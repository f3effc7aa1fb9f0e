//! A24 to A31: what a policy says, and when it is asked.

use crate::shapes::{Tenantry, UNKNOWN, Undefended};

const OTHER: &str = "create table split (id int, organisation_id text, secret text);
    insert into split select * from notes; alter table split enable row level security;
    grant select, insert, update, delete on split to @app;";

async fn with_split(policies: &str) -> Undefended {
    let u = Undefended::create().await;
    u.boss.run(&format!("{OTHER} {policies}")).await;
    u
}

#[tokio::test]
async fn a24_a_cached_plan_follows_context_role_and_row_security() {
    let u = Undefended::create().await;
    u.boss.run("insert into forced values (5, 'B', 'x'), (6, 'B', 'y')").await;
    u.boss
        .run("create function counted() returns bigint language plpgsql as 'begin return (select count(*) from forced); end'")
        .await;
    let prepare = "prepare counting as select count(*) from forced";
    for (ask, session) in [("execute counting", &u.app), ("select counted()", &u.app)] {
        session.run(&format!("deallocate all; {prepare}")).await;
        assert_eq!(session.within("A", ask).await, ["2"], "{ask}");
        assert_eq!(session.within("B", ask).await, ["4"], "{ask}");
    }
    u.boss.run(prepare).await;
    for ask in ["execute counting", "select counted()"] {
        let there_and_back = format!("{ask}; set local role @app; {ask}; reset role; {ask}");
        assert_eq!(u.boss.within("A", &there_and_back).await, ["6", "2", "6"], "{ask}");
        assert_eq!(u.app.refused_within("A", &format!("set local row_security = off; {ask}")).await, "42501");
    }

    let t = Tenantry::create().await;
    let named = t.app.client.prepare("select string_agg(name, ' ' order by name) from procedures").await.unwrap();
    for (tenant, names) in [("org_acme", "secret-a1 secret-a2"), ("org_bolt", "secret-b1 secret-b2")] {
        t.app.run(&format!("begin; set local app.current_org_id = '{tenant}'")).await;
        assert_eq!(t.app.client.query_one(&named, &[]).await.unwrap().get::<_, &str>(0), names);
        t.app.run("commit").await;
    }
}

#[tokio::test]
async fn a25_an_immutable_function_in_a_policy_keeps_the_first_tenant_in_the_plan() {
    let u = with_split(
        "create function org() returns text language sql immutable as 'select current_setting(''app.current_org_id'')';
         create policy tenant on split using (organisation_id = org())",
    )
    .await;
    u.app.run("prepare reading as select secret from split order by id").await;
    for tenant in ["A", "B"] {
        assert_eq!(u.app.within(tenant, "execute reading").await, ["secret-a1", "secret-a2"], "as {tenant}");
    }

    let t = Tenantry::create().await;
    t.rule(
        "select proname from pg_proc where provolatile = 'i'
            and pronamespace in ('tenancy'::regnamespace, 'tenantry'::regnamespace)",
        "create function tenancy.planted() returns text language sql immutable return 'A'",
    )
    .await;
}

#[tokio::test]
async fn a26_an_insert_policy_of_its_own_plants_rows_in_another_tenant() {
    let u = with_split(
        "create policy reading on split for select using (organisation_id = current_setting('app.current_org_id'));
         create policy adding on split for insert with check (true)",
    )
    .await;
    let insert = "insert into split values (9, 'B', 'planted')";
    assert_eq!(u.app.refused_within("A", &format!("{insert} returning id")).await, "42501");
    u.app.within("A", insert).await;
    assert_eq!(u.app.within("B", "select count(*) from split").await, ["3"]);

    let t = Tenantry::create().await;
    let insert = format!(
        "insert into procedures (organisation_id, id, name, created_by) values ('org_bolt', '{UNKNOWN}', 'x', 'user_ada')"
    );
    for insert in [&insert, &format!("{insert} returning id")] {
        assert_eq!(t.app.refused_within("org_acme", insert).await, "42501");
    }
}

#[tokio::test]
async fn a27_an_update_policy_of_its_own_gives_rows_to_another_tenant() {
    let u = with_split(
        "create policy reading on split for select using (organisation_id = current_setting('app.current_org_id'));
         create policy changing on split for update using (organisation_id = current_setting('app.current_org_id')) with check (true)",
    )
    .await;
    assert_eq!(u.app.refused_within("A", "update split set organisation_id = 'B' where id = 1").await, "42501");
    u.app.within("A", "update split set organisation_id = 'B'").await;
    assert_eq!(u.app.within("B", "select count(*) from split").await, ["4"]);

    let t = Tenantry::create().await;
    for update in [
        "update step_templates set organisation_id = 'org_bolt'",
        "update step_templates set organisation_id = 'org_bolt' where position = 2",
    ] {
        assert_eq!(t.app.refused_within("org_acme", update).await, "42501");
    }
}

#[tokio::test]
async fn a28_a_second_permissive_policy_opens_the_table() {
    let u = Undefended::create().await;
    u.owner.run("create policy support on notes for select using (secret like 'secret-b%')").await;
    assert_eq!(u.app.within("A", "select count(*) from notes").await, ["4"]);

    let t = Tenantry::create().await;
    t.rule(
        "select relname from pg_class as tenants where exists (select from pg_policy where polrelid = tenants.oid and polname = 'tenant')
            and (select count(*) from pg_policy where polrelid = tenants.oid and polpermissive) <> 1",
        "create policy support on procedures using (true)",
    )
    .await;
}

#[tokio::test]
async fn a29_a_lone_restrictive_policy_closes_the_table() {
    let u = with_split("create policy alone on split as restrictive using (true)").await;
    assert_eq!(u.app.within("A", "select count(*) from split").await, ["0"]);
    assert_eq!(u.app.refused_within("A", "insert into split values (9, 'A', 'x')").await, "42501");

    let t = Tenantry::create().await;
    t.rule(
        "select polname from pg_policy as narrow where not polpermissive
            and not exists (select from pg_policy as wide where wide.polrelid = narrow.polrelid and wide.polpermissive)",
        "drop policy tenant on logos",
    )
    .await;
}

#[tokio::test]
async fn a30_a_row_without_a_tenant_is_shown_to_all() {
    let u = with_split(
        "create policy tenant on split using (organisation_id = current_setting('app.current_org_id') or organisation_id is null)",
    )
    .await;
    u.app.within("A", "insert into split values (9, null, 'left behind')").await;
    assert_eq!(u.app.within("B", "select count(*) from split where secret = 'left behind'").await, ["1"]);

    let t = Tenantry::create().await;
    let insert = format!(
        "insert into procedures (organisation_id, id, name, created_by) values (null, '{UNKNOWN}', 'x', 'user_ada')"
    );
    assert_eq!(t.app.refused_within("org_acme", &insert).await, "42501", "the policy");
    assert_eq!(t.boss.refused(&insert).await, "23502", "the column");
}

#[tokio::test]
async fn a31_default_privileges_open_a_table_before_its_policy_is_there() {
    let u = Undefended::create().await;
    u.owner.run("alter default privileges grant select on tables to @app").await;
    u.owner.run("create table brand_new as select * from notes").await;
    assert_eq!(u.app.within("A", "select count(*) from brand_new").await, ["4"]);

    let t = Tenantry::create().await;
    t.owner.run("create table brand_new (organisation_id text, id uuid)").await;
    assert_eq!(t.app.refused_within("org_acme", "select count(*) from brand_new").await, "42501");
    t.owner.run("select tenancy.isolate('brand_new')").await;
    assert_eq!(t.app.within("org_acme", "select count(*) from brand_new").await, ["0"]);
}
