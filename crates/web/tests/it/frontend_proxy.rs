//! Clerk's Frontend API on our own origin: what reaches Clerk, what comes back, and what neither side gets to see.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, Method, Request as Ask, StatusCode};

use crate::app::{As, SECRET_KEY, TestApp, request};

/// A request as the stand-in for Clerk saw it.
#[derive(Debug, Clone)]
struct Seen {
    method: Method,
    target: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Seen {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Stands where Clerk's Frontend API would, below a path of its own.
#[derive(Clone, Default)]
struct Upstream(Arc<Mutex<Vec<Seen>>>);

impl Upstream {
    async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().fallback(answer).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        format!("http://{address}/base")
    }

    fn seen(&self) -> Vec<Seen> {
        self.0.lock().unwrap().clone()
    }
}

async fn answer(State(upstream): State<Upstream>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let target = parts.uri.to_string();
    // As a careless upstream might: everything it was told comes back.
    let mut echoed = parts.headers.clone();
    for name in ["host", "content-length", "content-type"] {
        echoed.remove(name);
    }
    echoed.insert("x-hop", "1".parse().unwrap());
    echoed.insert("connection", "x-hop".parse().unwrap());
    echoed.append("set-cookie", "__client=new; HttpOnly; SameSite=Lax".parse().unwrap());
    echoed.append("set-cookie", "__client_uat=1; Path=/".parse().unwrap());
    upstream.0.lock().unwrap().push(Seen {
        method: parts.method,
        target: target.clone(),
        headers: parts.headers,
        body,
    });
    if target.contains("handshake") {
        return (StatusCode::TEMPORARY_REDIRECT, [("location", "https://elsewhere.example/back")], "").into_response();
    }
    (StatusCode::ACCEPTED, echoed, r#"{"response":null}"#).into_response()
}

async fn proxying() -> (TestApp, Upstream) {
    let upstream = Upstream::default();
    let base = upstream.start().await;
    (TestApp::proxying(&base).await, upstream)
}

fn from(peer: &str, mut ask: Ask<Body>) -> Ask<Body> {
    ask.extensions_mut().insert(ConnectInfo::<SocketAddr>(peer.parse().unwrap()));
    ask
}

#[tokio::test]
async fn clerk_is_told_who_asks_and_gets_its_own_cookies_alone() {
    let (app, upstream) = proxying().await;
    let path = "/__clerk/v1/client/sign_ins?_method=PATCH&a=%2F";
    let ask = request(&As::Nobody, Method::POST, path)
        .header("cookie", "theme=dark; __session=s; __client_uat=1")
        .header("cookie", "flash=secret; __clerk_db_jwt=d; __refresh_abc=r")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("clerk-secret-key", "sk_live_forged")
        .header("clerk-proxy-url", "https://evil.example")
        .header("x-forwarded-for", "9.9.9.9")
        .header("x-forwarded-host", "evil.example")
        .header("x-real-ip", "9.9.9.9")
        .header("connection", "x-named")
        .header("x-named", "1")
        .header("te", "trailers")
        .header("user-agent", "a browser");
    let answer = app.send(from("203.0.113.7:4000", ask.body(Body::from("identifier=ada")).unwrap())).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (202, r#"{"response":null}"#));
    let [seen] = upstream.seen().try_into().unwrap();
    assert_eq!(seen.method, Method::POST);
    assert_eq!(seen.target, "/base/v1/client/sign_ins?_method=PATCH&a=%2F");
    assert_eq!(seen.body, "identifier=ada");
    for (name, value) in [
        ("clerk-proxy-url", "http://localhost:3000/__clerk"),
        ("clerk-secret-key", SECRET_KEY),
        ("x-forwarded-for", "203.0.113.7"),
        ("x-forwarded-host", "localhost:3000"),
        ("x-forwarded-proto", "http"),
        ("cookie", "__session=s; __client_uat=1; __clerk_db_jwt=d; __refresh_abc=r"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("origin", "http://localhost:3000"),
        ("user-agent", "a browser"),
        ("x-named", ""),
        ("te", ""),
        ("x-real-ip", ""),
    ] {
        let given: Vec<_> = seen.headers.get_all(name).iter().collect();
        assert!(given.len() <= 1, "{name}: {given:?}");
        assert_eq!(seen.header(name), value, "{name}");
    }
    assert!(seen.header("host").starts_with("127.0.0.1:"), "the upstream's own: {}", seen.header("host"));
}

#[tokio::test]
async fn what_clerk_answers_comes_back_without_the_secret_and_the_connections_headers() {
    let (app, _upstream) = proxying().await;
    let answer = app.get(&As::Browser("ada", Some("acme")), "/__clerk/v1/client").await;
    assert_eq!(answer.status, 202);
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["__client=new; HttpOnly; SameSite=Lax", "__client_uat=1; Path=/"], "as given");
    assert!(!answer.headers.contains_key("x-hop") && !answer.headers.contains_key("connection"));
    assert!(!answer.headers.contains_key("clerk-proxy-url"));
    assert!(!answer.visible().contains(SECRET_KEY), "{}", answer.visible());
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
    let away = app.get(&As::Nobody, "/__clerk/v1/client/handshake?redirect_url=x").await;
    assert_eq!((away.status.as_u16(), away.header("location")), (307, "https://elsewhere.example/back"));
}

#[tokio::test]
async fn no_address_leads_out_of_the_frontend_api() {
    let (app, upstream) = proxying().await;
    for path in [
        "/__clerk/..%2fbapi/v1/users",
        "/__clerk/../bapi/v1/users",
        "/__clerk/%2e%2e/bapi",
        "/__clerk/v1/%2E./..%5cbapi",
        "/__clerk/%252e%252e/bapi",
        "/__clerk",
    ] {
        let answer = app.get(&As::Nobody, path).await;
        assert_eq!(answer.status, 404, "{path}");
    }
    assert!(upstream.seen().is_empty(), "{:?}", upstream.seen());
    app.get(&As::Nobody, "/__clerk//evil.example/x").await;
    assert_eq!(upstream.seen()[0].target, "/base//evil.example/x");
}

#[tokio::test]
async fn a_large_body_is_refused_and_not_passed_on() {
    let (app, upstream) = proxying().await;
    for known in [true, false] {
        let large = "x".repeat(300_000);
        let mut ask = request(&As::Nobody, Method::POST, "/__clerk/v1/client");
        if known {
            ask = ask.header("content-length", large.len());
        }
        let body = if known { Body::from(large) } else { Body::from_stream(chunks(large)) };
        assert_eq!(app.send(ask.body(body).unwrap()).await.status, 413, "length announced: {known}");
    }
    assert!(upstream.seen().is_empty());
}

fn chunks(text: String) -> impl futures_util::Stream<Item = Result<Bytes, std::convert::Infallible>> {
    let chunks: Vec<_> = text.as_bytes().chunks(10_000).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    futures_util::stream::iter(chunks)
}

#[tokio::test]
async fn a_clerk_that_does_not_answer_is_said_to_be_one() {
    // Taken and let go: nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let app = TestApp::proxying(&format!("http://127.0.0.1:{port}")).await;
    let answer = app.get(&As::Nobody, "/__clerk/v1/client").await;
    assert_eq!(answer.status, 502);
    assert_eq!(answer.json()["errors"][0]["code"], "frontend_api_unreachable");
    assert!(!answer.visible().contains(SECRET_KEY) && !answer.visible().contains(&port.to_string()));
}

#[tokio::test]
async fn without_configuration_there_is_nothing() {
    let app = TestApp::start().await;
    for method in [Method::GET, Method::POST] {
        let answer = app.send(request(&As::Nobody, method, "/__clerk/v1/client").body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (404, Some("not_found")));
    }
}

/// Clerk is the judge of origins for what goes on to Clerk, and for nothing else.
#[tokio::test]
async fn a_foreign_origin_reaches_clerk_as_it_is_and_nothing_of_ours() {
    let (app, upstream) = proxying().await;
    let foreign = |path: &str| {
        let ask = Ask::post(path).header("host", "localhost:3000").header("cookie", "__client=c");
        ask.header("origin", "https://evil.example").header("sec-fetch-site", "cross-site").body(Body::empty()).unwrap()
    };
    assert_eq!(app.send(foreign("/__clerk/v1/oauth_callback")).await.status, 202);
    assert_eq!(upstream.seen()[0].header("origin"), "https://evil.example");
    for path in ["/theme", "/sign-out", "/__clerk", "/__clerks/v1"] {
        assert_eq!(app.send(foreign(path)).await.status, 403, "{path}");
    }
    let elsewhere = TestApp::start().await;
    assert_eq!(elsewhere.send(foreign("/__clerk/v1/client")).await.status, 403, "where we are not the proxy");
}

/// Everything that leads a browser to the Frontend API leads it to our own origin.
#[tokio::test]
async fn pages_and_redirects_name_our_own_origin() {
    let (app, upstream) = proxying().await;
    let page = app.get(&As::Browser("ada", Some("acme")), "/orgs/acme/procedures").await;
    assert_eq!(page.status, 200);
    let script = page.body.split("<script").find(|tag| tag.contains("clerk.browser.js")).unwrap();
    let script = script.split('>').next().unwrap();
    let base = "http://localhost:3000/__clerk";
    assert!(script.contains(&format!("data-clerk-proxy-url=\"{base}\"")), "{script}");
    assert!(script.contains(&format!("src=\"{base}/npm/@clerk/clerk-js@6/dist/clerk.browser.js\"")), "{script}");
    let policy = page.header("content-security-policy");
    for part in ["script-src 'self';", "connect-src 'self';", "img-src 'self';"] {
        assert!(policy.contains(part), "{policy}");
    }
    let away = app.get(&As::late("ada", 10), "/orgs/acme/procedures").await;
    assert_eq!(away.status, 307);
    assert!(
        away.header("location").starts_with(&format!("{base}/v1/client/handshake?")),
        "{}",
        away.header("location")
    );
    assert!(upstream.seen().is_empty(), "a page asks Clerk nothing");
}
