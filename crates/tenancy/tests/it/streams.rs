//! Many rows one after the other: for exports, through the same door.

use tenancy::{Actor, Query, Statement, Tables};
use testkit::World;

const WRITE: Statement = Statement::new(
    "WRITE",
    "insert into procedures (organisation_id, id, name, created_by)
     select $1, gen_random_uuid(), 'number ' || number, 'user_ada' from generate_series(1, 20000) as number",
    Tables::Tenant,
);
const ONE_MORE: Statement = Statement::new(
    "ONE_MORE",
    "insert into procedures (organisation_id, id, name, created_by) values ($1, gen_random_uuid(), 'late', 'user_ada')",
    Tables::Tenant,
);
/// As an export that forgot its filter would ask.
const EVERYTHING: Statement =
    Statement::new("EVERYTHING", "select organisation_id, name from procedures", Tables::Directory);
const COUNT: Statement = Statement::new("COUNT", "select count(*) from procedures", Tables::Directory);

async fn world_with_rows() -> World {
    let world = World::create().await;
    for organisation in [&world.acme, &world.bolt] {
        let (mut tx, _) =
            world.app.in_organisation(organisation.id.clone(), Actor::Job("test")).write(&[]).await.unwrap();
        tx.query(Query::new(WRITE)).await.unwrap();
        tx.commit().await.unwrap();
    }
    world
}

#[tokio::test]
async fn a_stream_shows_one_organisation_as_it_was_when_it_began() {
    let world = world_with_rows().await;
    let door = world.app.in_organisation(world.acme.id.clone(), Actor::Job("export"));
    let (tx, counted) = door.snapshot(&[Query::new(COUNT)]).await.unwrap();
    assert_eq!(counted[0][0].get::<_, i64>(0), 20_000);
    let mut rows = tx.into_rows(Query::new(EVERYTHING)).await.unwrap();
    let mut seen = 0;
    while let Some(row) = rows.next().await.unwrap() {
        assert_eq!(row.get::<_, &str>(0), "org_acme");
        assert_ne!(row.get::<_, &str>(1), "late");
        if seen == 0 {
            let (mut late, _) = door.write(&[]).await.unwrap();
            late.query(Query::new(ONE_MORE)).await.unwrap();
            late.commit().await.unwrap();
        }
        seen += 1;
    }
    assert_eq!(seen, 20_000);
}

#[tokio::test]
async fn a_stream_that_is_dropped_half_way_leaves_nothing_open() {
    let world = world_with_rows().await;
    let door = world.app.in_organisation(world.acme.id.clone(), Actor::Job("export"));
    for _ in 0..16 {
        let (tx, _) = door.snapshot(&[]).await.unwrap();
        let mut rows = tx.into_rows(Query::new(EVERYTHING)).await.unwrap();
        rows.next().await.unwrap().unwrap();
    }
    // The pool has eight connections: all of them came back, and none inside a transaction.
    let other = world.app.in_organisation(world.bolt.id.clone(), Actor::Job("test"));
    for _ in 0..16 {
        assert_eq!(other.read(&[Query::new(COUNT)]).await.unwrap()[0][0].get::<_, i64>(0), 20_000);
    }
    let admin = world.database.client("postgres").await;
    let open = "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'";
    assert_eq!(admin.query_one(open, &[]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
async fn a_snapshot_cannot_write() {
    let world = World::create().await;
    let door = world.app.in_organisation(world.acme.id.clone(), Actor::Job("export"));
    let (mut tx, _) = door.snapshot(&[]).await.unwrap();
    let refused = tx.query(Query::new(ONE_MORE)).await.unwrap_err();
    assert!(format!("{:?}", std::error::Error::source(&refused)).contains("read-only"));
}
