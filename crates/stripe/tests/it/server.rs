//! A small server on loopback that answers what a test tells it to and writes down what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use http::Method;
use serde_json::{Value, json};
use stripe::{Config, ConfigParts, Stripe};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::sleep;

pub(crate) const SECRET: &str = "sk_test_never_to_be_seen";

/// What a request was.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// Path and query, as on the wire.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Names and values of the body, sorted.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        sorted(&self.body)
    }

    /// Names and values of the query, sorted.
    pub(crate) fn query(&self) -> Vec<(String, String)> {
        sorted(self.target.split_once('?').map_or("", |(_, query)| query))
    }
}

fn sorted(text: &str) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    pairs.sort();
    pairs
}

/// What to answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: String,
    after: Duration,
}

impl Reply {
    pub(crate) fn json(status: u16, value: &Value) -> Self {
        Self::text(status, &value.to_string()).with("content-type", "application/json")
    }

    pub(crate) fn text(status: u16, text: &str) -> Self {
        Self { status, headers: Vec::new(), body: text.to_owned(), after: Duration::ZERO }
    }

    /// An error in Stripe's shape.
    pub(crate) fn error(status: u16, kind: &str, code: &str) -> Self {
        Self::json(status, &json!({ "error": { "type": kind, "code": code, "message": "no" } }))
    }

    pub(crate) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn after(self, after: Duration) -> Self {
        Self { after, ..self }
    }
}

#[derive(Default)]
struct Script {
    asked: Vec<Asked>,
    /// One after the other; the last one stays.
    replies: VecDeque<Reply>,
    /// Requests being answered now, and the most there ever were.
    now: usize,
    most: usize,
}

pub(crate) struct Server {
    script: Arc<Mutex<Script>>,
    pub(crate) base: String,
    server: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        let script = Arc::new(Mutex::new(Script::default()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&script));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { script, base, server }
    }

    pub(crate) fn reply(&self, replies: impl IntoIterator<Item = Reply>) {
        self.script.lock().unwrap().replies = replies.into_iter().collect();
    }

    /// What was asked, and forgets it.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.script.lock().unwrap().asked)
    }

    /// The most requests that were being answered at the same time, and forgets it.
    pub(crate) fn most_at_once(&self) -> usize {
        std::mem::take(&mut self.script.lock().unwrap().most)
    }

    /// A client with room for every call of a test.
    pub(crate) fn stripe(&self) -> Stripe {
        self.stripe_with(ConfigParts { calls_in_a_second: Some(400), ..ConfigParts::default() })
    }

    pub(crate) fn stripe_with(&self, parts: ConfigParts) -> Stripe {
        stripe_at(&self.base, parts)
    }
}

pub(crate) fn stripe_at(base: &str, parts: ConfigParts) -> Stripe {
    let parts = ConfigParts { api_base: Some(base.to_owned()), secret_key: SECRET.to_owned().into(), ..parts };
    Stripe::new(&Config::from_parts(parts).unwrap()).unwrap()
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let reply = {
        let mut script = script.lock().unwrap();
        script.asked.push(Asked {
            method: parts.method,
            target: parts.uri.to_string(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        });
        script.now += 1;
        script.most = script.most.max(script.now);
        if script.replies.len() > 1 { script.replies.pop_front() } else { script.replies.front().cloned() }.unwrap()
    };
    sleep(reply.after).await;
    script.lock().unwrap().now -= 1;
    let mut response = Response::builder().status(StatusCode::from_u16(reply.status).unwrap());
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(reply.body)).unwrap()
}

/// The least that a customer is.
pub(crate) fn customer(id: &str) -> Value {
    json!({ "id": id, "object": "customer" })
}

/// The least that a subscription is.
pub(crate) fn subscription(id: &str) -> Value {
    json!({ "id": id, "object": "subscription", "status": "active", "customer": "cus_1", "created": 1 })
}
