//! Signed contexts: what the database believes, and what it no longer does.

use tenancy::{Actor, ContextKey, Database, Error, PoolOptions, Query, Statement, SystemReason, Tables};
use testkit::{CONTEXT_KEY, TestDatabase, World};
use tokio_postgres::Client;

const NAMES: Statement = Statement::new("NAMES", "select name from procedures order by name", Tables::Directory);
const FOREIGN: Statement =
    Statement::new("FOREIGN", "select count(*) from procedures where organisation_id = 'org_bolt'", Tables::Directory);
const MEMBERS: Statement = Statement::new("MEMBERS", "select from memberships", Tables::Directory);
const SPY: Statement = Statement::new("SPY", "select current_setting('app.context')", Tables::Directory);

fn signing(key: &str) -> PoolOptions {
    PoolOptions { context_key: Some(ContextKey::parse(key).unwrap()), ..PoolOptions::default() }
}

async fn signed_world() -> World {
    let database = TestDatabase::create().await;
    database.sign_contexts().await;
    let app = database.connect("tenantry_app", signing(CONTEXT_KEY)).await;
    let world = World::people(database, app).await;
    world.procedure("ada", &world.acme, "acme opens").await;
    world.procedure("olga", &world.bolt, "bolt opens").await;
    world
}

/// What a bare connection as the server's role sees after these settings.
async fn seen(client: &Client, settings: &str) -> (i64, i64, i64) {
    client.batch_execute(&format!("begin; {settings}")).await.unwrap();
    let row = client
        .query_one(
            "select (select count(*) from procedures), (select count(*) from memberships), (select count(*) from jobs)",
            &[],
        )
        .await;
    client.batch_execute("rollback").await.unwrap();
    let row = row.unwrap();
    (row.get(0), row.get(1), row.get(2))
}

#[tokio::test]
async fn the_doors_work_and_the_bare_settings_no_longer_count() {
    let world = signed_world().await;
    for (organisation, name) in [(&world.acme, "acme opens"), (&world.bolt, "bolt opens")] {
        let door = world.app.in_organisation(organisation.id.clone(), Actor::Job("test"));
        let rows = door.read(&[Query::new(NAMES)]).await.unwrap().remove(0);
        assert_eq!(rows.iter().map(|row| row.get(0)).collect::<Vec<&str>>(), [name]);
    }
    let bare = world.database.client("tenantry_app").await;
    for settings in [
        "set local app.current_org_id = 'org_bolt'",
        "set local app.current_user_id = 'user_olga'",
        "set local app.system_reason = 'mirror'",
    ] {
        assert_eq!(seen(&bare, settings).await, (0, 0, 0), "{settings}");
    }
}

/// The settings of a genuine transaction of ada in Acme, by name.
async fn genuine(world: &World) -> Vec<(&'static str, String)> {
    let door = world.app.in_organisation(world.acme.id.clone(), Actor::Member(testkit::user("ada")));
    let context: String = door.read(&[Query::new(SPY)]).await.unwrap()[0][0].get(0);
    vec![
        ("app.current_org_id", "org_acme".to_owned()),
        ("app.current_user_id", "user_ada".to_owned()),
        ("app.system_reason", String::new()),
        ("app.context", context),
    ]
}

fn as_sql(settings: &[(&str, String)]) -> String {
    settings.iter().map(|(name, value)| format!("set local {name} = '{value}';")).collect()
}

