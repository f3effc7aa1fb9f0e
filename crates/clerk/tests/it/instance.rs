//! A small server on loopback that answers what a test tells it to and writes down what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use clerk::{Clerk, Config, ConfigParts, Outcome};
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::signing::{DEVELOPMENT_KEY, PARTY, Signer, claims};

/// What a request was.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// Path and query, as on the wire.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// What to answer.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Json(u16, Value),
    Header(u16, &'static str, &'static str),
    Text(u16, String),
    /// A byte now and then, for ever.
    Drip,
}

#[derive(Default)]
struct Script {
    asked: Vec<Asked>,
    jwks_fetches: usize,
    jwks: Option<Reply>,
    /// One after the other; the last one stays.
    replies: VecDeque<Reply>,
}

pub(crate) struct Instance {
    script: Arc<Mutex<Script>>,
    pub(crate) base: String,
    server: JoinHandle<()>,
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Instance {
    pub(crate) async fn start() -> Self {
        let script = Arc::new(Mutex::new(Script::default()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&script));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let instance = Self { script, base, server };
        instance.publish(&[Signer::instance().jwk()]);
        instance
    }

    /// Publishes these keys.
    pub(crate) fn publish(&self, keys: &[Value]) {
        self.jwks(Reply::Json(200, json!({ "keys": keys })));
    }

    /// Answers this for the key set.
    pub(crate) fn jwks(&self, reply: Reply) {
        self.script.lock().unwrap().jwks = Some(reply);
    }

    pub(crate) fn jwks_fetches(&self) -> usize {
        self.script.lock().unwrap().jwks_fetches
    }

    /// Answers these to everything else.
    pub(crate) fn reply(&self, replies: impl IntoIterator<Item = Reply>) {
        self.script.lock().unwrap().replies = replies.into_iter().collect();
    }

    /// What was asked besides the key set, and forgets it.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.script.lock().unwrap().asked)
    }

    pub(crate) fn clerk(&self) -> Clerk {
        self.clerk_with(None)
    }

    pub(crate) fn clerk_with(&self, jwt_key: Option<String>) -> Clerk {
        let config = Config::from_parts(ConfigParts {
            publishable_key: DEVELOPMENT_KEY.into(),
            secret_key: "sk_test_sandbox_1".to_owned().into(),
            api_url: Some(format!("{}/bapi", self.base)),
            proxy_url: Some(self.base.clone()),
            authorized_parties: vec![PARTY.into()],
            jwt_key,
            ..ConfigParts::default()
        });
        Clerk::new(config.unwrap()).unwrap()
    }
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let reply = if parts.uri.path() == "/.well-known/jwks.json" {
        let mut script = script.lock().unwrap();
        script.jwks_fetches += 1;
        script.jwks.clone().unwrap()
    } else {
        let body = to_bytes(body, 1 << 20).await.unwrap();
        let mut script = script.lock().unwrap();
        script.asked.push(Asked {
            method: parts.method,
            target: parts.uri.to_string(),
            headers: parts.headers,
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        });
        if script.replies.len() > 1 { script.replies.pop_front() } else { script.replies.front().cloned() }.unwrap()
    };
    respond(reply)
}

fn respond(reply: Reply) -> Response {
    let response = |status: u16| Response::builder().status(StatusCode::from_u16(status).unwrap());
    match reply {
        Reply::Json(status, value) => {
            response(status).header("content-type", "application/json").body(value.to_string().into())
        }
        Reply::Header(status, name, value) => response(status).header(name, value).body(Body::empty()),
        Reply::Text(status, text) => response(status).header("content-type", "text/html").body(text.into()),
        Reply::Drip => {
            let drops = futures_util::stream::unfold((), |()| async {
                tokio::time::sleep(Duration::from_millis(200)).await;
                Some((Ok::<_, std::io::Error>(Bytes::from_static(b" ")), ()))
            });
            response(200).body(Body::from_stream(drops))
        }
    }
    .unwrap()
}

pub(crate) fn now() -> i64 {
    Timestamp::now().as_second()
}

/// An honest token of this moment.
pub(crate) fn token() -> String {
    Signer::instance().sign(&claims(now()))
}

/// What comes of a request with these headers.
pub(crate) async fn play(clerk: &Clerk, url: &str, headers: &[(&'static str, &str)]) -> Outcome {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(*name, HeaderValue::from_str(value).unwrap());
    }
    let url = url::Url::parse(&format!("{PARTY}{url}")).unwrap();
    clerk.authenticate(&clerk::Request { method: &Method::GET, public_url: &url, headers: &map }).await
}

/// The same with a bearer token; one word: `in`, the reason, `redirect` or `unavailable`.
pub(crate) async fn bearer(clerk: &Clerk, token: &str) -> String {
    match play(clerk, "/", &[("authorization", &format!("Bearer {token}"))]).await {
        Outcome::SignedIn(_) => "in".into(),
        Outcome::SignedOut { reason, .. } => reason.to_string(),
        Outcome::Handshake(_) => "redirect".into(),
        Outcome::Unavailable => "unavailable".into(),
    }
}
