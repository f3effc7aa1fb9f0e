//! Who is let in with which token, and where everybody else is sent.

use axum::body::Body;
use http::{Method, Request};
use serde_json::json;

use crate::app::{As, TestApp, request};
use crate::tokens::{self, FOREIGN, TRUSTED, claims, header, now};

fn changed(changes: &[(&str, serde_json::Value)]) -> String {
    let mut claims = claims("ada", Some("acme"));
    for (name, value) in changes {
        claims[*name] = value.clone();
    }
    TRUSTED.sign(&header(), &claims)
}

fn bad_tokens() -> Vec<(&'static str, String)> {
    let good = tokens::token("ada", Some("acme"));
    let mut tampered = good.clone();
    let middle = good.find('.').unwrap() + 20;
    tampered.replace_range(middle..=middle, if &good[middle..=middle] == "A" { "B" } else { "A" });
    let unsigned = format!("{}.", good.rsplit_once('.').unwrap().0);
    vec![
        ("tampered", tampered),
        ("unsigned", unsigned),
        ("expired", changed(&[("exp", json!(now() - 120)), ("iat", json!(now() - 180)), ("nbf", json!(now() - 190))])),
        ("not yet", changed(&[("nbf", json!(now() + 600)), ("iat", json!(now() + 600))])),
        ("another instance's key", FOREIGN.sign(&header(), &claims("ada", Some("acme")))),
        ("another issuer", changed(&[("iss", json!("https://evil.clerk.accounts.dev"))])),
        ("another party", changed(&[("azp", json!("https://evil.example"))])),
        ("no party", {
            let mut claims = claims("ada", Some("acme"));
            claims.as_object_mut().unwrap().remove("azp");
            TRUSTED.sign(&header(), &claims)
        }),
        ("exp as text", changed(&[("exp", json!((now() + 60).to_string()))])),
        ("a template's token", {
            let mut header = header();
            header["cat"] = json!("cl_B7d4PD222AAA");
            TRUSTED.sign(&header, &claims("ada", Some("acme")))
        }),
        ("not a token", "hello".to_owned()),
    ]
}

#[tokio::test]
async fn bad_tokens_are_401_for_programs() {
    let app = TestApp::start().await;
    for (what, token) in bad_tokens() {
        let answer = app.get(&As::Bearer(token), "/api/v1/orgs/acme/procedures").await;
        assert_eq!(answer.status, 401, "{what}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{what}");
        assert_eq!(answer.json()["code"], "signed_out", "{what}");
    }
}

/// A page goes to sign-in or once through the handshake, and the handshake comes to an end.
#[tokio::test]
async fn bad_tokens_never_open_a_page_and_never_go_round_in_circles() {
    let app = TestApp::start().await;
    for (what, token) in bad_tokens() {
        let answer = app.get(&As::Cookie(token.clone()), "/orgs/acme/procedures").await;
        assert!([303, 307].contains(&answer.status.as_u16()), "{what}: {}", answer.status);
        // The loop guard's cookie says that we have been round three times.
        let cookies =
            format!("__session={token}; __client_uat={}; __clerk_db_jwt=dvb; __clerk_redirect_count=3", now() - 100);
        let guarded = Request::get("/orgs/acme/procedures")
            .header("host", "localhost:3000")
            .header("accept", "text/html")
            .header("sec-fetch-dest", "document")
            .header("cookie", cookies)
            .body(Body::empty())
            .unwrap();
        let guarded = app.send(guarded).await;
        assert_eq!(guarded.status, 303, "{what}");
        assert!(guarded.header("location").starts_with("/sign-in"), "{what}: {}", guarded.header("location"));
    }
}

#[tokio::test]
async fn a_first_visit_takes_the_handshake_once_and_comes_back_to_the_same_page() {
    let app = TestApp::start().await;
    let first = app.get(&As::Nobody, "/orgs/acme/procedures?before=x").await;
    assert_eq!(first.status, 307);
    let location: url::Url = first.header("location").parse().unwrap();
    let back = location.query_pairs().find(|(name, _)| name == "redirect_url").unwrap().1;
    assert_eq!(back, "http://localhost:3000/orgs/acme/procedures?before=x");
    assert_eq!(first.header("cache-control"), "no-store");
    // What is no page load is not sent anywhere.
    let program = Request::get("/api/v1/me").header("host", "localhost:3000").body(Body::empty()).unwrap();
    assert_eq!(app.send(program).await.status, 401);
}

#[tokio::test]
async fn a_host_header_never_ends_up_in_a_link() {
    let app = TestApp::start().await;
    let poisoned = request(&As::Nobody, Method::GET, "/orgs/acme/procedures")
        .header("x-forwarded-host", "evil.example")
        .header("x-forwarded-proto", "https")
        .header("forwarded", "host=evil.example")
        .body(Body::empty())
        .unwrap();
    let answer = app.send(poisoned).await;
    assert!(!answer.header("location").contains("evil"), "{}", answer.header("location"));
    let other_host = Request::get("/").header("host", "evil.example").body(Body::empty()).unwrap();
    assert_eq!(app.send(other_host).await.status, 421);
}

#[tokio::test]
async fn a_session_that_owes_a_task_gets_to_the_organisations_page_and_no_further() {
    let app = TestApp::start().await;
    let mut claims = claims("nadia", None);
    claims["sts"] = json!("pending");
    let token = TRUSTED.sign(&header(), &claims);
    let page = app.get(&As::Cookie(token.clone()), "/organisations").await;
    assert_eq!(page.status, 200, "{}", page.body);
    let inside = app.get(&As::Cookie(token.clone()), "/orgs/acme/procedures").await;
    assert_eq!((inside.status.as_u16(), inside.header("location")), (303, "/organisations"));
    let program = app.get(&As::Bearer(token), "/api/v1/orgs/acme/procedures").await;
    assert_eq!((program.status.as_u16(), program.json()["code"].as_str()), (401, Some("session_pending")));
}

#[tokio::test]
async fn both_versions_of_claims_open_the_same_door() {
    let app = TestApp::start().await;
    let mut first = claims("ada", None);
    first.as_object_mut().unwrap().remove("v");
    first["org_id"] = json!("org_acme");
    first["org_slug"] = json!("acme");
    first["org_role"] = json!("org:admin");
    let token = TRUSTED.sign(&header(), &first);
    assert_eq!(app.get(&As::Bearer(token), "/api/v1/orgs/acme/procedures").await.status, 200);
    assert_eq!(app.get(&As::Program("ada", Some("acme")), "/api/v1/orgs/acme/procedures").await.status, 200);
}

/// The role in the token is Clerk's word of a minute ago; ours is the one that counts.
#[tokio::test]
async fn the_tables_decide_what_a_person_may_do_and_not_the_tokens_claims() {
    let app = TestApp::start().await;
    let mut claims = claims("max", Some("acme"));
    claims["o"]["rol"] = json!("admin");
    let token = TRUSTED.sign(&header(), &claims);
    let refused = app
        .json(
            &As::Bearer(token.clone()),
            Method::POST,
            "/api/v1/orgs/acme/procedures",
            &json!({ "name": "x", "details": "" }),
        )
        .await;
    assert_eq!(refused.status, 403);
    app.world.record("max", &[]).await;
    assert_eq!(app.get(&As::Bearer(token), "/api/v1/orgs/acme/procedures").await.status, 404);
}
