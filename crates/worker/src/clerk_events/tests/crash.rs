//! A process that ends anywhere between receiving an event, recording it, and having looked into it.

use std::pin::Pin;
use std::task::{Context, Poll};

use domain::inbound_events::{self, Vendor};
use domain::jobs::{self, Lane};
use serde_json::json;

use crate::settle::{RENEW, settle};
use crate::stage::Stage;
use crate::work_once;

/// More waits than an event has.
const MOST: usize = 500;

/// A future that is let go after so many polls, each of which ends where the work waits for something.
struct Cut<F> {
    work: Pin<Box<F>>,
    polls: usize,
}

impl<F: Future> Future for Cut<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls == 0 {
            return Poll::Ready(None);
        }
        self.polls -= 1;
        match self.work.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if self.polls == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// From the webhook to the end of its job.
async fn receive_and_apply(stage: &Stage, id: &str, kind: &'static str) {
    receive(stage, id, kind).await;
    for job in jobs::claim(&stage.state.database, Lane::Prompt, 1).await.unwrap() {
        settle(&stage.state, &job, RENEW).await;
    }
}

async fn receive(stage: &Stage, id: &str, kind: &'static str) {
    let data = json!({ "public_user_data": { "user_id": "user_ada" }, "organization": { "id": "org_acme" } });
    let body = json!({ "type": kind, "object": "event", "instance_id": "ins_test", "data": data }).to_string();
    inbound_events::record(&stage.state.database, Vendor::Clerk, id, kind, body.as_bytes()).await.unwrap();
}

/// Clerk sends what was not acknowledged again, leases run out, and a new process begins.
async fn start_again(stage: &Stage, id: &str, kind: &'static str) {
    receive(stage, id, kind).await;
    let later = "update tenantry.jobs set leased_until = null, run_at = now() where state = 'ready'";
    stage.admin.batch_execute(later).await.unwrap();
    work_once(&stage.state).await.unwrap();
}

#[tokio::test]
async fn wherever_the_process_ends_the_end_is_the_same() {
    let stage = Stage::set().await;
    stage.clerk.account().person("user_ada", "Ada");
    stage.clerk.account().organisation("org_acme", "acme", "Acme");
    // Which part of the way each end fell into: received, recorded, claimed, looked into.
    let mut ends = [0; 4];
    for polls in 0..MOST {
        let id = format!("msg_{polls}");
        let kind = if polls % 2 == 0 { "organizationMembership.created" } else { "organizationMembership.deleted" };
        match polls % 2 {
            0 => stage.clerk.account().member("user_ada", "org_acme", "member"),
            _ => stage.clerk.account().leave("user_ada", "org_acme"),
        }
        let done = Cut { work: Box::pin(receive_and_apply(&stage, &id, kind)), polls }.await;
        let way = "select count(job), count(*) filter (where attempts > 0), count(processed_at)
                     from tenantry.inbound_events as event
                     left join tenantry.jobs as job on job.payload ->> 'event' = event.id::text where event_id = $1";
        let row = stage.admin.query_one(way, &[&id]).await.unwrap();
        // A job that is done has forgotten what it was about.
        let on_the_way = match [0, 1, 2].map(|column| row.get::<_, i64>(column) > 0) {
            [_, _, true] => 3,
            [recorded, claimed, _] => usize::from(recorded) + usize::from(claimed),
        };
        ends[on_the_way] += 1;

        start_again(&stage, &id, kind).await;
        let row = stage.admin.query_one(way, &[&id]).await.unwrap();
        assert_eq!(
            (row.get::<_, i64>(0), row.get::<_, i64>(2)),
            (0, 1),
            "{id}: one event, looked into, and no job left"
        );
        assert_eq!(stage.jobs("apply_clerk_event", "done").await, i64::try_from(polls + 1).unwrap(), "{id}");
        assert_eq!(stage.told().await, stage.clerk.account().told(), "{id}");
        if done.is_some() {
            println!("ended while receiving, recorded, claimed, looked into: {ends:?}");
            assert!(ends.iter().all(|&times| times > 0), "{ends:?}: each part of the way was an end");
            return;
        }
    }
    panic!("{MOST} polls are not enough for one event");
}
