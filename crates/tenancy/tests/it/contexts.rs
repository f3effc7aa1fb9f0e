//! Signed contexts: what the database believes, and what it no longer does.

use tenancy::{Actor, ContextKey, Database, Error, PoolOptions, Query, Statement, SystemReason, Tables};
use testkit::{CONTEXT_KEY, TestDatabase, World};
use tokio_postgres::Client;

const NAMES: Statement = Statement::new("NAMES", "select name from procedures order by name", Tables::Directory);
const FOREIGN: Statement =
    Statement::new("FOREIGN", "select count(*) from procedures where organisation_id = 'org_bolt'", Tables::Directory);
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

#[tokio::test]
async fn a_context_that_was_touched_counts_for_nothing() {
    let world = signed_world().await;
    let door = world.app.in_organisation(world.acme.id.clone(), Actor::Member(testkit::user("ada")));
    let genuine: String = door.read(&[Query::new(SPY)]).await.unwrap()[0][0].get(0);
    let bare = world.database.client("tenantry_app").await;
    let see = async |context: &str| {
        seen(&bare, &format!("set local app.current_org_id = 'org_acme'; set local app.context = '{context}'")).await
    };
    assert_eq!(see(&genuine).await, (1, 4, 0), "what the signature was made for");
    let (body, signature) = genuine.rsplit_once('|').unwrap();
    let parts: Vec<&str> = body.split('|').collect();
    let until: u64 = parts[4].parse().unwrap();
    for touched in [
        genuine.replace("org_acme", "org_bolt"),
        genuine.replace("user_ada", "user_olga"),
        genuine.replace("user_ada||", "user_ada|mirror|"),
        genuine.replace(&until.to_string(), &(until + 1).to_string()),
        genuine.replace("test|", "other|"),
        format!("{body}|{}", "0".repeat(64)),
        format!("{body}|{}", signature.to_uppercase()),
        format!("{body}|"),
        body.to_owned(),
        String::new(),
        "|||||".to_owned(),
        format!("x{genuine}"),
        format!("{genuine}x"),
    ] {
        if touched != genuine {
            assert_eq!(see(&touched).await, (0, 0, 0), "{touched}");
        }
    }
}

#[tokio::test]
async fn an_old_context_begins_nothing() {
    let world = signed_world().await;
    let door = world.app.in_organisation(world.acme.id.clone(), Actor::Job("test"));
    let genuine: String = door.read(&[Query::new(SPY)]).await.unwrap()[0][0].get(0);
    // Clocks cannot be moved here, so the same function is asked about a context that was made long ago, signed with
    // the key the database has: its halves are all it takes.
    let admin = world.database.client("postgres").await;
    let old = genuine.split('|').nth(4).unwrap().parse::<u64>().unwrap() - 200;
    let body = format!("test|org_acme|||{old}");
    let context: String = admin
        .query_one(
            "select $1 || '|' || encode(sha256(outer_key || sha256(inner_key || convert_to($1, 'UTF8'))), 'hex')
               from tenancy.context_keys where id = 'test'",
            &[&body],
        )
        .await
        .unwrap()
        .get(0);
    let bare = world.database.client("tenantry_app").await;
    assert_eq!(seen(&bare, &format!("set local app.context = '{context}'")).await, (0, 0, 0));
    let young = context.replace(&old.to_string(), "9999999999");
    assert_eq!(seen(&bare, &format!("set local app.context = '{young}'")).await, (0, 0, 0));
}

/// The stacked statement of the catalogue (A57): it gets through, and moves nothing.
#[tokio::test]
async fn a_statement_smuggled_into_a_transaction_cannot_move_it() {
    let world = signed_world().await;
    let bare = world.database.client("tenantry_app").await;
    let door = world.app.in_organisation(world.acme.id.clone(), Actor::Job("test"));
    let genuine: String = door.read(&[Query::new(SPY)]).await.unwrap()[0][0].get(0);
    let enter = format!("begin; set local app.current_org_id = 'org_acme'; set local app.context = '{genuine}'");
    for smuggled in [
        "set local app.current_org_id = 'org_bolt'".to_owned(),
        "do $$ begin set local app.current_org_id = 'org_bolt'; end $$".to_owned(),
        "set app.current_org_id = 'org_bolt'".to_owned(),
        format!("set local app.context = '{}'", genuine.replace("org_acme", "org_bolt")),
        "commit; begin; set local app.current_org_id = 'org_bolt'".to_owned(),
        "set local app.system_reason = 'jobs'".to_owned(),
    ] {
        bare.batch_execute(&enter).await.unwrap();
        bare.batch_execute(&smuggled).await.unwrap();
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
        let sql = "select polrelid::regclass || ' ' || polname || ' ' || pg_get_expr(polqual, polrelid) from pg_policy order by 1";
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
    assert!(signed.iter().all(|policy| !policy.contains("current_setting")), "{signed:#?}");
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
        server.system(SystemReason::Jobs).run(Query::new(NAMES)).await.unwrap();
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
            "create or replace function tenancy.signed_part(part int) returns text language sql return 'org_bolt'",
        ] {
            let refused = client.batch_execute(attempt).await.expect_err(attempt);
            assert_eq!(refused.code().unwrap().code(), "42501", "{role}: {attempt}: {refused}");
        }
    }
}
