//! Nothing of one transaction reaches the next on the same connection, however the first one ended.

use std::ops::Not as _;
use std::time::Duration;

use tenancy::{Actor, ContextKey, Database, PoolOptions, Query, Statement, Statements, SystemReason, Tables};
use testkit::{CONTEXT_KEY, PgBouncer, World};

/// Everything a transaction may have left: its settings, itself, cursors, and prepared SQL.
const LEFT: Statement = Statement::new(
    "LEFT",
    "select coalesce(current_setting('app.current_org_id', true), ''),
            coalesce(current_setting('app.current_user_id', true), ''),
            coalesce(current_setting('app.context', true), ''),
            current_setting('app.system_reason', true),
            (select count(*) from pg_cursors where name <> ''),
            (select count(*) from pg_locks where pid = pg_backend_pid() and locktype = 'advisory'),
            current_setting('statement_timeout')",
    Tables::Directory,
);
const SLOW: Statement = Statement::new("SLOW", "select pg_sleep(0.05), $1::text", Tables::Tenant);
const BROKEN: Statement = Statement::new("BROKEN", "select 1 / (length($1) - length($1))", Tables::Tenant);
const REFUSED: Statement = Statement::new(
    "REFUSED",
    "insert into procedures (organisation_id, id, name, created_by) values ($1, gen_random_uuid(), '', 'user_ada')",
    Tables::Tenant,
);
/// What a careless statement could do to its transaction.
const CURSOR: Statement = Statement::new("CURSOR", "declare left_open cursor for select 1", Tables::Directory);
const SHORT: Statement = Statement::new("SHORT", "set local statement_timeout = '20ms'", Tables::Directory);

async fn end_in_every_way(database: &Database, world: &World, round: u64) {
    let door = database.in_organisation(world.acme.id.clone(), Actor::Member(testkit::user("ada")));
    match round % 8 {
        0 => drop(door.read(&[Query::new(SLOW)]).await.unwrap()),
        1 => drop(door.read(&[Query::new(BROKEN)]).await.unwrap_err()),
        2 => drop(tokio::time::timeout(Duration::from_micros(round * 97 % 9000), door.read(&[Query::new(SLOW)])).await),
        3 => {
            let (mut tx, _) = door.write(&[Query::new(SLOW)]).await.unwrap();
            tx.query(Query::new(REFUSED)).await.unwrap_err();
        }
        4 => {
            let (mut tx, _) = door.write(&[]).await.unwrap();
            tx.query(Query::new(SHORT)).await.unwrap();
            let late = tx.query(Query::new(SLOW)).await.unwrap_err();
            assert!(format!("{:?}", std::error::Error::source(&late)).contains("timeout"), "{late}");
        }
        5 => {
            let (mut tx, _) = door.write(&[]).await.unwrap();
            tx.query(Query::new(CURSOR)).await.unwrap();
            tx.commit().await.unwrap();
        }
        6 => {
            let interrupted = async {
                let (mut tx, _) = door.write(&[]).await.unwrap();
                tx.query(Query::new(SLOW)).await.unwrap();
                tx.commit().await.unwrap();
            };
            drop(tokio::time::timeout(Duration::from_micros(round * 131 % 60_000), interrupted).await);
        }
        _ => drop(database.system(SystemReason::Mirror).begin().await.unwrap()),
    }
}

