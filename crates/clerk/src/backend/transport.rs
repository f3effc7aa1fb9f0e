//! One call: its turn in the budget, its attempts, and what is logged of it.
//!
//! Tried again, twice at most, with growing and uneven pauses: `GET`, `PUT` and `DELETE`, when the connection broke or
//! Clerk was busy or in trouble. Never `POST` or `PATCH`, whose first attempt may have had its effect; never anything
//! that timed out, because somebody has waited long enough. A deletion that was tried again may answer 404.

use std::time::Duration;

use rand::Rng as _;
use reqwest::Method;
use secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::sleep;
use url::Url;

use super::answer::{decode, refusal};
use super::{API_VERSION, Backend};
use crate::error::Error;
use crate::http_client::unreachable;

/// Attempts after the first.
const MOST_RETRIES: u32 = 2;

/// Before the second attempt, more or less; twice that before the third.
const FIRST_PAUSE: Duration = Duration::from_millis(150);

/// What is sent along.
#[derive(Debug, Clone)]
pub(super) enum Body {
    None,
    Json(Value),
    /// Bytes of this content type.
    Bytes(String, Vec<u8>),
}

/// What is asked of Clerk.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Body,
}

impl Call {
    /// Whether asking twice does the same as asking once.
    fn is_idempotent(&self) -> bool {
        matches!(self.method, Method::GET | Method::PUT | Method::DELETE)
    }
}

impl Backend {
    pub(super) async fn send<T: DeserializeOwned>(&self, call: Call) -> Result<T, Error> {
        let mut retries = 0;
        loop {
            let error = match self.attempt(&call).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let (method, path, trace_id) = (&call.method, call.url.path(), error.trace_id());
            if error.is_transient() {
                tracing::warn!(%method, path, %error, trace_id, retries, "a call to Clerk failed");
            } else {
                tracing::debug!(%method, path, %error, trace_id, "Clerk refused a call");
            }
            match self.pause_after(&error, retries) {
                Some(pause) if call.is_idempotent() && retries < MOST_RETRIES => sleep(pause).await,
                _ => return Err(error),
            }
            retries += 1;
        }
    }

    async fn attempt<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Error> {
        let turn = self.budget.turn(self.priority).await;
        turn.map_err(|retry_after| Error::RateLimited { retry_after, trace_id: None })?;
        let request = self
            .client
            .request(call.method.clone(), call.url.clone())
            .bearer_auth(self.secret.expose_secret())
            .header("clerk-api-version", API_VERSION);
        let request = match &call.body {
            Body::None => request,
            Body::Json(value) => request.json(value),
            Body::Bytes(kind, bytes) => request.header("content-type", kind).body(bytes.clone()),
        };
        let response = request.send().await.map_err(|error| {
            if error.is_connect() {
                self.budget.give_back();
            }
            unreachable(error)
        })?;
        if response.status().is_success() {
            return decode(response).await;
        }
        let error = refusal(response).await;
        // Reads have no limit of their own: one that is refused means that the whole instance is over its limit.
        if let (&Method::GET, Error::RateLimited { retry_after, .. }) = (&call.method, &error) {
            self.budget.quiet(*retry_after);
        }
        Err(error)
    }

    /// How long to wait before another attempt; `None` when there should be none.
    fn pause_after(&self, error: &Error, retries: u32) -> Option<Duration> {
        let pause = match error {
            Error::RateLimited { retry_after, .. } => *retry_after,
            Error::Unreachable(cause) if timed_out(&**cause) => return None,
            error if error.is_transient() => jittered(FIRST_PAUSE * 2_u32.pow(retries)),
            _ => return None,
        };
        (pause <= self.priority.patience()).then_some(pause)
    }
}

/// Between half and one and a half of it, so that callers who failed together do not come back together.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(rand::rng().random_range(0.5..1.5))
}

fn timed_out(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout)
}
