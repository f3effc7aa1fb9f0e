//! Data exports in the browser and for programs: asked for, watched, taken in parts, and by nobody else.

use axum::body::Body;
use bytes::Bytes;
use domain::BaseRole;
use domain::audit_log::{self, Filter};
use domain::exports::{self, ExportId};
use http::{HeaderMap, Method, StatusCode};
use serde_json::json;
use tower::ServiceExt as _;

use crate::app::{As, TestApp, request};
use crate::tokens::{self, TRUSTED};

const PAGE: &str = "/orgs/acme/settings/export";

const ADA: As = As::Browser("ada", Some("acme"));

fn file(id: ExportId) -> String {
    format!("{PAGE}/{id}/file")
}

/// The answer with its bytes as they are.
async fn take(
    app: &TestApp,
    who: &As,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
) -> (StatusCode, HeaderMap, Bytes) {
    let mut request = request(who, method, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = app.router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    (parts.status, parts.headers, axum::body::to_bytes(body, 64 << 20).await.unwrap())
}

/// How often downloads stand in the log.
async fn recorded(app: &TestApp) -> usize {
    let filter = Filter { action: "export.downloaded".to_owned(), ..Filter::default() };
    app.world.org("ada", &app.world.acme).read(audit_log::list(&filter)).await.unwrap().1.entries.len()
}

#[tokio::test]
async fn it_is_taken_whole_or_in_parts_and_each_time_goes_into_the_log() {
    let app = TestApp::start().await;
    let id = app.world.made_export("ada", &app.world.acme).await;
    let path = file(id);
    let (status, headers, whole) = take(&app, &ADA, Method::GET, &path, &[("accept-encoding", "gzip")]).await;
    assert_eq!(status, 200);
    let text = |name: &str| headers[name].to_str().unwrap();
    assert_eq!(text("content-type"), "application/zip");
    assert_eq!(text("accept-ranges"), "bytes");
    assert_eq!(text("content-length"), whole.len().to_string());
    assert!(text("content-disposition").starts_with("attachment; filename=\"acme-export-20"), "{headers:?}");
    assert!(headers.get("content-encoding").is_none());
    let digest = archive::digest(&mut &whole[..]).unwrap();
    assert_eq!(text("etag"), format!("\"{digest}\""));
    assert!(text("cache-control").contains("no-store"), "{headers:?}");
    assert_eq!(recorded(&app).await, 1);

    // It breaks off, and goes on.
    let (status, headers, first) = take(&app, &ADA, Method::GET, &path, &[("range", "bytes=0-99")]).await;
    assert_eq!((status.as_u16(), first.len()), (206, 100));
    assert_eq!(headers["content-range"], format!("bytes 0-99/{}", whole.len()));
    let etag = format!("\"{digest}\"");
    let rest = [("range", "bytes=100-"), ("if-range", etag.as_str())];
    let (status, _, rest) = take(&app, &ADA, Method::GET, &path, &rest).await;
    assert_eq!(status, 206);
    assert_eq!([first, rest].concat(), whole);
    assert_eq!(recorded(&app).await, 3);
    // Of another file, nothing is gone on with.
    let other = [("range", "bytes=100-"), ("if-range", "\"0\"")];
    let (status, _, again) = take(&app, &ADA, Method::GET, &path, &other).await;
    assert_eq!((status.as_u16(), again.len()), (200, whole.len()));
    assert_eq!(recorded(&app).await, 4);
    // What takes nothing out is no download.
    let (status, headers, body) = take(&app, &ADA, Method::GET, &path, &[("range", "bytes=99999999-")]).await;
    assert_eq!((status.as_u16(), body.len()), (416, 0));
    assert_eq!(headers["content-range"], format!("bytes */{}", whole.len()));
    let (status, _, body) = take(&app, &ADA, Method::GET, &path, &[("if-none-match", &etag)]).await;
    assert_eq!((status.as_u16(), body.len()), (304, 0));
    let (status, headers, body) = take(&app, &ADA, Method::HEAD, &path, &[]).await;
    assert_eq!((status.as_u16(), body.len()), (200, 0));
    assert_eq!(headers["content-length"], whole.len().to_string());
    assert_eq!(recorded(&app).await, 4);
    // The same for a program.
    let program = As::Program("ada", Some("acme"));
    let path = format!("/api/v1/orgs/acme/exports/{id}/file");
    let (status, _, same) = take(&app, &program, Method::GET, &path, &[]).await;
    assert_eq!((status.as_u16(), same), (200, whole));
}

#[tokio::test]
async fn the_link_is_good_for_whoever_may_and_while_they_may() {
    let app = TestApp::start().await;
    let world = &app.world;
    let id = world.made_export("ada", &world.acme).await;
    let theirs = world.made_export("olga", &world.bolt).await;
    assert_eq!(app.get(&As::Browser("max", Some("acme")), &file(id)).await.status, 403);
    assert_eq!(app.get(&As::Browser("olga", Some("bolt")), &file(id)).await.status, 404);
    assert!(app.get(&As::Nobody, &file(id)).await.status.is_redirection());
    // An address of this organisation does not lead to another's.
    assert_eq!(app.get(&ADA, &file(theirs)).await.status, 404);
    // Long signed in, and somebody in her name.
    for more in [json!({ "fva": [11, -1] }), json!({ "act": { "sub": "user_opal" } })] {
        let mut claims = tokens::claims("ada", Some("acme"));
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let token = TRUSTED.sign(&tokens::header(), &claims);
        assert_eq!(app.get(&As::Cookie(token.clone()), &file(id)).await.status, 403);
        assert_eq!(app.post(&As::Cookie(token), PAGE, "").await.status, 403);
    }
    assert_eq!(recorded(&app).await, 0);
    // The role goes, and the link with it; so with the membership.
    world.record("max", &[(&world.acme, BaseRole::Admin)]).await;
    let max = As::Browser("max", Some("acme"));
    assert_eq!(app.get(&max, &file(id)).await.status, 200);
    world.record("max", &[(&world.acme, BaseRole::Member)]).await;
    assert_eq!(app.get(&max, &file(id)).await.status, 403);
    world.record("max", &[]).await;
    assert_eq!(app.get(&max, &file(id)).await.status, 404);
    // And with its own end.
    let admin = world.database.client("postgres").await;
    admin.execute("update tenantry.exports set expires_at = now()", &[]).await.unwrap();
    assert_eq!(app.get(&ADA, &file(id)).await.status, 404);
    assert!(app.get(&ADA, PAGE).await.body.contains("Expired"));
}

#[tokio::test]
async fn the_page_asks_for_one_and_says_how_far_it_is() {
    let app = TestApp::start().await;
    let world = &app.world;
    let empty = app.get(&ADA, PAGE).await;
    assert!(empty.body.contains("No export yet") && !empty.body.contains("every 1s"), "{}", empty.body);
    assert_eq!(app.post(&ADA, PAGE, "").await.status, 303);
    let waiting = app.get(&ADA, PAGE).await;
    assert!(waiting.body.contains("Waiting for its turn") && waiting.body.contains("every 1s"), "{}", waiting.body);
    let again = app.post(&ADA, PAGE, "").await;
    assert_eq!(again.status, 409);
    assert!(again.body.contains("An export is being made already"), "{}", again.body);
    let admin = world.database.client("postgres").await;
    admin
        .execute(
            "update tenantry.exports set state = 'running', started_at = now(), file = 'exports/0.zip', rows_expected = 2000000, rows_done = 1234567",
            &[],
        )
        .await
        .unwrap();
    let running = app.get(&ADA, PAGE).await;
    for part in ["1,234,567 of 2,000,000 rows", "width=\"61%\"", "61 percent prepared"] {
        assert!(running.body.contains(part), "{part} in {}", running.body);
    }
    let program = As::Program("ada", Some("acme"));
    let listed = app.get(&program, "/api/v1/orgs/acme/exports").await.json();
    assert_eq!(listed["items"][0]["state"], "running");
    let id: ExportId = listed["items"][0]["id"].as_str().unwrap().parse().unwrap();
    let at = format!("/api/v1/orgs/acme/exports/{id}");
    assert_eq!(app.get(&program, &at).await.json()["rows_done"], 1_234_567);
    assert_eq!(app.get(&program, &format!("{at}/file")).await.status, 404);
    exports::make(&world.app, &world.files, &world.acme.id, id, 2).await.unwrap();
    let ready = app.get(&ADA, PAGE).await;
    assert!(ready.body.contains("Ready") && ready.body.contains(&file(id)), "{}", ready.body);
    assert!(!ready.body.contains("every 1s"));
    // A program asks for one too, and the log says who did.
    let asked = app.json(&program, Method::POST, "/api/v1/orgs/acme/exports", &json!({})).await;
    assert_eq!(asked.status, 201, "{}", asked.body);
    assert_eq!(app.get(&program, asked.header("location")).await.json()["state"], "asked");
    let log = app.get(&ADA, "/orgs/acme/settings/audit-log?action=export").await;
    assert_eq!(log.body.matches("Asked for a data export").count(), 2, "{}", log.body);
    // Others see neither the page nor a way to it.
    let max = As::Browser("max", Some("acme"));
    assert_eq!(app.get(&max, PAGE).await.status, 403);
    assert!(!app.get(&max, "/orgs/acme/settings/members").await.body.contains(PAGE));
    assert_eq!(app.post(&max, PAGE, "").await.status, 403);
}

/// More than any honest need: files are large, and kept for a week.
#[tokio::test]
async fn ten_a_day_are_the_most() {
    let app = TestApp::start().await;
    let admin = app.world.database.client("postgres").await;
    admin
        .execute(
            "insert into tenantry.exports (organisation_id, id, state, asked_by, asked_by_name)
             select 'org_acme', gen_random_uuid(), 'failed', 'user_ada', 'Ada' from generate_series(1, 10)",
            &[],
        )
        .await
        .unwrap();
    let refused = app.post(&ADA, PAGE, "").await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("10 exports were asked for within a day"), "{}", refused.body);
}
