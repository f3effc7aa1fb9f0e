//! One call: its turn in the budget, its place, its attempts, and what is logged of it.
//!
//! Tried again, twice at most: when the connection broke, on 409, 429 and from 500 up, unless Stripe says that it is no
//! use; with growing and uneven pauses, or the one that Stripe asks for. A change goes with the same key each time, so
//! that it happens once. An attempt that timed out is tried again only where nobody waits. A deletion that was tried
//! again may answer 404.

use std::time::Duration;

use budget::Priority;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use rand::Rng as _;
use reqwest::Method;
use secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;
use tokio::sync::SemaphorePermit;
use tokio::time::{sleep, timeout};
use url::Url;

use super::answer::{PATIENCE, Refused, decode, refusal, text};
use super::{API_VERSION, Stripe};
use crate::error::Error;
use crate::form::{self, Pairs};
use crate::http_client::unreachable;
use crate::idempotency::Idempotency;

/// Attempts after the first.
pub(super) const MOST_RETRIES: u32 = 2;

/// Before the second attempt, more or less; twice that before the third.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// No pause of our own is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What is asked of Stripe.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) url: Url,
    /// What to change, and the key of the change.
    pub(super) change: Option<(Idempotency, Pairs)>,
}

impl Stripe {
    pub(super) async fn send<T: DeserializeOwned>(&self, call: Call) -> Result<T, Error> {
        if let Some((key, _)) = &call.change {
            key.checked().map_err(|error| Error::Encode(Box::new(error)))?;
        }
        let mut retries = 0;
        loop {
            let refused = match self.attempt(&call).await {
                Ok(answer) => return Ok(answer),
                Err(refused) => refused,
            };
            let (method, path, error) = (&call.method, call.url.path(), &refused.error);
            let request_id = error.request_id();
            if error.is_transient() {
                tracing::warn!(%method, path, %error, request_id, retries, "a call to Stripe failed");
            } else {
                tracing::debug!(%method, path, %error, request_id, "Stripe refused a call");
            }
            match self.pause_after(&refused, retries) {
                Some(pause) if retries < self.retries => sleep(pause).await,
                _ => return Err(refused.error),
            }
            retries += 1;
        }
    }

    async fn attempt<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Refused> {
        let (_place, _background) = self.place().await.map_err(final_refusal)?;
        let turn = self.budget.turn(self.priority).await;
        turn.map_err(|retry_after| final_refusal(Error::RateLimited { retry_after, request_id: None }))?;
        let request = self
            .client
            .request(call.method.clone(), call.url.clone())
            .bearer_auth(self.secret.expose_secret())
            .header("stripe-version", API_VERSION);
        let request = match &call.change {
            None => request,
            Some((key, pairs)) => request
                .header("idempotency-key", key.checked().unwrap_or_default())
                .header(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))
                .body(form::encode(pairs)),
        };
        let response = request.send().await.map_err(|error| {
            if error.is_connect() {
                self.budget.give_back();
            }
            undecided(unreachable(error))
        })?;
        if response.status().is_success() {
            let request_id = text(response.headers(), "request-id");
            let replayed = response.headers().contains_key("idempotent-replayed");
            tracing::debug!(method = %call.method, path = call.url.path(), request_id, replayed, "Stripe answered");
            return decode(response).await.map_err(undecided);
        }
        let refused = refusal(response, self.secret.expose_secret()).await;
        if let (true, Error::RateLimited { retry_after, .. }) = (refused.of_account, &refused.error) {
            self.budget.quiet(*retry_after);
        }
        Err(refused)
    }

    /// Waits for a place among the calls of this moment. The background never takes more than half of them.
    async fn place(&self) -> Result<(SemaphorePermit<'_>, Option<SemaphorePermit<'_>>), Error> {
        let [all, of_background] = &*self.places;
        let wait = async {
            let background = match self.priority {
                Priority::Interactive => None,
                Priority::Background => Some(of_background.acquire().await.ok()?),
            };
            Some((all.acquire().await.ok()?, background))
        };
        let found = timeout(self.priority.patience(), wait).await.ok().flatten();
        found.ok_or(Error::RateLimited { retry_after: PATIENCE, request_id: None })
    }

    /// How long to wait before another attempt; `None` when there should be none.
    fn pause_after(&self, refused: &Refused, retries: u32) -> Option<Duration> {
        match refused.should_retry {
            Some(false) => return None,
            Some(true) => {}
            None if !refused.error.is_transient() => return None,
            None => {}
        }
        if let Error::Unreachable(cause) = &refused.error
            && timed_out(&**cause)
            && self.priority == Priority::Interactive
        {
            return None;
        }
        let own = jittered((FIRST_PAUSE * 2_u32.pow(retries)).min(LONGEST_PAUSE));
        let pause = refused.retry_after.map_or(own, |asked| asked.max(own));
        (pause <= self.priority.patience()).then_some(pause)
    }
}

/// A refusal of our own: whoever is told to wait is not made to wait here as well.
fn final_refusal(error: Error) -> Refused {
    Refused { error, should_retry: Some(false), retry_after: None, of_account: false }
}

/// No word from Stripe on whether to try again.
fn undecided(error: Error) -> Refused {
    Refused { error, should_retry: None, retry_after: None, of_account: false }
}

/// Between half and all of it, so that callers who failed together do not come back together.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(rand::rng().random_range(0.5..=1.0))
}

fn timed_out(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout)
}
