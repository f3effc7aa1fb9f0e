//! The product's own server without a socket, over a scratch database, and requests to it.

use std::time::Duration;

use files::Files;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use tokio::time::timeout;
use tower::ServiceExt as _;

use crate::error::{Error, Result};
use crate::server::Server;
use crate::tokens::{Claim, ORIGIN, PUBLISHABLE_KEY, Tokens};

/// An answer that goes on for longer is taken as it has come so far: a live channel never ends by itself.
const LONGEST: Duration = Duration::from_millis(1500);
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The server, and who signs its sessions.
pub(crate) struct Stage {
    app: Box<dyn Fn(Request<String>) -> Answering + Send + Sync>,
    tokens: Tokens,
    /// The product's own way in, to make things.
    pub(crate) database: tenancy::Database,
}

type Answering = std::pin::Pin<Box<dyn Future<Output = Answer> + Send>>;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Who {
    Nobody,
    /// With a session token.
    Session(Claim),
    /// With this text where a token belongs.
    Text(String),
}

/// A request, not yet signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ask {
    pub(crate) who: Who,
    /// A program with a bearer token, as opposed to a browser with cookies.
    pub(crate) program: bool,
    pub(crate) method: Method,
    pub(crate) path: String,
    /// Content type and text.
    pub(crate) body: Option<(&'static str, String)>,
    /// Besides what a browser or program sends anyway.
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Stage {
    /// Puts the server together; Clerk's keys are ours, and its API is nowhere.
    pub(crate) async fn set(server: &Server, database: &str, context_key: Option<tenancy::ContextKey>) -> Result<Self> {
        let tokens = Tokens::new()?;
        let unusable =
            |error: String| Error::CannotRun(format!("the server under attack cannot be configured: {error}"));
        let config = clerk::Config::from_parts(clerk::ConfigParts {
            publishable_key: PUBLISHABLE_KEY.to_owned(),
            secret_key: "sk_test_0123456789abcdef0123456789abcdef".to_owned().into(),
            // Nothing listens there.
            api_url: Some("http://127.0.0.1:9/bapi".to_owned()),
            proxy_url: Some("http://127.0.0.1:9/fapi".to_owned()),
            jwt_key: Some(tokens.public_pem()?),
            calls_in_ten_seconds: Some(u32::MAX),
            authorized_parties: vec![ORIGIN.to_owned()],
            sign_in_url: Some("http://127.0.0.1:9/sign-in".to_owned()),
            sign_up_url: Some("http://127.0.0.1:9/sign-up".to_owned()),
            ..clerk::ConfigParts::default()
        });
        let clerk = config.map_err(|error| unusable(error.to_string()))?;
        let clerk = clerk::Clerk::new(clerk).map_err(|error| unusable(error.to_string()))?;
        let secret = web::WebhookSecret::parse(SECRET).map_err(|error| unusable(error.to_string()))?;
        let url = server.url("tenantry_app", database);
        let options = tenancy::PoolOptions { size: 4, context_key, ..tenancy::PoolOptions::default() };
        let database = tenancy::Database::connect(&url, options).await?;
        let origin = ORIGIN.parse().map_err(|_| unusable("no origin".to_owned()))?;
        let config = web::Config::new(origin, clerk.config(), vec![secret]).with_files(files());
        let stripe = stripe::Config::from_parts(stripe::ConfigParts {
            // Nothing listens there.
            api_base: Some("http://127.0.0.1:9".to_owned()),
            retries: Some(0),
            secret_key: "sk_test_0123456789abcdef".to_owned().into(),
            ..stripe::ConfigParts::default()
        });
        let stripe = stripe.map_err(|error| unusable(error.to_string()))?;
        let stripe = stripe::Stripe::new(&stripe).map_err(|error| unusable(error.to_string()))?;
        let app = web::app(web::State::new(database.clone(), clerk, stripe, config));
        let app = Box::new(move |request: Request<String>| {
            let app = app.clone();
            Box::pin(async move {
                let response = match app.oneshot(request).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                };
                let (parts, mut body) = response.into_parts();
                let mut bytes = Vec::new();
                let all = async {
                    while let Some(Ok(frame)) = body.frame().await {
                        bytes.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
                    }
                };
                let _ = timeout(LONGEST, all).await;
                let body = String::from_utf8_lossy(&bytes).into_owned();
                Answer { status: parts.status, headers: parts.headers, body }
            }) as Answering
        });
        Ok(Self { app, tokens, database })
    }

    /// Sends a request with everything a browser or a program would send along. `None` where it cannot be written.
    pub(crate) async fn ask(&self, ask: &Ask) -> Option<Answer> {
        let mut request = Request::builder().method(ask.method.clone()).uri(&ask.path).header("host", "localhost:3000");
        let token = match &ask.who {
            Who::Nobody => None,
            Who::Session(claim) => Some(self.tokens.token(*claim)),
            Who::Text(text) => Some(text.clone()),
        };
        if ask.program {
            request = request.header("accept", "application/json");
            if let Some(token) = token {
                request = request.header("authorization", format!("Bearer {token}"));
            }
        } else {
            request = request.header("accept", "text/html").header("sec-fetch-dest", "document");
            if !ask.method.is_safe() {
                request = request.header("origin", ORIGIN).header("sec-fetch-site", "same-origin");
            }
            if let Some(token) = token {
                let since = crate::tokens::now() - 100;
                let cookies = format!("__session={token}; __client_uat={since}; __clerk_db_jwt=dvb_proof");
                request = request.header("cookie", cookies);
            }
        }
        if let Some((kind, _)) = &ask.body {
            request = request.header("content-type", *kind);
        }
        for (name, value) in &ask.headers {
            // In place of what was there, not beside it.
            request.headers_mut()?.insert(*name, value.parse().ok()?);
        }
        let body = ask.body.as_ref().map(|(_, text)| text.clone()).unwrap_or_default();
        let answer = (self.app)(request.body(body).ok()?).await;
        if ask.path.starts_with("/sign-out") {
            self.tokens.renew();
        }
        Some(answer)
    }
}

impl Answer {
    /// What a caller can tell two answers apart by: everything but the date and the request's own id.
    pub(crate) fn visible(&self) -> String {
        let id = self.headers.get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
        let told = self.headers.iter().filter(|(name, _)| !["x-request-id", "date"].contains(&name.as_str()));
        let mut headers: Vec<String> =
            told.map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))).collect();
        headers.sort();
        let body = if id.is_empty() { self.body.clone() } else { self.body.replace(id, "ID") };
        format!("{}\n{}\n\n{body}", self.status, headers.join("\n"))
    }
}

impl std::fmt::Display for Ask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let who = match &self.who {
            Who::Nobody => "nobody".to_owned(),
            Who::Text(text) => format!("session {text:?}"),
            Who::Session((person, organisation, trusted)) => {
                let at = organisation.map_or("no organisation", |(_, slug)| slug);
                format!("{person} of {at}{}", if *trusted { "" } else { ", forged" })
            }
        };
        write!(f, "{} {} by {who}", self.method, self.path)?;
        for (name, value) in &self.headers {
            write!(f, ", {name}: {value}")?;
        }
        match &self.body {
            Some((_, body)) => write!(f, ", {body}"),
            None => Ok(()),
        }
    }
}

/// Where the server under attack keeps files: a folder of this process.
pub(crate) fn files() -> Files {
    Files::in_folder(&std::env::temp_dir().join(format!("tenantry-proof-{}", std::process::id())))
}
