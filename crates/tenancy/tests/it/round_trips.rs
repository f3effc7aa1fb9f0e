//! One round trip for a tenant read, from begin to commit.

use domain::{Org, Page, Read, procedures, runs};
use tenancy::{Actor, Database, PoolOptions, Query, Statement, Tables};
use testkit::{Relay, World};

#[tokio::test]
async fn a_tenant_read_costs_one_round_trip_and_a_write_one_per_statement() {
    let world = World::create().await;
    let procedure = world.procedure("ada", &world.acme, "acme opens").await;
    let run = world.run("ada", &world.acme, procedure, "monday").await;
    let relay = Relay::before(&world.database).await;
    let options = PoolOptions { size: 1, ..PoolOptions::default() };
    let app = Database::connect(&relay.url(&world.database, "tenantry_app"), options).await.unwrap();
    let ada = Org::new(&app, world.acme.id.clone(), testkit::user("ada"), "acme");
    // The first time on a connection each statement is prepared; that is paid once, not per read.
    for counted in [false, true] {
        macro_rules! one_trip {
            ($read:expr) => {
                relay.reset();
                ada.read($read).await.unwrap();
                assert!(
                    !counted || relay.round_trips() == 1,
                    "{} took {} round trips",
                    stringify!($read),
                    relay.round_trips()
                );
            };
        }
        one_trip!(Read::access_only());
        one_trip!(procedures::list(Page::default()));
        one_trip!(procedures::show(procedure));
        one_trip!(domain::tracker::show(Page::default(), &domain::tracker::Wanted::default()));
        one_trip!(runs::show(run));
        relay.reset();
        let mut tx = ada.write().await.unwrap();
        runs::start(&mut tx, procedure, &runs::RunName::parse("tuesday").unwrap()).await.unwrap();
        tx.commit().await.unwrap();
        assert!(
            !counted || relay.round_trips() == 8,
            "begin with access, six statements however many steps there are, commit: {}",
            relay.round_trips()
        );
    }
}

#[tokio::test]
async fn on_a_cold_connection_a_read_still_runs_inside_its_organisation() {
    // A statement that is prepared inside the pipeline would run after COMMIT: outside, and silently empty.
    const COLD: Statement =
        Statement::new("COLD", "select count(*) from procedures where organisation_id = $1", Tables::Tenant);
    let world = World::create().await;
    world.procedure("ada", &world.acme, "acme opens").await;
    for _ in 0..20 {
        let cold = world.database.app().await;
        let rows =
            cold.in_organisation(world.acme.id.clone(), Actor::Job("test")).read(&[Query::new(COLD)]).await.unwrap();
        assert_eq!(rows[0][0].get::<_, i64>(0), 1);
    }
}