async fn nothing_is_left(database: &Database, world: &World, after: u64) {
    let row = database.system(SystemReason::Jobs).run(Query::new(LEFT)).await.unwrap().remove(0);
    let context: String = row.get(2);
    for (index, setting) in [(0, "organisation"), (1, "person")] {
        assert_eq!(row.get::<_, &str>(index), "", "{setting} after way {}", after % 8);
    }
    assert_eq!(context.is_empty(), database.hardening().contexts_are_signed.not(), "{context}");
    assert_eq!(row.get::<_, &str>(3), "jobs");
    assert_eq!((row.get::<_, i64>(4), row.get::<_, i64>(5)), (0, 0), "after way {}", after % 8);
    assert_eq!(row.get::<_, &str>(6), "5s");
    let bolt = database.in_organisation(world.bolt.id.clone(), Actor::Job("test"));
    const NAMES: Statement = Statement::new("NAMES", "select name from procedures", Tables::Directory);
    let names = bolt.read(&[Query::new(NAMES)]).await.unwrap().remove(0);
    assert_eq!(names.iter().map(|row| row.get::<_, &str>(0)).collect::<Vec<_>>(), ["bolt opens"]);
}

async fn over_one_connection(world: &World, url: &str, statements: Statements, context_key: Option<ContextKey>) {
    let options = PoolOptions { size: 1, statements, context_key, wait: Duration::from_secs(10) };
    let database = Database::connect(url, options).await.unwrap();
    for round in 0..120 {
        end_in_every_way(&database, world, round).await;
        nothing_is_left(&database, world, round).await;
    }
}

async fn world() -> World {
    let world = World::create().await;
    world.procedure("ada", &world.acme, "acme opens").await;
    world.procedure("olga", &world.bolt, "bolt opens").await;
    world
}

#[tokio::test]
async fn on_a_connection_of_ones_own() {
    let world = world().await;
    for statements in [Statements::Prepared, Statements::Unnamed] {
        over_one_connection(&world, &world.database.url("tenantry_app"), statements, None).await;
    }
}

#[tokio::test]
async fn with_a_pooler_between_that_hands_out_connections_by_transaction() {
    let world = world().await;
    let bouncer = PgBouncer::before(&world.database).await;
    let url = bouncer.url("tenantry_app");
    over_one_connection(&world, &url, Statements::Unnamed, None).await;
    world.database.sign_contexts().await;
    let key = ContextKey::parse(CONTEXT_KEY).unwrap();
    over_one_connection(&world, &url, Statements::Unnamed, Some(key)).await;
}

/// Many clients over two server connections, each row asked for its owner.
#[tokio::test]
async fn clients_that_share_connections_see_only_their_own() {
    const OWNERS: Statement = Statement::new(
        "OWNERS",
        "select organisation_id, current_setting('app.current_org_id') from procedures",
        Tables::Directory,
    );
    let world = world().await;
    let bouncer = PgBouncer::before(&world.database).await;
    let url = bouncer.url("tenantry_app");
    let options = PoolOptions { size: 16, statements: Statements::Unnamed, ..PoolOptions::default() };
    let database = Database::connect(&url, PoolOptions { wait: Duration::from_secs(20), ..options }).await.unwrap();
    let mut clients = Vec::new();
    for client in 0..32_u64 {
        let organisation = if client % 2 == 0 { world.acme.id.clone() } else { world.bolt.id.clone() };
        let door = database.in_organisation(organisation, Actor::Job("test"));
        clients.push(tokio::spawn(async move {
            let mut seen = 0;
            for round in 0..60_u64 {
                let cut = Duration::from_micros((client * 31 + round * 977) % 4000);
                drop(tokio::time::timeout(cut, door.read(&[Query::new(OWNERS)])).await);
                for row in door.read(&[Query::new(OWNERS)]).await.unwrap().remove(0) {
                    assert_eq!(row.get::<_, &str>(0), door.organisation().as_str());
                    assert_eq!(row.get::<_, &str>(1), door.organisation().as_str());
                    seen += 1;
                }
            }
            seen
        }));
    }
    for client in clients {
        assert_eq!(client.await.unwrap(), 60, "one row each time");
    }
}

#[tokio::test]
async fn with_signed_contexts() {
    let world = world().await;
    world.database.sign_contexts().await;
    let key = ContextKey::parse(CONTEXT_KEY).unwrap();
    over_one_connection(&world, &world.database.url("tenantry_app"), Statements::Prepared, Some(key)).await;
}
