//! A job is this worker's for as long as its lease is.

use domain::jobs::Lane;
use serde_json::json;

use super::*;
use crate::stage::{Stage, until};

const OFTEN: Duration = Duration::from_millis(20);
const LATER: Duration = Duration::from_secs(20);

/// An event that hangs at Clerk, claimed.
async fn hanging() -> (Stage, Claimed) {
    let stage = Stage::set().await;
    stage.clerk.account().person("user_ada", "Ada");
    stage.clerk.account().hang("/v1/users/user_ada", true);
    stage.record("msg_1", "user.created", &json!({ "id": "user_ada" })).await;
    let job = jobs::claim(&stage.state.database, Lane::Prompt, 1).await.unwrap().remove(0);
    (stage, job)
}

async fn row(stage: &Stage) -> (String, i32, bool, Option<String>) {
    let statement =
        "select state, attempts, leased_until > now() + interval '80 seconds', last_error from tenantry.jobs";
    let row = stage.admin.query_one(statement, &[]).await.unwrap();
    (row.get(0), row.get(1), row.get::<_, Option<bool>>(2).unwrap_or_default(), row.get(3))
}

#[tokio::test]
async fn a_lease_is_renewed_while_the_job_is_done() {
    let (stage, job) = hanging().await;
    stage.admin.batch_execute("update tenantry.jobs set leased_until = now() + interval '1 second'").await.unwrap();
    let (state, held) = (stage.state.clone(), job.clone());
    let settling = tokio::spawn(async move { settle(&state, &held, OFTEN).await });
    until(LATER, "the lease is renewed", async || row(&stage).await.2).await;
    stage.clerk.account().hang("/v1/users/user_ada", false);
    settling.await.unwrap();
    assert_eq!(row(&stage).await, ("done".to_owned(), 1, false, None));
    assert!(stage.knows("user_ada").await);
}

#[tokio::test]
async fn a_lost_lease_is_left_to_whoever_has_it() {
    let (stage, job) = hanging().await;
    // Another worker has taken it.
    stage.admin.batch_execute("update tenantry.jobs set attempts = 2").await.unwrap();
    let settled = tokio::time::timeout(LATER, settle(&stage.state, &job, OFTEN)).await;
    settled.expect("the job is let go while Clerk still hangs");
    assert_eq!(row(&stage).await, ("ready".to_owned(), 2, true, None), "nothing of theirs is touched");
    for done in [Ok(()), Err(Failure::Payload), Err(Failure::Panicked)] {
        write_down(&stage.state, &job, done).await;
        assert_eq!(row(&stage).await, ("ready".to_owned(), 2, true, None), "and nothing is written late");
    }
}

#[tokio::test]
async fn what_may_go_better_is_tried_again_and_what_is_hopeless_is_not() {
    let (stage, job) = hanging().await;
    write_down(&stage.state, &job, Err(Failure::Domain(domain::Error::NotFound))).await;
    let (state, _, leased, error) = row(&stage).await;
    assert_eq!((state.as_str(), leased, error.is_some()), ("ready", false, true));
    stage.admin.batch_execute("update tenantry.jobs set run_at = now()").await.unwrap();
    let job = jobs::claim(&stage.state.database, Lane::Prompt, 1).await.unwrap().remove(0);
    write_down(&stage.state, &job, Err(Failure::ForeignInstance("ins_other".to_owned()))).await;
    assert_eq!(row(&stage).await.0, "parked");
}
