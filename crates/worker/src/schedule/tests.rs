//! The comparison with Clerk comes round by itself.

use super::*;
use crate::stage::{Stage, until};

/// As if every job had been enqueued so long ago.
async fn age(stage: &Stage, by: Duration) {
    let statement = "update tenantry.jobs set created_at = created_at - make_interval(secs => $1)";
    stage.admin.execute(statement, &[&by.as_secs_f64()]).await.unwrap();
}

#[tokio::test]
async fn a_worker_begins_with_a_comparison_that_repairs() {
    let stage = Stage::set().await;
    stage.clerk.account().person("user_ada", "Ada");
    let worker = stage.run();
    until(Duration::from_secs(20), "compared", async || stage.jobs(RECONCILE_CLERK, "done").await == 1).await;
    assert!(stage.knows("user_ada").await);
    worker.end().await.unwrap();
}

#[tokio::test]
async fn from_one_begin_to_the_next_five_minutes_pass_at_most_and_hardly_less() {
    let (_, most) = ROUNDS[0];
    assert_eq!(most, Duration::from_secs(300));
    let stage = Stage::set().await;
    let due = async || {
        // A worker that has not looked yet, as every worker is after the pause.
        Schedule::default().look(&stage.state.database).await;
        stage.jobs(RECONCILE_CLERK, "ready").await == 1
    };
    assert!(due().await);
    assert!(due().await, "one that waits is enough");
    crate::work_once(&stage.state).await.unwrap();
    assert!(!due().await, "one has just begun");
    age(&stage, Duration::from_secs(270)).await;
    assert!(!due().await, "and not long ago");
    // The last look at which it was not due yet may have been a whole pause ago.
    age(&stage, most - LOOK - crate::POLL - Duration::from_secs(270)).await;
    assert!(due().await, "found by the last look before the five minutes are over");
}

#[tokio::test]
async fn a_worker_does_not_ask_the_database_all_the_time() {
    let stage = Stage::set().await;
    let mut schedule = Schedule::default();
    schedule.look(&stage.state.database).await;
    crate::work_once(&stage.state).await.unwrap();
    age(&stage, Duration::from_secs(3600)).await;
    schedule.look(&stage.state.database).await;
    assert_eq!(stage.jobs(RECONCILE_CLERK, "ready").await, 0, "it has just looked");
}
