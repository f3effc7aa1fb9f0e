//! A55 to A57 and A65: changing the context midway, and having none.

use tenancy::OrganisationId;
use tokio_postgres::error::SqlState;

use crate::shapes::{Tenantry, Undefended, statements_that_say};

const TO_BOLT: &str = "set local app.current_org_id = 'org_bolt'";

#[tokio::test]
async fn a55_an_open_cursor_follows_the_context() {
    let u = Undefended::create().await;
    let fetch = "declare c cursor for select secret from notes; fetch 1 from c; set local app.current_org_id = 'B'; fetch all from c";
    assert_eq!(u.app.within("A", fetch).await, ["secret-a1", "secret-b3", "secret-b4"]);

    let t = Tenantry::create().await;
    // Not sorted, so that the policy is asked again with each row that is fetched.
    let open = "declare c cursor for select name from procedures; fetch 1 from c";
    let expression = format!("{open}; select set_config('app.current_org_id', 'org_bolt', true)");
    assert_eq!(t.app.refused_within("org_acme", &expression).await, "42501");
    let acme = t.signed().await;
    let seen = t
        .app
        .run(&format!("begin; {acme}; {open}; {TO_BOLT}; fetch all from c; select name from procedures; commit"))
        .await;
    assert_eq!(
        seen,
        ["secret-a1", "secret-a2"],
        "signed, the cursor stays where it began, and what follows sees nothing"
    );
}

#[tokio::test]
async fn a56_set_config_in_an_expression_moves_the_statement() {
    let ways = |table: &str, column: &str, tenant: &str| {
        let call = format!("set_config('app.current_org_id', '{tenant}', true)");
        [
            format!("select {column} from {table} where {call} is not null"),
            format!(
                "with moved as materialized (select {call} as a) select {column} from moved, lateral (select * from {table} where a is not null) as rows"
            ),
            format!("select {column} from {table} union all select {call} union all select {column} from {table}"),
        ]
    };
    let u = Undefended::create().await;
    for way in ways("notes", "secret", "B") {
        let seen = u.app.within("A", &way).await;
        assert!(seen.contains(&"secret-b3".to_owned()) && seen.contains(&"secret-b4".to_owned()), "{way}: {seen:?}");
    }

    let t = Tenantry::create().await;
    for way in ways("procedures", "name", "org_bolt") {
        assert_eq!(t.app.refused_within("org_acme", &way).await, "42501", "{way}");
    }
    for (way, code) in [
        ("select query_to_xml('set local app.current_org_id = ''org_bolt''', true, false, '')", "0A000"),
        (
            "select query_to_xml('select set_config(''app.current_org_id'', ''org_bolt'', true)', true, false, '')",
            "42501",
        ),
        ("select * from ts_stat('select set_config(''app.current_org_id'', ''org_bolt'', true)::tsvector')", "42501"),
        ("update pg_settings set setting = 'org_bolt' where name = 'app.current_org_id'", "42501"),
        ("update pg_settings set setting = 'org_bolt' where name = 'work_mem'", "42501"),
    ] {
        assert_eq!(t.app.refused_within("org_acme", way).await, code, "{way}");
    }
    assert!(statements_that_say(&["set_config", "set local"]).is_empty());
}

#[tokio::test]
async fn a57_a_stacked_statement_moves_the_transaction() {
    let u = Undefended::create().await;
    u.boss.run("revoke execute on function pg_catalog.set_config(text, text, boolean) from public").await;
    let helper = "create function pg_temp.move() returns void language plpgsql as
                  $$ begin set local app.current_org_id = 'B'; end $$";
    u.app.run(helper).await;
    for stacked in [
        "set local app.current_org_id = 'B'",
        "do $$ begin set local app.current_org_id = 'B'; end $$",
        "select pg_temp.move() where false; select pg_temp.move()",
    ] {
        let seen = u
            .app
            .within("A", &format!("select secret from notes where id = 1; {stacked}; select secret from notes"))
            .await;
        assert!(seen.ends_with(&["secret-b3".to_owned(), "secret-b4".to_owned()]), "{stacked}: {seen:?}");
    }

    // Values travel apart from statements, and a message with a value holds one statement.
    let t = Tenantry::create().await;
    t.app.run("begin; set local app.current_org_id = 'org_acme'").await;
    let stacked = t.app.client.query(&format!("select name from procedures; {TO_BOLT}"), &[]).await.unwrap_err();
    assert_eq!(stacked.code(), Some(&SqlState::SYNTAX_ERROR));
    t.app.run("rollback").await;
    assert_eq!(t.app.refused(helper).await, "42501");
    // Whoever could stack statements all the same is stopped by the signature alone.
    let block = format!("do $$ begin {TO_BOLT}; end $$");
    for stacked in [TO_BOLT, &block] {
        let moved = t.app.within("org_acme", &format!("{stacked}; select name from procedures order by 1")).await;
        assert_eq!(moved, ["secret-b1", "secret-b2"], "plain contexts: {stacked}");
    }
    let acme = t.signed().await;
    for stacked in [TO_BOLT, &block, "set local app.context = 'test|org_bolt|||9999999999|'"] {
        let names =
            format!("begin; {acme}; {stacked}; select count(*) from procedures where name like 'secret-b%'; commit");
        assert_eq!(t.app.run(&names).await, ["0"], "signed contexts: {stacked}");
    }
}

#[tokio::test]
async fn a65_an_empty_context_is_loud_for_a_uuid_and_silent_for_text() {
    let u = Undefended::create().await;
    u.boss
        .run(
            "create table keyed (organisation_id uuid); alter table keyed enable row level security;
             create policy tenant on keyed using (organisation_id = current_setting('app.current_org_id')::uuid);
             grant select on keyed to @app",
        )
        .await;
    assert_eq!(u.app.refused_within("", "select count(*) from keyed").await, "22P02", "on an empty table");
    assert_eq!(u.app.within("", "select count(*) from forced").await, ["0"]);

    // Text keys: silent, and empty. No row can have the empty organisation, and no door opens without one.
    let t = Tenantry::create().await;
    assert_eq!(t.app.within("", "select count(*) from procedures").await, ["0"]);
    let insert = "insert into procedures (id, name, created_by) values (gen_random_uuid(), 'x', 'user_ada')";
    assert_eq!(t.app.refused_within("", insert).await, "23514");
    assert!(OrganisationId::parse("").is_err());
}
