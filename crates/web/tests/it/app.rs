//! The server without a socket, and the people who ask it.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures_util::StreamExt as _;
use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::Value;
use tenancy::Database;
use testkit::{ClerkAccount, World};
use tower::ServiceExt as _;

use crate::tokens::{self, TRUSTED};

pub(crate) const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub(crate) const SECRET_KEY: &str = "sk_test_0123456789abcdef0123456789abcdef";

pub(crate) struct TestApp {
    pub(crate) world: World,
    router: Router,
    state: web::State,
}

/// Who asks, and how.
#[derive(Debug, Clone)]
pub(crate) enum As {
    Nobody,
    /// A browser with Clerk's cookies; the token's active organisation is at this address.
    Browser(&'static str, Option<&'static str>),
    /// A program with a bearer token.
    Program(&'static str, Option<&'static str>),
    /// Whatever token, as a bearer.
    Bearer(String),
    /// Whatever token, in the session cookie.
    Cookie(String),
}

impl As {
    /// A browser whose token ended so many seconds ago.
    pub(crate) fn late(name: &str, seconds: i64) -> Self {
        let mut claims = tokens::claims(name, Some("acme"));
        let ended = tokens::now() - seconds;
        for (claim, at) in [("iat", ended - 60), ("nbf", ended - 70), ("exp", ended)] {
            claims[claim] = at.into();
        }
        Self::Cookie(TRUSTED.sign(&tokens::header(), &claims))
    }
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// What a caller could tell two answers apart by: everything but the date and the request's own id.
    pub(crate) fn visible(&self) -> String {
        let mut headers: Vec<String> = self
            .headers
            .iter()
            .filter(|(name, _)| !["x-request-id", "date"].contains(&name.as_str()))
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        headers.sort();
        let id = self.header("x-request-id");
        let body = if id.is_empty() { self.body.clone() } else { self.body.replace(id, "ID") };
        format!("{}\n{}\n\n{body}", self.status, headers.join("\n"))
    }
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        let world = World::create().await;
        let database = world.app.clone();
        Self::over(world, database)
    }

    /// Clerk does not answer, and its keys are known.
    pub(crate) async fn in_the_dark() -> Self {
        let world = World::create().await;
        let database = world.app.clone();
        Self::with(world, database, "http://127.0.0.1:9", None, Duration::from_secs(3600))
    }

    /// The proxy of Clerk's Frontend API, which is at `upstream`.
    pub(crate) async fn proxying(upstream: &str) -> Self {
        let world = World::create().await;
        let database = world.app.clone();
        Self::with(world, database, "/__clerk", Some(upstream), Duration::ZERO)
    }

    /// The same over connections of the test's own.
    pub(crate) fn over(world: World, database: Database) -> Self {
        Self::with(world, database, "http://localhost:3001", None, Duration::ZERO)
    }

    /// Clerk is this account, which the test sets to anything.
    pub(crate) async fn at(account: &ClerkAccount) -> Self {
        let world = World::create().await;
        let database = world.app.clone();
        let parts = clerk::ConfigParts {
            api_url: Some(account.url().to_owned()),
            ..parts("http://localhost:3001", None, Duration::ZERO)
        };
        Self::built(world, database, parts)
    }

    /// The same, with the tests' people in the account.
    pub(crate) async fn beside(clerk: &ClerkAccount) -> Self {
        {
            let mut account = clerk.account();
            account.organisation("org_acme", "acme", "The acme company");
            account.organisation("org_bolt", "bolt", "The bolt company");
            let (acme, bolt) = ("org_acme", "org_bolt");
            for (name, place, role) in [
                ("ada", acme, "admin"),
                ("max", acme, "member"),
                ("rita", acme, "member"),
                ("ben", acme, "member"),
                ("olga", bolt, "admin"),
            ] {
                account.person(&format!("user_{name}"), name);
                account.member(&format!("user_{name}"), place, role);
            }
            account.person("user_nadia", "nadia");
        }
        Self::at(clerk).await
    }

    /// Keys come over the network, from here.
    pub(crate) async fn with_keys_from(url: &str) -> Self {
        let world = World::create().await;
        let database = world.app.clone();
        let parts = clerk::ConfigParts {
            jwt_key: None,
            jwks_url: Some(url.to_owned()),
            ..parts("http://localhost:3001", None, Duration::ZERO)
        };
        Self::built(world, database, parts)
    }

    fn with(world: World, database: Database, frontend: &str, upstream: Option<&str>, grace: Duration) -> Self {
        Self::built(world, database, parts(frontend, upstream, grace))
    }

    /// The same with other secrets of webhooks.
    pub(crate) fn with_secrets(self, secrets: &[&str]) -> Self {
        let database = self.world.app.clone();
        Self::secured(self.world, database, parts("http://localhost:3001", None, Duration::ZERO), secrets)
    }

    fn built(world: World, database: Database, parts: clerk::ConfigParts) -> Self {
        Self::secured(world, database, parts, &[WEBHOOK_SECRET])
    }

    fn secured(world: World, database: Database, parts: clerk::ConfigParts, secrets: &[&str]) -> Self {
        let config = clerk::Config::from_parts(parts.served_from(&tokens::APP.parse().unwrap())).unwrap();
        let clerk = clerk::Clerk::new(config).unwrap();
        let secrets = secrets.iter().map(|secret| signatures::svix::Secret::parse(secret).unwrap()).collect();
        let config = web::Config::new(tokens::APP.parse().unwrap(), clerk.config(), secrets)
            .with_files(world.files.clone())
            .operated_by(vec![testkit::user("opal")]);
        let state = web::State::new(database, clerk, testkit::stripe_nowhere(), config);
        Self { world, router: web::app(state.clone()), state }
    }

    /// The server, for a socket.
    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    /// As a server that is asked to end.
    pub(crate) fn close_streams(&self) {
        self.state.close_streams();
    }

    pub(crate) async fn get(&self, who: &As, path: &str) -> Answer {
        self.send(request(who, Method::GET, path).body(Body::empty()).unwrap()).await
    }

    /// A form from our own page.
    pub(crate) async fn post(&self, who: &As, path: &str, form: &str) -> Answer {
        let request = request(who, Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    pub(crate) async fn json(&self, who: &As, method: Method, path: &str, body: &Value) -> Answer {
        let request = request(who, method, path).header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        if parts.headers.get("content-type").is_some_and(|kind| kind == "text/event-stream") {
            // It would not end: what it says first is its answer.
            let first = body.into_data_stream().next().await.unwrap().unwrap();
            let body = String::from_utf8_lossy(&first).into_owned();
            return Answer { status: parts.status, headers: parts.headers, body };
        }
        let body = axum::body::to_bytes(body, 4 << 20).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() }
    }
}

