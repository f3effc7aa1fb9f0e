//! The JSON API: the same words, the same rules, problem+json.

use http::Method;
use serde_json::json;

use crate::app::{As, TestApp};

#[tokio::test]
async fn a_program_can_do_the_whole_job() {
    let app = TestApp::start().await;
    let ada = As::Program("ada", Some("acme"));
    let at = |rest: &str| format!("/api/v1/orgs/acme/{rest}");
    let created =
        app.json(&ada, Method::POST, &at("procedures"), &json!({ "name": "Open the shop", "details": "Daily" })).await;
    assert_eq!(created.status, 201, "{}", created.body);
    let procedure = created.json()["id"].as_str().unwrap().to_owned();
    for title in ["Lights", "Till"] {
        let step = json!({ "title": title, "details": "" });
        let added = app.json(&ada, Method::POST, &at(&format!("procedures/{procedure}/steps")), &step).await;
        assert_eq!(added.status, 201, "{}", added.body);
    }
    let published = app
        .json(&ada, Method::POST, &at(&format!("procedures/{procedure}/publish")), &json!({ "note": "First" }))
        .await;
    assert_eq!(published.json()["version"], 1, "{}", published.body);
    let started =
        app.json(&ada, Method::POST, &at("runs"), &json!({ "procedure_id": procedure, "name": "Monday" })).await;
    assert_eq!(started.status, 201, "{}", started.body);
    let run = started.json()["id"].as_str().unwrap().to_owned();
    let shown = app.get(&ada, &at(&format!("runs/{run}"))).await.json();
    let steps = shown["run_steps"].as_array().unwrap();
    assert_eq!(steps.iter().map(|step| step["title"].as_str().unwrap()).collect::<Vec<_>>(), ["Lights", "Till"]);
    for step in steps {
        let path = at(&format!("runs/{run}/steps/{}/tick", step["id"].as_str().unwrap()));
        let ticked = app.json(&ada, Method::POST, &path, &json!({})).await;
        assert!(ticked.status.is_success(), "{}", ticked.body);
    }
    let done = app.get(&ada, &at(&format!("runs/{run}"))).await.json();
    assert_eq!((done["state"].as_str(), done["done"].as_i64()), (Some("completed"), Some(2)));
    let me = app.get(&ada, "/api/v1/me").await.json();
    assert_eq!(me["organisations"][0]["slug"], "acme");
}

#[tokio::test]
async fn mistakes_are_named_with_their_field() {
    let app = TestApp::start().await;
    let ada = As::Program("ada", Some("acme"));
    let path = "/api/v1/orgs/acme/procedures";
    let empty = app.json(&ada, Method::POST, path, &json!({ "name": " ", "details": "" })).await;
    assert_eq!(empty.status, 422);
    assert_eq!(empty.header("content-type"), "application/problem+json");
    assert_eq!(empty.json()["fields"][0]["field"], "name");
    // A field that nobody may set is refused, not ignored.
    for field in ["organisation_id", "id", "version", "created_by"] {
        let mut body = json!({ "name": "x", "details": "" });
        body[field] = json!("org_bolt");
        let answer = app.json(&ada, Method::POST, path, &body).await;
        assert!(answer.status.is_client_error(), "{field}: {}", answer.status);
        assert!(answer.body.contains(field), "names the field: {}", answer.body);
    }
    let cursor = app.get(&ada, &format!("{path}?before=nonsense")).await;
    assert_eq!((cursor.status.as_u16(), cursor.json()["fields"][0]["field"].as_str()), (422, Some("before")));
}

#[tokio::test]
async fn a_cursor_of_another_organisation_shows_only_ones_own() {
    let app = TestApp::start().await;
    let foreign = app.world.procedure("olga", &app.world.bolt, "bolt opens").await;
    app.world.procedure("ada", &app.world.acme, "acme opens").await;
    let answer =
        app.get(&As::Program("ada", Some("acme")), &format!("/api/v1/orgs/acme/procedures?before={foreign}")).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.body.contains("bolt"));
}