#[tokio::test]
async fn a_context_that_was_touched_counts_for_nothing() {
    let world = signed_world().await;
    let genuine = genuine(&world).await;
    let bare = world.database.client("tenantry_app").await;
    assert_eq!(seen(&bare, &as_sql(&genuine)).await, (1, 4, 0), "what the signature was made for");
    let context = &genuine[3].1;
    let [key, until, signature] = context.split('|').collect::<Vec<_>>()[..] else { panic!("{context}") };
    let later = until.parse::<u64>().unwrap() + 1;
    for (setting, touched) in [
        (0, "org_bolt".to_owned()),
        (0, "org_acme|user_ada".to_owned()),
        (0, String::new()),
        (1, "user_olga".to_owned()),
        (1, String::new()),
        (1, "user_ada|".to_owned()),
        (2, "mirror".to_owned()),
        (3, format!("{key}|{later}|{signature}")),
        (3, format!("other|{until}|{signature}")),
        (3, format!("{key}|{until}|{}", "0".repeat(64))),
        (3, format!("{key}|{until}|{}", signature.to_uppercase())),
        (3, format!("{key}|{until}|")),
        (3, format!("{key}|{until}")),
        (3, format!("|{until}|{signature}")),
        (3, format!("x{context}")),
        (3, format!("{context}x")),
        (3, String::new()),
        (3, "|||||".to_owned()),
    ] {
        let mut settings = genuine.clone();
        settings[setting].1 = touched;
        assert_eq!(seen(&bare, &as_sql(&settings)).await, (0, 0, 0), "{:?}", settings[setting]);
    }
}

#[tokio::test]
async fn an_old_context_begins_nothing() {
    let world = signed_world().await;
    let admin = world.database.client("postgres").await;
    let bare = world.database.client("tenantry_app").await;
    // Clocks cannot be moved here. So contexts of other moments are signed with the key's halves, as the database has them.
    let signed_until = async |moment: &str| -> String {
        let row = admin
            .query_one(
                "select id || '|' || until || '|' || encode(sha256(outer_key || sha256(inner_key
                        || convert_to(id || '|org_acme|user_ada||' || until, 'UTF8'))), 'hex')
                   from tenancy.context_keys,
                        (select floor(extract(epoch from now() + $1::text::interval))::text as until) as moment",
                &[&moment],
            )
            .await;
        row.unwrap().get(0)
    };
    for (moment, expected) in [("10 seconds", (1, 4, 0)), ("-2 seconds", (0, 0, 0)), ("-1 day", (0, 0, 0))] {
        let mut settings = genuine(&world).await;
        settings[3].1 = signed_until(moment).await;
        assert_eq!(seen(&bare, &as_sql(&settings)).await, expected, "{moment}");
    }
}

/// The stacked statement of the catalogue (A57): it gets through, and moves nothing.
#[tokio::test]
async fn a_statement_smuggled_into_a_transaction_cannot_move_it() {
    let world = signed_world().await;
    let bare = world.database.client("tenantry_app").await;
    let enter = format!("begin; {}", as_sql(&genuine(&world).await));
    for smuggled in [
        "set local app.current_org_id = 'org_bolt'",
        "do $$ begin set local app.current_org_id = 'org_bolt'; end $$",
        "set app.current_org_id = 'org_bolt'",
        "commit; begin; set local app.current_org_id = 'org_bolt'",
        "set local app.system_reason = 'jobs'",
    ] {
        bare.batch_execute(&enter).await.unwrap();
        bare.batch_execute(smuggled).await.unwrap();
        let foreign: i64 = bare.query_one(FOREIGN.sql, &[]).await.unwrap().get(0);
        assert_eq!(foreign, 0, "{smuggled}");
        let changed =
            bare.execute("update procedures set name = 'changed' where organisation_id = 'org_bolt'", &[]).await;
        assert_eq!(changed.unwrap(), 0, "{smuggled}");
        bare.batch_execute("rollback; reset app.current_org_id").await.unwrap();
    }
}

#[tokio::test]
async fn a_new_table_asks_for_the_signature_too_and_going_back_restores_every_policy() {
    let database = TestDatabase::create().await;
    let admin = database.client("postgres").await;
    let policies = async || -> Vec<String> {
        let sql = "select concat_ws(' ', polrelid::regclass, polname, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) from pg_policy order by 1";
        admin.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    };
    let plain = policies().await;
    database.sign_contexts().await;
    let owner = database.client("tenantry_owner").await;
    owner
        .batch_execute("create table notes (organisation_id text, text text); select tenancy.isolate('notes')")
        .await
        .unwrap();
    let signed = policies().await;
    assert!(signed.iter().all(|policy| policy.contains("tenancy.genuine(")), "{signed:#?}");
    assert!(signed.iter().any(|policy| policy.starts_with("tenantry.notes tenant")));
    owner.batch_execute("drop table notes").await.unwrap();
    // Twice: switching is safe to repeat.
    database.sign_contexts().await;
    for _ in 0..2 {
        tenancy::plain_contexts(&database.url("tenantry_owner")).await.unwrap();
        assert_eq!(policies().await, plain);
    }
}

