//! The Backend API: typed calls, one file per noun.
//!
//! Protocol: Clerk's published specification, version 2026-05-12.

mod budget;
mod clients;
mod instance;
mod jwks;
mod memberships;
mod organizations;
mod sessions;
mod users;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Method, Response};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use self::budget::{Budget, Urgency};
use crate::config::Config;
use crate::error::{Error, ErrorCode};
use crate::http_client::{read_bounded, unreachable};
use crate::types::or_default;

pub use organizations::OrganizationFilter;
pub use sessions::SessionRefresh;
pub use users::{NewUser, UserFilter};

/// The version of the API these types were written for.
pub(crate) const API_VERSION: &str = "2026-05-12";

/// No answer of ours is larger: 500 memberships with everything embedded are about two megabytes.
const LARGEST_ANSWER: usize = 16 << 20;

/// A call is made so often.
const ATTEMPTS: u32 = 3;

/// How long to wait when Clerk asks for patience without saying how much.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a query is made of; repeated names are lists.
type Query<'a> = [(&'a str, String)];

/// A client of the Backend API. Cheap to clone.
#[derive(Clone)]
pub struct Backend {
    client: Client,
    base: Url,
    secret: SecretString,
    budget: Arc<Budget>,
    urgency: Urgency,
}

impl fmt::Debug for Backend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Backend").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

impl Backend {
    pub(crate) fn new(client: Client, config: &Config) -> Self {
        let budget = Budget::of(config.publishable_key.instance_type(), config.calls_in_ten_seconds);
        Self {
            client,
            base: config.api_url.clone(),
            secret: config.secret_key.clone(),
            budget: Arc::new(budget),
            urgency: Urgency::Interactive,
        }
    }

    /// The same client for work that nobody waits for: it leaves room for those who do, and waits its turn for longer.
    #[must_use]
    pub fn in_background(&self) -> Self {
        Self { urgency: Urgency::Background, ..self.clone() }
    }

    /// `<api url>/v1/<segments>`, each segment escaped.
    fn url(&self, segments: &[&str], query: &Query<'_>) -> Result<Url, Error> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| Error::Unreachable("the API URL cannot have a path".into()))?
            .pop_if_empty()
            .push("v1")
            .extend(segments);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    async fn get<T: DeserializeOwned>(&self, segments: &[&str], query: &Query<'_>) -> Result<T, Error> {
        self.send(Method::GET, self.url(segments, query)?, None).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        segments: &[&str],
        query: &Query<'_>,
        body: &impl Serialize,
    ) -> Result<T, Error> {
        let body = serde_json::to_value(body).map_err(|error| Error::Decode(Box::new(error)))?;
        self.send(method, self.url(segments, query)?, Some(body)).await
    }

    /// Sends a call, again where that cannot do it twice.
    async fn send<T: DeserializeOwned>(&self, method: Method, url: Url, body: Option<Value>) -> Result<T, Error> {
        let mut attempt = 1;
        loop {
            self.budget.spend(self.urgency).await?;
            let error = match self.send_once(method.clone(), url.clone(), body.as_ref()).await {
                Err(error) if attempt < ATTEMPTS => error,
                answer => return answer,
            };
            let Some(pause) = self.pause(&method, &error, attempt) else { return Err(error) };
            tracing::debug!(%error, attempt, "Clerk is asked again");
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    /// How long to wait before the same call may be made again; `None` where it must not, or where it would find the same.
    fn pause(&self, method: &Method, error: &Error, attempt: u32) -> Option<Duration> {
        // A quarter of a second, then half of one, each more or less by a half, so that many do not come at once.
        let backoff = Duration::from_millis(125 << attempt).mul_f64(0.5 + jitter());
        match error {
            // It never left; and whoever waits for a page is told soon that nobody is there.
            Error::Unreachable(cause) if never_sent(&**cause) => self.urgency.may_wait().then_some(backoff),
            Error::RateLimited { retry_after } if *retry_after <= self.urgency.longest_wait() => {
                Some(*retry_after + backoff)
            }
            _ if method != Method::GET => None,
            // A second attempt after a timeout would only double the wait.
            Error::Unreachable(cause) if timed_out(&**cause) => None,
            Error::Unreachable(_) => Some(backoff),
            Error::Api { status: 500.., .. } => Some(backoff),
            _ => None,
        }
    }

    async fn send_once<T: DeserializeOwned>(&self, method: Method, url: Url, body: Option<&Value>) -> Result<T, Error> {
        let mut request = self
            .client
            .request(method, url)
            .bearer_auth(self.secret.expose_secret())
            .header("clerk-api-version", API_VERSION);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(unreachable)?;
        if response.status().is_success() {
            let body = read_bounded(response, LARGEST_ANSWER).await?;
            serde_json::from_slice(&body).map_err(|error| Error::Decode(Box::new(error)))
        } else {
            Err(refusal(response).await)
        }
    }
}

fn timed_out(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout)
}

fn never_sent(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.downcast_ref::<reqwest::Error>().is_some_and(|error| error.is_connect() && !error.is_timeout())
}

/// 0 to 1; good enough to keep processes from marching in step.
fn jitter() -> f64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    f64::from(now.subsec_nanos() % 1000) / 1000.0
}

/// The error body of the API.
#[derive(Deserialize, Default)]
struct Errors {
    #[serde(default, deserialize_with = "or_default")]
    errors: Vec<ErrorItem>,
    #[serde(default)]
    clerk_trace_id: Option<String>,
}

#[derive(Deserialize, Default)]
struct ErrorItem {
    #[serde(default, deserialize_with = "or_default")]
    code: String,
    #[serde(default, deserialize_with = "or_default")]
    message: String,
    #[serde(default)]
    long_message: Option<String>,
    #[serde(default)]
    meta: Option<ErrorMeta>,
}

#[derive(Deserialize, Default)]
struct ErrorMeta {
    #[serde(default)]
    param_name: Option<String>,
}

async fn refusal(response: Response) -> Error {
    let status = response.status();
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    if status == StatusCode::TOO_MANY_REQUESTS {
        let seconds = header(RETRY_AFTER.as_str()).and_then(|text| text.trim().parse().ok());
        return Error::RateLimited { retry_after: seconds.map_or(PATIENCE, Duration::from_secs) };
    }
    let ray = header("cf-ray");
    let is_json = header(CONTENT_TYPE.as_str()).is_some_and(|text| text.starts_with("application/json"));
    let errors: Errors = match read_bounded(response, LARGEST_ANSWER).await {
        Ok(body) if is_json => serde_json::from_slice(&body).unwrap_or_default(),
        Ok(_) => Errors::default(),
        Err(error) => return error,
    };
    let first = errors.errors.into_iter().next().unwrap_or_default();
    Error::Api {
        status: status.as_u16(),
        code: ErrorCode::from(first.code.as_str()),
        message: first.long_message.filter(|text| !text.is_empty()).unwrap_or(first.message),
        param: first.meta.and_then(|meta| meta.param_name),
        trace_id: errors.clerk_trace_id.or(ray),
    }
}

/// The query of a page.
fn page(limit: u32, offset: u32) -> Vec<(&'static str, String)> {
    vec![("limit", limit.to_string()), ("offset", offset.to_string())]
}
