//! The operators' page: what was given up, and what is decided about it.

use domain::drift::{self, Difference, DriftReport};
use domain::inbound_events::{self, Vendor};
use domain::jobs::{self, Lane};
use jiff::Timestamp;

use crate::app::{As, TestApp};

const OPAL: As = As::Browser("opal", None);

async fn app() -> TestApp {
    let app = TestApp::start().await;
    app.world.record("opal", &[]).await;
    app
}

/// An event that nobody can read: recorded, tried, and given up.
async fn poison(app: &TestApp, id: &str) {
    inbound_events::record(&app.world.app, Vendor::Clerk, id, "user.created", b"{<script>").await.unwrap();
    let worker = app.world.database.worker().await;
    let job = jobs::claim(&worker, Lane::Prompt, 16).await.unwrap().remove(0);
    assert!(jobs::fail(&worker, &job, "the job's <b>payload</b> is not what its kind needs", true).await.unwrap());
}

#[tokio::test]
async fn poison_is_shown_tried_again_and_set_aside() {
    let app = app().await;
    assert!(app.get(&OPAL, "/operators").await.body.contains("Nothing is parked"));
    poison(&app, "msg_bad").await;
    let page = app.get(&OPAL, "/operators").await;
    assert_eq!(page.status, 200);
    for shown in ["msg_bad", "user.created", "apply_clerk_event", "&#60;b&#62;payload", "1 try"] {
        assert!(page.body.contains(shown), "{shown} in {}", page.body);
    }
    let action = |verb: &str| {
        let end = page.body.find(&format!("/{verb}\"")).unwrap();
        let start = page.body[..end].rfind("/operators/jobs/").unwrap();
        page.body[start..end].to_owned() + "/" + verb
    };
    assert_eq!(app.post(&OPAL, &action("again"), "").await.status, 303);
    assert!(app.get(&OPAL, "/operators").await.body.contains("Nothing is parked"));
    let worker = app.world.database.worker().await;
    let job = jobs::claim(&worker, Lane::Prompt, 16).await.unwrap().remove(0);
    assert_eq!(job.attempt, 1, "from the beginning");
    jobs::fail(&worker, &job, "still", true).await.unwrap();
    assert_eq!(app.post(&OPAL, &action("aside"), "").await.status, 303);
    assert_eq!(app.post(&OPAL, &action("aside"), "").await.status, 404, "it is parked no more");
    assert!(jobs::claim(&worker, Lane::Prompt, 16).await.unwrap().is_empty());
}

#[tokio::test]
async fn comparisons_are_shown_and_asked_for() {
    let app = app().await;
    assert_eq!(app.post(&OPAL, "/operators/reconcile", "").await.status, 303);
    let worker = app.world.database.worker().await;
    assert_eq!(jobs::claim(&worker, Lane::Patient, 16).await.unwrap().remove(0).kind, drift::RECONCILE_CLERK);
    let found = vec![Difference { id: "user_ada".into(), what: "was not known here".into(), repaired: false }];
    let now = Timestamp::now();
    let report = DriftReport { started_at: now, finished_at: now, compared: 7, found };
    drift::record(&worker, Vendor::Clerk, &report).await.unwrap();
    let page = app.get(&OPAL, "/operators").await;
    assert!(page.body.contains("user_ada") && page.body.contains("(not repaired)"), "{}", page.body);
}

#[tokio::test]
async fn customers_find_nothing_there() {
    let app = app().await;
    let admin = As::Browser("ada", Some("acme"));
    let nowhere = app.get(&admin, "/no-such-page").await;
    let operators = app.get(&admin, "/operators").await;
    assert_eq!((operators.status, nowhere.status.as_u16()), (nowhere.status, 404));
    assert_eq!(app.post(&admin, "/operators/reconcile", "").await.status, 404);
}