#[tokio::test]
async fn server_and_database_have_to_agree_before_anything_is_served() {
    let database = TestDatabase::create().await;
    let url = database.url("tenantry_app");
    let refused = async |options: PoolOptions| match Database::connect(&url, options).await.unwrap_err() {
        Error::Context(words) => words,
        other => panic!("{other}"),
    };
    assert!(refused(signing(CONTEXT_KEY)).await.contains("tenantry context sign, or unset CONTEXT_KEY"));
    database.sign_contexts().await;
    assert!(refused(PoolOptions::default()).await.contains("set CONTEXT_KEY"));
    let other_secret = CONTEXT_KEY.replace("00", "ff");
    assert!(refused(signing(&other_secret)).await.contains("another secret under that name"));
    assert!(refused(signing(&CONTEXT_KEY.replace("test", "new"))).await.contains("\"new\""));
    let app = database.connect("tenantry_app", signing(CONTEXT_KEY)).await;
    assert!(app.hardening().contexts_are_signed && app.hardening().settings_are_closed);
    app.system(SystemReason::Jobs).begin().await.unwrap();
}

#[tokio::test]
async fn keys_are_replaced_without_a_pause() {
    let database = TestDatabase::create().await;
    let owner = database.url("tenantry_owner");
    let newer = CONTEXT_KEY.replace("test", "newer").replace("00", "aa");
    database.sign_contexts().await;
    let old_server = database.connect("tenantry_app", signing(CONTEXT_KEY)).await;
    tenancy::sign_contexts(&owner, &ContextKey::parse(&newer).unwrap()).await.unwrap();
    let new_server = database.connect("tenantry_app", signing(&newer)).await;
    for server in [&old_server, &new_server] {
        server.system(SystemReason::Jobs).run(Query::new(MEMBERS)).await.unwrap();
    }
    assert!(tenancy::forget_context_key(&owner, "test").await.unwrap());
    assert_eq!(tenancy::signing(&owner).await.unwrap().keys, ["newer"]);
    let world = World::people(database, new_server).await;
    let door = old_server.in_organisation(world.acme.id.clone(), Actor::Job("test"));
    world.procedure("ada", &world.acme, "acme opens").await;
    assert!(door.read(&[Query::new(NAMES)]).await.unwrap()[0].is_empty(), "the old key counts for nothing");
    let last = tenancy::forget_context_key(&owner, "newer").await.unwrap_err();
    assert!(last.to_string().contains("the only key"), "{last}");
    let reused = CONTEXT_KEY.replace("test", "newer");
    let refused = tenancy::sign_contexts(&owner, &ContextKey::parse(&reused).unwrap()).await.unwrap_err();
    assert!(refused.to_string().contains("give the new key a new name"), "{refused}");
}

#[tokio::test]
async fn the_servers_role_reads_no_key() {
    let database = TestDatabase::create().await;
    database.sign_contexts().await;
    for role in ["tenantry_app", "tenantry_worker"] {
        let client = database.client(role).await;
        for attempt in [
            "select * from tenancy.context_keys",
            "delete from tenancy.context_keys",
            "select tenancy.sign_contexts(false)",
            "create or replace function tenancy.genuine(setting text, missing_ok boolean) returns text language sql return 'org_bolt'",
        ] {
            let refused = client.batch_execute(attempt).await.expect_err(attempt);
            assert_eq!(refused.code().unwrap().code(), "42501", "{role}: {attempt}: {refused}");
        }
    }
}
