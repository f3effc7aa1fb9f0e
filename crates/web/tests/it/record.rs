//! A run's record on paper: what was done, by whom and when, read back from the file.

use std::collections::HashMap;

use domain::comments::{self, CommentText};
use domain::evidence::{Field, FieldKind};
use domain::procedures::{self, ProcedureName};
use domain::runs::{self, RunId, RunName};
use domain::step_templates::{self, StepTitle};
use domain::{Details, StepRules, steps};
use http::Method;
use tower::ServiceExt as _;

use crate::app::{As, TestApp, request};

const RITA: As = As::Browser("rita", Some("acme"));

async fn file(app: &TestApp, path: &str) -> (http::HeaderMap, Vec<u8>) {
    let request = request(&RITA, Method::GET, path).body(axum::body::Body::empty()).unwrap();
    let response = app.router().oneshot(request).await.unwrap();
    let headers = response.headers().clone();
    (headers, axum::body::to_bytes(response.into_body(), 4 << 20).await.unwrap().to_vec())
}

fn text(file: &[u8]) -> String {
    let document = lopdf::Document::load_mem(file).unwrap();
    let pages: Vec<u32> = document.get_pages().keys().copied().collect();
    // Lines of the paper are no matter here.
    document.extract_text(&pages).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A run with evidence, a sign-off, a comment, a problem and a skipped step.
async fn run(app: &TestApp) -> RunId {
    let (ada, max) = (app.world.org("ada", &app.world.acme), app.world.org("max", &app.world.acme));
    let mut tx = ada.write().await.unwrap();
    let details = Details::parse("").unwrap();
    let procedure = procedures::create(&mut tx, &ProcedureName::parse("Abschluß").unwrap(), &details).await.unwrap();
    let difference = Field {
        key: String::new(),
        label: "Difference".to_owned(),
        kind: FieldKind::Number,
        required: true,
        choices: Vec::new(),
    };
    for (title, rules) in [
        ("Count the till", StepRules { fields: vec![difference], sign_off: true, ..StepRules::default() }),
        ("Call Łukasz", StepRules::default()),
        ("Lock up", StepRules::default()),
    ] {
        let step = step_templates::add(&mut tx, procedure, &StepTitle::parse(title).unwrap(), &details).await.unwrap();
        step_templates::rule(&mut tx, procedure, step, &rules).await.unwrap();
    }
    procedures::publish(&mut tx, procedure, "").await.unwrap();
    let run = runs::start(&mut tx, procedure, &RunName::parse("Νοέμβριος 中").unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    let (_, shown) = ada.read(runs::show(run)).await.unwrap();
    let [till, call, lock] = [0, 1, 2].map(|at: usize| shown.steps[at].id);
    let key = shown.steps[0].fields[0].key.clone();
    let mut tx = ada.write().await.unwrap();
    steps::write(&mut tx, run, till, None, &HashMap::from([(key, "-3,50".to_owned())])).await.unwrap();
    steps::tick(&mut tx, run, till).await.unwrap();
    steps::skip(&mut tx, run, call, None, "He called himself").await.unwrap();
    steps::report(&mut tx, run, lock, None, "The key is gone").await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = max.write().await.unwrap();
    steps::approve(&mut tx, run, till).await.unwrap();
    comments::write(&mut tx, run, till, &CommentText::parse("@ada well counted").unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    run
}

#[tokio::test]
async fn everything_that_was_done_is_in_it() {
    let app = TestApp::start().await;
    let run = run(&app).await;
    let path = format!("/orgs/acme/runs/{run}/record.pdf");
    let (headers, pdf) = file(&app, &path).await;
    assert_eq!(headers["content-type"], "application/pdf");
    let text = text(&pdf);
    for words in [
        "Νοέμβριος [U+4E2D]",
        "Procedure: Abschluß, version 1",
        "People: ada, max",
        "Steps: 2 of 3 done",
        "1. Count the till",
        "Difference: -3.50",
        "Given to: ada",
        "2. Call Łukasz Skipped:",
        "by ada: He called himself",
        "3. Lock up Problem: The key is gone",
        "@ada well counted",
        "In progress",
        "1 of 1",
    ] {
        assert!(text.contains(words), "{words:?} is not in {text}");
    }
    assert!(text.contains("Signed off: ") && text.contains(" by max"), "{text}");

    // The same state is the same file, and another paper another one.
    assert_eq!(file(&app, &format!("{path}?paper=a4")).await.1, pdf);
    let (_, letter) = file(&app, &format!("{path}?paper=letter")).await;
    assert_ne!(letter, pdf);
    assert_eq!(app.get(&RITA, &format!("{path}?paper=a5")).await.status, 422);
    let page = app.get(&RITA, &format!("/orgs/acme/runs/{run}")).await;
    assert!(page.body.contains("record.pdf?paper=letter"), "{}", page.body);
}

#[tokio::test]
async fn nobody_else_reads_it() {
    let app = TestApp::start().await;
    let run = run(&app).await;
    let theirs = app.get(&As::Browser("olga", Some("bolt")), &format!("/orgs/bolt/runs/{run}/record.pdf")).await;
    assert_eq!(theirs.status, 404);
    assert_eq!(
        app.get(&As::Browser("olga", Some("bolt")), &format!("/orgs/acme/runs/{run}/record.pdf")).await.status,
        404
    );
}
