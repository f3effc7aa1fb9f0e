//! Inbound events and their jobs: once each, leased, fenced, retried.

use domain::inbound_events::{self, Recorded, Vendor};
use domain::jobs::{self, Lane};
use testkit::World;

#[tokio::test]
async fn the_same_event_delivered_a_hundred_times_at_once_is_recorded_once() {
    let world = World::create().await;
    let body = br#"{"type":"user.created"}"#;
    let deliveries: Vec<_> = (0..100)
        .map(|_| {
            let app = world.app.clone();
            tokio::spawn(async move {
                inbound_events::record(&app, Vendor::Clerk, "msg_1", "user.created", body).await.unwrap()
            })
        })
        .collect();
    let mut new = 0;
    for delivery in deliveries {
        new += usize::from(delivery.await.unwrap() == Recorded::New);
    }
    assert_eq!(new, 1);
    assert_eq!(jobs::claim(&world.app, Lane::Prompt, 16).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_job_is_held_by_one_worker_and_a_late_one_finishes_nothing() {
    let world = World::create().await;
    inbound_events::record(&world.app, Vendor::Clerk, "msg_1", "user.created", b"{}").await.unwrap();
    let first = jobs::claim(&world.app, Lane::Prompt, 16).await.unwrap().remove(0);
    assert!(jobs::claim(&world.app, Lane::Prompt, 16).await.unwrap().is_empty(), "leased");
    let admin = world.database.client("postgres").await;
    admin.execute("update tenantry.jobs set leased_until = now() - interval '1 second'", &[]).await.unwrap();
    let second = jobs::claim(&world.app, Lane::Prompt, 16).await.unwrap().remove(0);
    assert_eq!((first.attempt, second.attempt), (1, 2));
    jobs::finish(&world.app, &first).await.unwrap();
    let state = || async { admin.query_one("select state from tenantry.jobs", &[]).await.unwrap().get::<_, String>(0) };
    assert_eq!(state().await, "ready");
    jobs::finish(&world.app, &second).await.unwrap();
    assert_eq!(state().await, "done");
}

#[tokio::test]
async fn a_job_that_keeps_failing_is_tried_later_and_parked_in_the_end() {
    let world = World::create().await;
    inbound_events::record(&world.app, Vendor::Clerk, "msg_1", "user.created", b"{}").await.unwrap();
    let admin = world.database.client("postgres").await;
    for attempt in 1..=jobs::MOST_ATTEMPTS {
        let job = jobs::claim(&world.app, Lane::Prompt, 16).await.unwrap().remove(0);
        assert_eq!(job.attempt, attempt);
        assert_eq!(jobs::fail(&world.app, &job, "Clerk is away", false).await.unwrap(), attempt == jobs::MOST_ATTEMPTS);
        assert!(jobs::claim(&world.app, Lane::Prompt, 16).await.unwrap().is_empty(), "not before its time");
        admin.execute("update tenantry.jobs set run_at = now()", &[]).await.unwrap();
    }
    assert!(jobs::claim(&world.app, Lane::Prompt, 16).await.unwrap().is_empty());
    let parked = admin.query_one("select state, last_error from tenantry.jobs", &[]).await.unwrap();
    assert_eq!((parked.get::<_, &str>(0), parked.get::<_, &str>(1)), ("parked", "Clerk is away"));
}
