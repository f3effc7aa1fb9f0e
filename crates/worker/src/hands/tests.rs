//! Whatever a job does, the others go on.

use std::time::Duration;

use domain::drift::RECONCILE_CLERK;
use domain::inbound_events::APPLY_CLERK_EVENT;
use domain::jobs::MOST_WAITS;
use serde_json::json;
use tenancy::SystemReason;

use super::*;
use crate::stage::{Stage, until};
use crate::work_once;

const SOON: Duration = Duration::from_secs(1);
const LATER: Duration = Duration::from_secs(20);

#[tokio::test]
async fn poison_is_parked_and_the_queue_moves() {
    let stage = Stage::set().await;
    stage.deliver("msg_1", "unreadable", "hello").await;
    stage.record("msg_2", "user.updated", &json!({ "id": 7 })).await;
    let foreign = json!({ "data": { "id": "user_ada" }, "instance_id": "ins_other" }).to_string();
    stage.deliver("msg_3", "user.created", &foreign).await;
    jobs::ask(&stage.state.database, SystemReason::Jobs, "of_next_year").await.unwrap();
    for number in 0..100 {
        let user = format!("user_{number}");
        stage.clerk.account().person(&user, "Somebody");
        stage.record(&format!("msg_good_{number}"), "user.created", &json!({ "id": user })).await;
    }
    // Of a kind that nobody knows yet, with members that nobody knows yet.
    stage.record("msg_new", "passkey.sharpened", &json!({ "edges": [1, 2] })).await;
    let worker = stage.run();
    until(LATER, "all is settled", async || stage.jobs(APPLY_CLERK_EVENT, "done").await == 101).await;
    until(LATER, "poison is parked", async || stage.jobs(APPLY_CLERK_EVENT, "parked").await == 3).await;
    assert_eq!(stage.jobs("of_next_year", "parked").await, 1);
    assert!(stage.knows("user_99").await && !stage.knows("user_ada").await);
    worker.end().await.unwrap();
}

#[tokio::test]
async fn what_hangs_delays_no_event_and_is_finished_before_the_worker_ends() {
    let stage = Stage::set().await;
    stage.clerk.account().hang("/v1/users", true);
    stage.clerk.account().hang("/v1/users/user_slow", true);
    for _ in 0..2 * PATIENT {
        jobs::ask(&stage.state.database, SystemReason::Jobs, RECONCILE_CLERK).await.unwrap();
    }
    let worker = stage.run();
    until(LATER, "as many as may compare", async || stage.clerk.account().asked("/v1/users") == PATIENT).await;
    for number in 0..PROMPT - 1 {
        stage.record(&format!("msg_slow_{number}"), "user.created", &json!({ "id": "user_slow" })).await;
    }
    let slow = "/v1/users/user_slow";
    until(LATER, "nearly all hands are full", async || stage.clerk.account().asked(slow) == PROMPT - 1).await;
    for number in 0..20 {
        let user = format!("user_{number}");
        stage.clerk.account().person(&user, "Somebody");
        stage.record(&format!("msg_{number}"), "user.created", &json!({ "id": user })).await;
        until(SOON, "an event beside hanging jobs", async || stage.knows(&user).await).await;
    }
    assert_eq!(stage.clerk.account().asked("/v1/users"), PATIENT, "the others wait for room");

    let ended = worker.end();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!ended.is_finished(), "it holds something");
    stage.clerk.account().hang("/v1/users", false);
    stage.clerk.account().hang(slow, false);
    ended.await.unwrap();
    assert_eq!(stage.jobs(APPLY_CLERK_EVENT, "ready").await, 0);
    assert_eq!(stage.jobs(RECONCILE_CLERK, "done").await, i64::try_from(PATIENT).unwrap(), "and took no more");
}

#[tokio::test]
async fn a_panic_is_written_down_and_leaves_its_room_to_others() {
    let stage = Stage::set().await;
    jobs::ask(&stage.state.database, SystemReason::Jobs, "panics").await.unwrap();
    let job = jobs::claim(&stage.state.database, Lane::Patient, 1).await.unwrap().remove(0);
    let mut hands = Hands::new(stage.state.clone());
    let free = Arc::clone(&hands.lanes[3].free);
    hands.begin(job, Arc::clone(&free).try_acquire_owned().unwrap(), async { panic!("as this test wants") });
    assert_eq!(free.available_permits(), PATIENT - 1);
    hands.finish().await;
    assert_eq!(free.available_permits(), PATIENT);
    let row = stage.admin.query_one("select state, last_error from tenantry.jobs", &[]).await.unwrap();
    assert_eq!((row.get(0), row.get(1)), ("ready", "the job panicked; the worker's log says where"));
}

#[tokio::test]
async fn a_job_that_ends_its_workers_is_parked_in_the_end() {
    let stage = Stage::set().await;
    jobs::ask(&stage.state.database, SystemReason::Jobs, RECONCILE_CLERK).await.unwrap();
    stage.admin.execute("update tenantry.jobs set attempts = $1", &[&MOST_WAITS]).await.unwrap();
    work_once(&stage.state).await.unwrap();
    assert_eq!(stage.jobs(RECONCILE_CLERK, "parked").await, 1);
}
