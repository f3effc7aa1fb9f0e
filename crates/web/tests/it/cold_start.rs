//! A start while Clerk does not answer: nobody can be told apart, which is said, and it mends itself.

use std::time::{Duration, Instant};

use axum::routing::get;
use axum::{Json, Router};
use http::Method;
use tokio::net::TcpListener;

use crate::app::{As, TestApp, request};
use crate::tokens::TRUSTED;

#[tokio::test]
async fn without_clerks_keys_the_reason_is_said_and_it_recovers_by_itself() {
    let reserved = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = reserved.local_addr().unwrap();
    drop(reserved);
    let app = TestApp::with_keys_from(&format!("http://{address}/jwks")).await;
    let ada = As::Browser("ada", Some("acme"));

    for path in ["/", "/organisations", "/orgs/acme/procedures"] {
        let answer = app.get(&ada, path).await;
        assert_eq!(answer.status, 503, "{path}");
        assert!(answer.body.contains("Clerk does not answer"), "{path}: {}", answer.body);
        assert_eq!(answer.header("retry-after"), "5", "{path}");
        assert!(!answer.headers.contains_key("set-cookie"), "{path}: the session is kept");
    }
    let program = app.get(&As::Program("ada", Some("acme")), "/api/v1/me").await;
    assert_eq!((program.status.as_u16(), program.json()["code"].as_str()), (503, Some("clerk_unavailable")));
    assert_eq!(app.get(&As::Nobody, "/").await.status, 200, "strangers need no key");
    let ready = app.get(&As::Nobody, "/readyz").await;
    assert_eq!((ready.status.as_u16(), ready.body.as_str()), (503, "Clerk's keys cannot be had"));

    let form = app.post(&ada, "/orgs/acme/procedures", "name=Typed+in+the+dark").await;
    assert_eq!(form.status, 503);
    for kept in ["Clerk does not answer", "Typed in the dark", "Send it again"] {
        assert!(form.body.contains(kept), "{kept} in {}", form.body);
    }
    let out = app.post(&ada, "/sign-out", "").await;
    assert_eq!(out.status, 503, "nobody is told that they are signed out who is not");

    let back = Instant::now();
    let keys = Router::new().route("/jwks", get(async || Json(TRUSTED.published())));
    let listener = TcpListener::bind(address).await.unwrap();
    tokio::spawn(async move { axum::serve(listener, keys).await });
    loop {
        let page = request(&ada, Method::GET, "/orgs/acme/procedures").body("".into()).unwrap();
        if app.send(page).await.status == 200 {
            break;
        }
        assert!(back.elapsed() < Duration::from_secs(5), "still dark");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(app.get(&ada, "/").await.status, 303, "to their organisation");
}
