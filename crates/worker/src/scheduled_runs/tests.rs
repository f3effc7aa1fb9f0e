//! From the look of a worker to the run, whoever else looks.

use domain::written_schedule::WrittenSchedule;
use domain::{schedule_round, schedules};
use testkit::{Client, World};

use super::*;
use crate::stage::Stage;

/// Acme with schedules, and a worker's surroundings.
struct Scene {
    world: World,
    state: State,
    admin: Client,
}

impl Scene {
    /// Some schedules of one procedure that start each day, today's still to come.
    async fn set(schedules: usize) -> Self {
        let world = World::create().await;
        let state = State { database: world.database.worker().await, ..Stage::set().await.state };
        let admin = world.database.client("postgres").await;
        let procedure = world.procedure("ada", &world.acme, "opening").await;
        let daily =
            WrittenSchedule { repeats: "daily".to_owned(), at: "00:00".to_owned(), ..WrittenSchedule::default() };
        let (daily, name) = daily.parse().unwrap();
        for _ in 0..schedules {
            let mut tx = world.org("ada", &world.acme).write().await.unwrap();
            schedules::create(&mut tx, procedure, daily, &name).await.unwrap();
            tx.commit().await.unwrap();
        }
        let due = "update tenantry.schedules set dealt_to = dealt_to - 1, next_at = next_at - interval '1 day';
                   update tenantry.next_starts set due_at = due_at - interval '1 day'";
        admin.batch_execute(due).await.unwrap();
        Self { world, state, admin }
    }

    async fn number(&self, sql: &str) -> i64 {
        self.admin.query_one(sql, &[]).await.unwrap().get(0)
    }
}

const RUNS: &str = "select count(*) from tenantry.runs where schedule_id is not null and started_by is null";

#[tokio::test]
async fn what_is_due_is_found_and_started_once() {
    let scene = Scene::set(1).await;
    assert_eq!(schedule_round::look(&scene.state.database).await.unwrap(), 1);
    assert_eq!(schedule_round::look(&scene.state.database).await.unwrap(), 0, "one that waits is enough");
    crate::work_once(&scene.state).await.unwrap();
    assert_eq!(scene.number(RUNS).await, 1);
    assert_eq!(scene.number("select count(*) from tenantry.steps where done_at is null").await, 2);
    assert_eq!(schedule_round::look(&scene.state.database).await.unwrap(), 0, "nothing is due any more");
    let parked = "select count(*) from tenantry.jobs where kind = 'start_scheduled_runs' and state <> 'done'";
    assert_eq!(scene.number(parked).await, 0);
}

#[tokio::test]
async fn any_number_of_workers_start_each_run_once() {
    let scene = Scene::set(12).await;
    let job = Claimed {
        id: uuid::Uuid::nil(),
        kind: START_SCHEDULED_RUNS.to_owned(),
        payload: serde_json::json!({}),
        attempt: 1,
        organisation: Some(scene.world.acme.id.clone()),
    };
    let work = || start(&scene.state, &job);
    let (one, two, three, four) = tokio::join!(work(), work(), work(), work());
    for done in [one, two, three, four] {
        done.unwrap();
    }
    assert_eq!(scene.number(RUNS).await, 12);
    assert_eq!(scene.number("select count(distinct schedule_id) from tenantry.runs").await, 12);
    assert_eq!(scene.number("select count(*) from tenantry.schedules where next_at <= now()").await, 0);
    assert_eq!(scene.number("select count(*) from tenantry.next_starts where due_at <= now()").await, 0);
}

#[tokio::test]
async fn nothing_is_found_in_an_organisation_that_is_deleted_and_a_job_for_it_does_nothing() {
    let scene = Scene::set(1).await;
    schedule_round::look(&scene.state.database).await.unwrap();
    let gone = "update tenantry.organisations set deleted_at = now(), erase_at = now() + interval '30 days'
                 where id = 'org_acme'";
    scene.admin.batch_execute(gone).await.unwrap();
    crate::work_once(&scene.state).await.unwrap();
    assert_eq!(schedule_round::look(&scene.state.database).await.unwrap(), 0);
    assert_eq!(scene.number(RUNS).await, 0);
    let left = "select count(*) from tenantry.jobs where kind = 'start_scheduled_runs' and state <> 'done'";
    assert_eq!(scene.number(left).await, 0, "it is done, and not tried again");
}
