//! The two doors: what is seen through each, and what happens without either.

use tenancy::{Actor, Error, Query, Statement, SystemReason, Tables};
use testkit::World;

const PROCEDURES: Statement =
    Statement::new("PROCEDURES", "select name, organisation_id from procedures", Tables::Directory);
const DOCTORED: Statement = Statement::new(
    "DOCTORED",
    "insert into procedures (organisation_id, id, name, created_by) values ('org_bolt', gen_random_uuid(), 'planted', 'user_ada')",
    Tables::Directory,
);
const BARE_INSERT: Statement = Statement::new(
    "BARE_INSERT",
    "insert into procedures (id, name, created_by) values (gen_random_uuid(), 'planted', 'user_ada')",
    Tables::Directory,
);

#[tokio::test]
async fn an_organisation_sees_its_rows_and_no_others_even_without_a_filter() {
    let world = World::create().await;
    world.procedure("ada", &world.acme, "acme opens").await;
    world.procedure("olga", &world.bolt, "bolt opens").await;
    for (organisation, name) in [(&world.acme, "acme opens"), (&world.bolt, "bolt opens")] {
        let door = world.app.in_organisation(organisation.id.clone(), Actor::Job("test"));
        let rows = door.read(&[Query::new(PROCEDURES)]).await.unwrap().remove(0);
        let names: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(names, [name]);
    }
}

#[tokio::test]
async fn a_row_cannot_be_written_into_another_organisation() {
    let world = World::create().await;
    let door = world.app.in_organisation(world.acme.id.clone(), Actor::Job("test"));
    let (mut tx, _) = door.write(&[]).await.unwrap();
    let refused = tx.query(Query::new(DOCTORED)).await.unwrap_err();
    let driver = std::error::Error::source(&refused).unwrap();
    let text = format!("{refused} {}", driver.source().map(ToString::to_string).unwrap_or_default());
    assert!(text.contains("row-level security"), "{text}");
}

#[tokio::test]
async fn behind_the_system_door_there_are_no_tenants_rows_and_no_writing_them() {
    let world = World::create().await;
    world.procedure("ada", &world.acme, "acme opens").await;
    let system = world.app.system(SystemReason::Jobs);
    // A connection that has never known an organisation says so; one that has shows nothing.
    for _ in 0..2 {
        match system.run(Query::new(PROCEDURES)).await {
            Ok(rows) => assert!(rows.is_empty()),
            Err(error) => assert!(matches!(error, Error::OutsideOrganisation { statement: "PROCEDURES" }), "{error}"),
        }
        let refused = system.run(Query::new(BARE_INSERT)).await.unwrap_err();
        assert!(matches!(refused, Error::OutsideOrganisation { statement: "BARE_INSERT" }), "{refused}");
    }
}

#[tokio::test]
async fn a_read_cannot_write() {
    let world = World::create().await;
    let door = world.app.in_organisation(world.acme.id.clone(), Actor::Job("test"));
    let refused = door.read(&[Query::new(BARE_INSERT)]).await.unwrap_err();
    let text = format!("{:?}", std::error::Error::source(&refused));
    assert!(text.contains("read-only"), "{text}");
}

#[tokio::test]
async fn an_uncommitted_transaction_leaves_nothing_and_gives_its_connection_back_clean() {
    let world = World::create().await;
    let door = world.app.in_organisation(world.acme.id.clone(), Actor::Job("test"));
    for _ in 0..30 {
        let (mut tx, _) = door.write(&[]).await.unwrap();
        tx.query(Query::new(BARE_INSERT)).await.unwrap();
        drop(tx);
    }
    let rows = door.read(&[Query::new(PROCEDURES)]).await.unwrap().remove(0);
    assert!(rows.is_empty());
    let leftovers = world.app.system(SystemReason::Jobs);
    const SETTING: Statement = Statement::new(
        "SETTING",
        "select coalesce(current_setting('app.current_org_id', true), '')",
        Tables::Directory,
    );
    for _ in 0..10 {
        assert_eq!(leftovers.run(Query::new(SETTING)).await.unwrap()[0].get::<_, &str>(0), "");
    }
}

#[tokio::test]
async fn reads_that_are_cut_off_half_way_never_disturb_the_next() {
    let world = World::create().await;
    world.procedure("ada", &world.acme, "acme opens").await;
    world.procedure("olga", &world.bolt, "bolt opens").await;
    for round in 0..300_u64 {
        let (organisation, name) =
            if round % 2 == 0 { (&world.acme, "acme opens") } else { (&world.bolt, "bolt opens") };
        let door = world.app.in_organisation(organisation.id.clone(), Actor::Job("test"));
        let cut = std::time::Duration::from_micros(round % 50 * 20);
        let _ = tokio::time::timeout(cut, door.read(&[Query::new(PROCEDURES)])).await;
        let rows = door.read(&[Query::new(PROCEDURES)]).await.unwrap().remove(0);
        assert!(rows.iter().all(|row| row.get::<_, &str>(0) == name));
        assert_eq!(rows.len(), 1);
    }
}