fn parts(frontend: &str, upstream: Option<&str>, grace: Duration) -> clerk::ConfigParts {
    clerk::ConfigParts {
        publishable_key: "pk_test_dGVuYW50cnktc2FuZGJveC0xMy5jbGVyay5hY2NvdW50cy5kZXYk".to_owned(),
        secret_key: SECRET_KEY.to_owned().into(),
        // Nothing listens there: a test that needs Clerk runs against the sandbox, in e2e/.
        api_url: Some("http://127.0.0.1:9/bapi".to_owned()),
        proxy_url: Some(frontend.to_owned()),
        fapi_url: upstream.map(str::to_owned),
        grace: Some(grace),
        calls_in_ten_seconds: Some(u32::MAX),
        jwt_key: Some(TRUSTED.public_pem()),
        authorized_parties: vec![tokens::APP.to_owned()],
        sign_in_url: Some("http://localhost:3001/sign-in".to_owned()),
        sign_up_url: Some("http://localhost:3001/sign-up".to_owned()),
        ..clerk::ConfigParts::default()
    }
}

/// A request with everything a browser or a program would send along.
pub(crate) fn request(who: &As, method: Method, path: &str) -> http::request::Builder {
    let mut request = Request::builder().method(method.clone()).uri(path).header("host", "localhost:3000");
    let cookie =
        |token: &str| format!("__session={token}; __client_uat={}; __clerk_db_jwt=dvb_test", tokens::now() - 100);
    let (cookies, bearer) = match who {
        As::Nobody => (None, None),
        As::Browser(name, slug) => (Some(cookie(&tokens::token(name, *slug))), None),
        As::Cookie(token) => (Some(cookie(token)), None),
        As::Program(name, slug) => (None, Some(tokens::token(name, *slug))),
        As::Bearer(token) => (None, Some(token.clone())),
    };
    if let Some(token) = bearer {
        return request.header("authorization", format!("Bearer {token}")).header("accept", "application/json");
    }
    request = request.header("accept", "text/html").header("sec-fetch-dest", "document");
    if method != Method::GET {
        request = request.header("origin", tokens::APP).header("sec-fetch-site", "same-origin");
    }
    match cookies {
        Some(cookies) => request.header("cookie", cookies),
        None => request,
    }
}

/// The same from within a page, as htmx in a browser asks.
pub(crate) fn from_htmx(mut request: Request<Body>) -> Request<Body> {
    for (name, value) in [("hx-request", "true"), ("sec-fetch-dest", "empty")] {
        request.headers_mut().insert(name, http::HeaderValue::from_static(value));
    }
    request
}

/// A way to a mail server that is not there.
pub(crate) fn mailer() -> mail::Mailer {
    let config = mail::Config::from_parts("smtp://127.0.0.1:9", "mail@tenantry.example").unwrap();
    mail::Mailer::new(config, &tokens::APP.parse().unwrap()).unwrap()
}
