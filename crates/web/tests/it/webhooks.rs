//! Clerk's webhooks: verified over the raw body, recorded once, acknowledged when durable.

use axum::body::Body;
use http::{Request, StatusCode};
use signatures::svix::{self, Secret};

use crate::app::{TestApp, WEBHOOK_SECRET};
use crate::tokens::now;

const BODY: &str = r#"{"type":"user.updated","object":"event","timestamp":1,"data":{"id":"user_ada"}}"#;

fn signed(id: &str, at: i64, signature: &str, body: &str) -> Request<Body> {
    Request::post("/webhooks/clerk")
        .header("host", "localhost:3000")
        .header("content-type", "application/json")
        .header("svix-id", id)
        .header("svix-timestamp", at.to_string())
        .header("svix-signature", signature)
        .body(Body::from(body.to_owned()))
        .unwrap()
}

async fn events(app: &TestApp) -> i64 {
    let admin = app.world.database.client("postgres").await;
    admin.query_one("select count(*) from tenantry.inbound_events", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_signed_event_is_recorded_once_however_often_it_comes() {
    let app = TestApp::start().await;
    let secret = Secret::parse(WEBHOOK_SECRET).unwrap();
    for _ in 0..3 {
        let signature = svix::sign(&secret, "msg_1", now(), BODY.as_bytes());
        assert_eq!(app.send(signed("msg_1", now(), &signature, BODY)).await.status, StatusCode::OK);
    }
    assert_eq!(events(&app).await, 1);
}

#[tokio::test]
async fn nothing_else_is_recorded_at_all() {
    let app = TestApp::start().await;
    let secret = Secret::parse(WEBHOOK_SECRET).unwrap();
    let other = Secret::parse("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB").unwrap();
    let at = now();
    let good = svix::sign(&secret, "msg_1", at, BODY.as_bytes());
    let stale = svix::sign(&secret, "msg_1", at - 301, BODY.as_bytes());
    for (what, request) in [
        ("another secret", signed("msg_1", at, &svix::sign(&other, "msg_1", at, BODY.as_bytes()), BODY)),
        ("another id", signed("msg_2", at, &good, BODY)),
        ("another body", signed("msg_1", at, &good, &BODY.replace("ada", "max"))),
        ("another time", signed("msg_1", at - 1, &good, BODY)),
        ("too old", signed("msg_1", at - 301, &stale, BODY)),
        ("nothing after the version", signed("msg_1", at, "v1,", BODY)),
        ("no signature", signed("msg_1", at, "", BODY)),
        (
            "no headers",
            Request::post("/webhooks/clerk").header("host", "localhost:3000").body(Body::from(BODY)).unwrap(),
        ),
        ("two ids", with(signed("msg_1", at, &good, BODY), "svix-id", "msg_1")),
        ("two times", with(signed("msg_1", at, &good, BODY), "svix-timestamp", &at.to_string())),
        ("two signatures in two headers", with(signed("msg_1", at, &good, BODY), "svix-signature", &good)),
        ("packed", with(signed("msg_1", at, &good, BODY), "content-encoding", "gzip")),
        ("said to be as it is", with(signed("msg_1", at, &good, BODY), "content-encoding", "identity")),
        ("two types", with(signed("msg_1", at, &good, BODY), "content-type", "application/json")),
        ("a form", of_type(signed("msg_1", at, &good, BODY), "application/x-www-form-urlencoded")),
        ("text", of_type(signed("msg_1", at, &good, BODY), "text/plain; charset=application/json")),
        ("of no type", of_type(signed("msg_1", at, &good, BODY), "")),
    ] {
        assert_eq!(app.send(request).await.status, 400, "{what}");
    }
    assert_eq!(events(&app).await, 0);
}

fn with(mut request: Request<Body>, name: &'static str, value: &str) -> Request<Body> {
    request.headers_mut().append(name, value.parse().unwrap());
    request
}

fn of_type(mut request: Request<Body>, kind: &str) -> Request<Body> {
    request.headers_mut().insert("content-type", kind.parse().unwrap());
    request
}

#[tokio::test]
async fn an_event_of_our_own_shows_that_a_secret_is_the_servers() {
    let app = TestApp::start().await;
    for (secret, expected) in [(WEBHOOK_SECRET, 200), ("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB", 400)] {
        let event = web::SelfTest::signed_with(&Secret::parse(secret).unwrap());
        let ask = Request::post("/webhooks/clerk").header("host", "localhost:3000");
        let ask = event.headers.iter().fold(ask, |ask, (name, value)| ask.header(*name, value));
        assert_eq!(app.send(ask.body(event.body.into()).unwrap()).await.status.as_u16(), expected);
    }
    assert_eq!(events(&app).await, 1);
}

/// The new secret is added, Clerk changes over, the old one is taken away: nothing is lost on the way.
#[tokio::test]
async fn one_secret_replaces_another() {
    const NEW: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB";
    let app = TestApp::start().await;
    let (old, new) = (Secret::parse(WEBHOOK_SECRET).unwrap(), Secret::parse(NEW).unwrap());
    let ask = async |app: &TestApp, id: &str, secrets: &[&Secret]| {
        let signatures: Vec<String> =
            secrets.iter().map(|secret| svix::sign(secret, id, now(), BODY.as_bytes())).collect();
        app.send(signed(id, now(), &signatures.join(" "), BODY)).await.status.as_u16()
    };
    assert_eq!((ask(&app, "msg_1", &[&old]).await, ask(&app, "msg_2", &[&new]).await), (200, 400));
    let app = app.with_secrets(&[NEW, WEBHOOK_SECRET]);
    assert_eq!((ask(&app, "msg_3", &[&old]).await, ask(&app, "msg_4", &[&new]).await), (200, 200));
    assert_eq!(ask(&app, "msg_5", &[&old, &new]).await, 200, "Clerk signs with both for a day");
    let app = app.with_secrets(&[NEW]);
    assert_eq!((ask(&app, "msg_6", &[&old]).await, ask(&app, "msg_7", &[&new]).await), (400, 200));
    assert_eq!(ask(&app, "msg_8", &[&old, &new]).await, 200);
    assert_eq!(events(&app).await, 6);
}

/// Clerk would only send it again: what is signed is kept, whatever it says, and an operator looks at it.
#[tokio::test]
async fn what_is_signed_is_kept_whatever_it_says() {
    let app = TestApp::start().await;
    let secret = Secret::parse(WEBHOOK_SECRET).unwrap();
    let deep = format!("{{\"type\":\"user.updated\",\"data\":{}{}}}", "[".repeat(500), "]".repeat(500));
    let bodies = [
        "hello",
        r#"{"type":"user.updated","data":{"id":"user_ada","x":"\u0000"}}"#,
        r#"{"type":"x","data":1e999}"#,
        &deep,
    ];
    for (index, body) in bodies.into_iter().enumerate() {
        let id = format!("msg_{index}");
        let signature = svix::sign(&secret, &id, now(), body.as_bytes());
        assert_eq!(app.send(signed(&id, now(), &signature, body)).await.status, StatusCode::OK, "{body:.40}");
    }
    assert_eq!(events(&app).await, 4);
}
