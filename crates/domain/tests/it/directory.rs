//! The directory: a copy of Clerk's answers in which the answer asked for later wins.

use domain::directory::{self, PersonRecord};
use domain::{BaseRole, Error, Read};
use testkit::{World, user};

#[tokio::test]
async fn an_earlier_answer_never_overwrites_a_later_one() {
    let world = World::create().await;
    let asked_first = directory::now(&world.app).await.unwrap();
    world.record("ada", &[(&world.acme, BaseRole::Member)]).await;
    let stale = PersonRecord {
        id: user("ada"),
        email: "old@example.test".to_owned(),
        name: "old".to_owned(),
        memberships: vec![],
    };
    directory::record_person(&world.app, &stale, asked_first).await.unwrap();
    directory::forget_person(&world.app, &user("ada"), asked_first).await.unwrap();
    let home = directory::person(&world.app, &user("ada")).await.unwrap().unwrap();
    assert_eq!((home.person.name.as_str(), home.organisations.len()), ("ada", 1));
}

#[tokio::test]
async fn a_forgotten_person_is_nobody_and_nowhere() {
    let world = World::create().await;
    let now = directory::now(&world.app).await.unwrap();
    directory::forget_person(&world.app, &user("ada"), now).await.unwrap();
    assert!(directory::person(&world.app, &user("ada")).await.unwrap().is_none());
    assert!(matches!(world.org("ada", &world.acme).read(Read::access_only()).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn an_organisation_that_is_gone_lets_nobody_in_and_keeps_its_rows() {
    let world = World::create().await;
    world.procedure("ada", &world.acme, "opening").await;
    let now = directory::now(&world.app).await.unwrap();
    directory::organisation_gone(&world.app, &world.acme.id, now).await.unwrap();
    assert!(matches!(world.org("ada", &world.acme).read(Read::access_only()).await, Err(Error::NotFound)));
    assert!(directory::organisation_for(&world.app, &user("ada"), "acme").await.unwrap().is_none());
    let backup = world.database.client("tenantry_backup").await;
    let rows: i64 = backup.query_one("select count(*) from procedures", &[]).await.unwrap().get(0);
    assert_eq!(rows, 1);
}

#[tokio::test]
async fn an_address_leads_only_its_members_to_the_organisation() {
    let world = World::create().await;
    for (name, slug, found) in [("ada", "acme", true), ("olga", "acme", false), ("ada", "unknown", false)] {
        let organisation = directory::organisation_for(&world.app, &user(name), slug).await.unwrap();
        assert_eq!(organisation.as_ref(), found.then_some(&world.acme.id), "{name} to {slug}");
    }
}
