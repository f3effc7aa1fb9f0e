//! The state machine behind a small server, for suites that drive Clerk's SDKs over HTTP. Never part of a product: it
//! trusts forwarded headers and takes its keys from the request.
//!
//! `PORT` and `CLERK_API_URL` come from the environment; the rest comes with each request: `x-publishable-key`,
//! `x-secret-key`, `x-proxy-url`, `x-domain`, `x-satellite`, `x-satellite-auto-sync`, `x-sign-in-url` and
//! `x-organization-sync-options`. It answers 200 for signed in and signed out, 307 with a location, and 500 where the
//! configuration is wrong; the body says who is signed in.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use clerk::{Clerk, Config, ConfigParts, OrganisationPatterns, Outcome, Satellite};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use url::Url;

type Failure = Box<dyn Error + Send + Sync>;

/// Headers that make a configuration.
const OPTIONS: [&str; 8] = [
    "x-publishable-key",
    "x-secret-key",
    "x-proxy-url",
    "x-domain",
    "x-satellite",
    "x-satellite-auto-sync",
    "x-sign-in-url",
    "x-organization-sync-options",
];

struct Server {
    api_url: String,
    /// One client for each configuration, so that keys are fetched once.
    clients: Mutex<HashMap<String, Clerk>>,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let server = Server { api_url: std::env::var("CLERK_API_URL")?, clients: Mutex::default() };
    let port: u16 = std::env::var("PORT")?.parse()?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, Router::new().fallback(answer).with_state(Arc::new(server))).await?;
    Ok(())
}

async fn answer(State(server): State<Arc<Server>>, request: Request) -> Response {
    let (request, _) = request.into_parts();
    let answer = match server.authenticate(&request).await {
        Ok(outcome) => response(outcome),
        Err(error) => Response::builder().status(StatusCode::INTERNAL_SERVER_ERROR).body(error.to_string().into()),
    };
    answer.unwrap_or_else(|_| Response::new(Body::empty()))
}

fn response(outcome: Outcome) -> Result<Response, http::Error> {
    let headers = outcome.headers();
    let (status, body, location) = match outcome {
        Outcome::SignedIn(signed_in) => {
            let organisation = signed_in.session.organisation.map(|organisation| organisation.id);
            (
                200,
                json!({ "status": "signed-in", "user": signed_in.session.user_id, "organization": organisation }),
                None,
            )
        }
        Outcome::SignedOut { .. } => (200, json!({ "status": "signed-out" }), None),
        Outcome::Handshake(redirect) => (307, json!({ "status": "handshake" }), Some(redirect.location)),
        Outcome::Unavailable => (503, Value::Null, None),
    };
    let mut response = Response::builder().status(status);
    if let Some(all) = response.headers_mut() {
        all.extend(headers);
    }
    if let Some(location) = location {
        response = response.header("location", location);
    }
    response.header("content-type", "application/json").body(body.to_string().into())
}

impl Server {
    async fn authenticate(&self, request: &Parts) -> Result<Outcome, Failure> {
        let headers = &request.headers;
        let public_url = public_url(request)?;
        let clerk = self.clerk(headers, &public_url)?;
        let request = clerk::Request { method: &request.method, public_url: &public_url, headers };
        Ok(clerk.authenticate(&request).await)
    }

    fn clerk(&self, headers: &HeaderMap, public_url: &Url) -> Result<Clerk, Failure> {
        let options = OPTIONS.map(|name| text(headers, name).unwrap_or_default());
        let key = format!("{}\n{}", public_url.origin().ascii_serialization(), options.join("\n"));
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(clerk) = clients.get(&key) {
            return Ok(clerk.clone());
        }
        let clerk = Clerk::new(self.config(headers, public_url)?)?;
        clients.insert(key, clerk.clone());
        Ok(clerk)
    }

    fn config(&self, headers: &HeaderMap, public_url: &Url) -> Result<Config, Failure> {
        let option = |name: &str| text(headers, name).filter(|value| !value.is_empty()).map(str::to_owned);
        let sign_in_url = option("x-sign-in-url");
        let parts = ConfigParts {
            publishable_key: option("x-publishable-key").unwrap_or_default(),
            secret_key: option("x-secret-key").unwrap_or_default().into(),
            api_url: Some(self.api_url.clone()),
            proxy_url: option("x-proxy-url"),
            sign_in_url: sign_in_url.clone(),
            ..ConfigParts::default()
        };
        let config = Config::from_parts(parts.under(public_url))?;
        let mut config = config.with_keys_from_the_backend()?.as_lenient_as_the_sdk().answering_satellites();
        if option("x-satellite").as_deref() == Some("true") {
            let domain = option("x-domain");
            let auto_sync = option("x-satellite-auto-sync").as_deref() == Some("true");
            let has_sign_in_url = sign_in_url.is_some();
            config = config.with_satellite(Satellite { domain, auto_sync, has_sign_in_url })?;
        }
        if let Some(options) = option("x-organization-sync-options") {
            let patterns: Option<OrganisationPatterns> = serde_json::from_str(&options)?;
            config = config.with_organisation_patterns(&patterns.unwrap_or_default())?;
        }
        Ok(config)
    }
}

/// As a reverse proxy that one trusts says it.
fn public_url(request: &Parts) -> Result<Url, Failure> {
    let headers = &request.headers;
    let first = |name: &str| text(headers, name).and_then(|value| value.split(',').next()).map(str::trim);
    let scheme = first("x-forwarded-proto").unwrap_or("http");
    let host = first("x-forwarded-host").or_else(|| text(headers, "host")).ok_or("no host")?;
    let path = request.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    Ok(Url::parse(&format!("{scheme}://{host}{path}"))?)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
