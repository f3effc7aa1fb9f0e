//! The Backend API: typed calls, one file per noun.
//!
//! Protocol: Clerk's published specification, version 2026-05-12.

mod clients;
mod jwks;
mod memberships;
mod organizations;
mod sessions;
mod users;

use std::fmt;
use std::time::Duration;

use http::StatusCode;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Method, Response};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

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
}

impl fmt::Debug for Backend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Backend").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

impl Backend {
    pub(crate) fn new(client: Client, api_url: Url, secret: SecretString) -> Self {
        Self { client, base: api_url, secret }
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
        let url = self.url(segments, query)?;
        match self.send(Method::GET, url.clone(), None).await {
            // The connection may have been closed under us, or the server is just starting: once more.
            Err(Error::Unreachable(cause)) if !timed_out(&*cause) => self.send(Method::GET, url, None).await,
            answer => answer,
        }
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

    async fn send<T: DeserializeOwned>(&self, method: Method, url: Url, body: Option<Value>) -> Result<T, Error> {
        let mut request = self
            .client
            .request(method, url)
            .bearer_auth(self.secret.expose_secret())
            .header("clerk-api-version", API_VERSION);
        if let Some(body) = body {
            request = request.json(&body);
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

/// A second attempt after a timeout would only double the wait.
fn timed_out(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout)
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
