//! Wakes: heard in one's own organisation, and empty of anything to read.

use std::time::Duration;

use tenancy::{Actor, Live, Query, Statement, Tables, Wakes};
use testkit::{Organisation, World};
use tokio::time::timeout;

const RENAME: Statement =
    Statement::new("RENAME", "update procedures set name = 'changed' where organisation_id = $1", Tables::Tenant);
const NAMES: Statement =
    Statement::new("NAMES", "select name from procedures where organisation_id = $1", Tables::Tenant);

fn door(world: &World, organisation: &Organisation) -> tenancy::OrgScope {
    world.app.in_organisation(organisation.id.clone(), Actor::Job("test"))
}

async fn change(world: &World, organisation: &Organisation, commit: bool) {
    let (mut tx, _) = door(world, organisation).write(&[]).await.unwrap();
    tx.query(Query::new(RENAME)).await.unwrap();
    tx.wake().await.unwrap();
    if commit {
        tx.commit().await.unwrap();
    }
}

async fn is_woken(wakes: &mut Wakes) -> bool {
    timeout(Duration::from_millis(300), wakes.woken()).await.is_ok()
}

/// Hearing has begun when the first wake of all arrives.
async fn hearing(live: &Live, world: &World) -> (Wakes, Wakes) {
    let (mut acme, mut bolt) = (live.wakes(&door(world, &world.acme)), live.wakes(&door(world, &world.bolt)));
    assert!(is_woken(&mut acme).await && is_woken(&mut bolt).await, "the beginning counts as a gap");
    (acme, bolt)
}

#[tokio::test]
async fn only_the_own_organisations_commits_wake() {
    let world = World::create().await;
    world.procedure("ada", &world.acme, "acme opens").await;
    world.procedure("olga", &world.bolt, "bolt opens").await;
    let live = Live::start(&world.app);
    let (mut acme, mut bolt) = hearing(&live, &world).await;
    change(&world, &world.bolt, false).await;
    assert!(!is_woken(&mut bolt).await, "nothing was committed");
    change(&world, &world.bolt, true).await;
    assert!(is_woken(&mut bolt).await);
    assert!(!is_woken(&mut acme).await, "another organisation's change");
    change(&world, &world.acme, true).await;
    assert!(is_woken(&mut acme).await);
    let rows = door(&world, &world.acme).read(&[Query::new(NAMES)]).await.unwrap().remove(0);
    assert_eq!(rows.len(), 1, "what is read after a wake is read through the door");
}

/// The channel itself is open to every role of the database (A52 of the catalogue): so it says nothing.
#[tokio::test]
async fn whoever_listens_on_the_channel_learns_no_id_and_no_content() {
    let world = World::create().await;
    world.procedure("olga", &world.bolt, "bolt opens").await;
    let payload = {
        let (client, mut connection) = raw(&world.database.url("tenantry_worker")).await;
        let (sender, mut payloads) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(Ok(message)) = std::future::poll_fn(|context| connection.poll_message(context)).await {
                if let tokio_postgres::AsyncMessage::Notification(heard) = message {
                    sender.send(heard.payload().to_owned()).unwrap();
                }
            }
        });
        client.batch_execute("listen tenantry_live").await.unwrap();
        change(&world, &world.bolt, true).await;
        timeout(Duration::from_secs(5), payloads.recv()).await.unwrap().unwrap()
    };
    assert!(payload.len() == 16 && payload.bytes().all(|b| b.is_ascii_hexdigit()), "{payload}");
    assert!(!payload.contains("bolt"));
}

#[tokio::test]
async fn a_lost_connection_is_opened_again_and_counts_as_a_wake() {
    let world = World::create().await;
    let live = Live::start(&world.app);
    let (mut acme, mut bolt) = hearing(&live, &world).await;
    let admin = world.database.client("postgres").await;
    let ended = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                 where datname = current_database() and query like 'listen%'";
    let ended: i64 = admin.query_one(ended, &[]).await.unwrap().get(0);
    assert!(ended >= 1);
    for wakes in [&mut acme, &mut bolt] {
        assert!(timeout(Duration::from_secs(5), wakes.woken()).await.is_ok());
    }
    change(&world, &world.bolt, true).await;
    assert!(is_woken(&mut bolt).await, "and hearing goes on");
    assert!(!is_woken(&mut acme).await);
}

async fn raw(
    url: &str,
) -> (tokio_postgres::Client, tokio_postgres::Connection<tokio_postgres::Socket, tokio_postgres::tls::NoTlsStream>) {
    #[expect(clippy::disallowed_methods, reason = "an eavesdropper does not come through a door")]
    tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap()
}
