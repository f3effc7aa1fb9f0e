//! Headers, origins, methods, sizes: what every answer carries and what no request gets past.

use axum::body::Body;
use http::{Method, Request};
use web::{Surface, routes};

use crate::app::{As, TestApp, request};
use crate::requests::{self, Things};

#[tokio::test]
async fn every_answer_carries_the_headers_whatever_it_is() {
    let app = TestApp::start().await;
    let things = Things::create(&app.world, "ada", &app.world.acme, "opening").await;
    let mut asks: Vec<Request<Body>> = routes::table()
        .iter()
        .map(|route| requests::to(route, &As::Browser("ada", Some("acme")), "acme", &things))
        .collect();
    asks.push(request(&As::Nobody, Method::GET, "/no/such/page").body(Body::empty()).unwrap());
    asks.push(request(&As::Nobody, Method::PUT, "/").body(Body::empty()).unwrap());
    asks.push(Request::get("/").header("host", "evil.example").body(Body::empty()).unwrap());
    for ask in asks {
        let at = format!("{} {}", ask.method(), ask.uri());
        let answer = app.send(ask).await;
        let policy = answer.header("content-security-policy");
        for part in
            ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'", "style-src 'self'"]
        {
            assert!(policy.contains(part), "{at}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{at}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{at}");
        assert!(!answer.header("referrer-policy").is_empty(), "{at}");
        assert!(!answer.header("x-request-id").is_empty(), "{at}");
        assert!(answer.headers.get("server").is_none(), "{at}");
        let caching = answer.header("cache-control");
        assert!(caching.contains("no-store") || at.contains("/assets/"), "{at}: {caching}");
    }
}

#[tokio::test]
async fn pages_have_no_inline_script_or_style() {
    let app = TestApp::start().await;
    let things = Things::create(&app.world, "ada", &app.world.acme, "opening").await;
    for route in routes::table().into_iter().filter(|route| route.surface == Surface::Page && !route.mutates) {
        let answer = app.send(requests::to(&route, &As::Browser("ada", Some("acme")), "acme", &things)).await;
        for inline in ["<style", " style=", " onclick=", " onload=", "hx-on", "javascript:", "data:image"] {
            assert!(!answer.body.contains(inline), "{} has {inline}", route.path);
        }
        for (at, _) in answer.body.match_indices("<script") {
            let tag = &answer.body[at..answer.body[at..].find('>').unwrap() + at];
            assert!(tag.contains(" src="), "{}: {tag}", route.path);
        }
        assert!(answer.body.len() < 100_000, "{} is {} bytes", route.path, answer.body.len());
    }
}

/// Every route that changes something × requests that a foreign page could cause.
#[tokio::test]
async fn no_foreign_page_can_change_anything() {
    let app = TestApp::start().await;
    let things = Things::create(&app.world, "ada", &app.world.acme, "opening").await;
    let before = count(&app).await;
    let foreign: &[&[(&str, &str)]] = &[
        &[],
        &[("origin", "null")],
        &[("origin", "https://evil.example")],
        &[("origin", "http://sub.localhost:3000"), ("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site")],
        &[("origin", "http://localhost:3000"), ("sec-fetch-site", "cross-site")],
    ];
    for route in routes::table().into_iter().filter(|route| route.mutates && route.surface == Surface::Page) {
        for headers in foreign {
            let mut ask = requests::to(&route, &As::Browser("ada", Some("acme")), "acme", &things);
            ask.headers_mut().remove("origin");
            ask.headers_mut().remove("sec-fetch-site");
            for (name, value) in *headers {
                ask.headers_mut().insert(*name, value.parse().unwrap());
            }
            let answer = app.send(ask).await;
            assert_eq!(answer.status, 403, "{} {} from {headers:?}", route.method, route.path);
        }
    }
    assert_eq!(count(&app).await, before);
}

#[tokio::test]
async fn programs_do_not_come_with_cookies() {
    let app = TestApp::start().await;
    let things = Things::create(&app.world, "ada", &app.world.acme, "opening").await;
    for route in routes::table().into_iter().filter(|route| route.surface == Surface::Api) {
        let answer = app.send(requests::to(&route, &As::Browser("ada", Some("acme")), "acme", &things)).await;
        assert_eq!(answer.status, 401, "{} {}", route.method, route.path);
    }
}

#[tokio::test]
async fn large_bodies_and_wrong_methods_are_refused_in_words() {
    let app = TestApp::start().await;
    let ada = As::Browser("ada", Some("acme"));
    let large = format!("name={}", "x".repeat(300_000));
    let answer = app.post(&ada, "/orgs/acme/procedures", &large).await;
    assert_eq!(answer.status, 413);
    assert!(answer.body.contains("256 KB"), "{}", answer.body);
    let wrong = app
        .send(request(&As::Program("ada", Some("acme")), Method::PUT, "/api/v1/me").body(Body::empty()).unwrap())
        .await;
    assert_eq!((wrong.status.as_u16(), wrong.json()["code"].as_str()), (405, Some("method_not_allowed")));
    let nothing = app.get(&As::Program("ada", Some("acme")), "/api/v1/nothing").await;
    assert_eq!((nothing.status.as_u16(), nothing.json()["code"].as_str()), (404, Some("not_found")));
}

#[tokio::test]
async fn forms_come_back_with_what_was_typed_and_what_is_wrong_with_it() {
    let app = TestApp::start().await;
    let ada = As::Browser("ada", Some("acme"));
    let kept = "<b>\"kept\" & escaped</b>";
    let form = format!("name={}&details={}", "%20", "%3Cb%3E%22kept%22+%26+escaped%3C%2Fb%3E");
    let answer = app.post(&ada, "/orgs/acme/procedures", &form).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("aria-invalid=\"true\""), "{}", answer.body);
    assert!(answer.body.contains("kept") && !answer.body.contains(kept), "escaped, and not lost: {}", answer.body);
    let long = app.post(&ada, "/orgs/acme/procedures", &format!("name={}&details=", "x".repeat(121))).await;
    assert_eq!(long.status, 422);
    assert!(long.body.contains("120"), "says what would fit");
}

async fn count(app: &TestApp) -> Vec<i64> {
    let admin = app.world.database.client("postgres").await;
    let mut counts = Vec::new();
    for table in ["procedures", "step_templates", "procedure_versions", "runs", "steps", "activity_events"] {
        counts.push(admin.query_one(&format!("select count(*) from tenantry.{table}"), &[]).await.unwrap().get(0));
    }
    counts
}
