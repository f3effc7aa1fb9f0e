//! Reading what Stripe answers: objects, and refusals in Stripe's error shape or any other.

use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::Response;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::{ApiError, Error, ErrorCode, ErrorKind};
use crate::http_client::read_bounded;
use crate::types::or_default;

/// No answer of ours is larger: a hundred invoices with their lines are about two megabytes.
const LARGEST_ANSWER: usize = 16 << 20;

/// How long to wait when Stripe asks for patience without saying how much.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// Stripe's limits are counted by the second; whoever asks for more is not believed.
const MOST_PATIENCE: Duration = Duration::from_secs(3_600);

/// Longer texts than this are not for people.
const LONGEST_MESSAGE: usize = 1_000;

/// The error body of the API.
#[derive(Deserialize, Default)]
struct Refusal {
    #[serde(default, deserialize_with = "or_default")]
    error: ErrorItem,
}

#[derive(Deserialize, Default)]
struct ErrorItem {
    #[serde(default, rename = "type", deserialize_with = "or_default")]
    kind: String,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    param: Option<String>,
    #[serde(default)]
    decline_code: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    message: String,
}

/// A refusal, and what Stripe says about trying again.
pub(super) struct Refused {
    pub(super) error: Error,
    /// `Stripe-Should-Retry`
    pub(super) should_retry: Option<bool>,
    /// `Retry-After`
    pub(super) retry_after: Option<Duration>,
    /// It is the account that has made too many calls, not one endpoint or for one object.
    pub(super) of_account: bool,
}

pub(super) async fn decode<T: DeserializeOwned>(response: Response) -> Result<T, Error> {
    let request_id = text(response.headers(), "request-id");
    let body = read_bounded(response, LARGEST_ANSWER).await?;
    serde_json::from_slice(&body).map_err(|error| {
        tracing::warn!(%error, request_id, "an answer of Stripe's cannot be read");
        Error::Decode(Box::new(error))
    })
}

/// `secret` is taken out of what Stripe says: a refused key may be repeated in the message.
pub(super) async fn refusal(response: Response, secret: &str) -> Refused {
    let status = response.status();
    let request_id = text(response.headers(), "request-id");
    let retry_after = patience(response.headers(), Timestamp::now());
    let should_retry = match text(response.headers(), "stripe-should-retry").as_deref() {
        Some("true") => Some(true),
        Some("false") => Some(false),
        _ => None,
    };
    // Where Stripe does not say what there was too much of, it may be everything.
    let reason = text(response.headers(), "stripe-rate-limited-reason");
    let of_account = reason.is_none_or(|reason| reason.starts_with("global"));
    let refused = |error| Refused { error, should_retry, retry_after, of_account };
    // Whatever is not in Stripe's shape, such as a page of a proxy's, still has a status.
    let body = read_bounded(response, LARGEST_ANSWER).await.unwrap_or_default();
    let Refusal { error: item } = serde_json::from_slice(&body).unwrap_or_default();
    let code = item.code.map(|code| ErrorCode::from(code.as_str()));
    // Two changes of one object at the same time are answered with 429 too.
    if status == StatusCode::TOO_MANY_REQUESTS && code != Some(ErrorCode::LockTimeout) {
        return refused(Error::RateLimited { retry_after: retry_after.unwrap_or(PATIENCE), request_id });
    }
    let mut message = item.message.replace(secret, "…");
    if message.len() > LONGEST_MESSAGE {
        message.truncate(message.floor_char_boundary(LONGEST_MESSAGE));
    }
    refused(Error::Api(Box::new(ApiError {
        status: status.as_u16(),
        kind: ErrorKind::from(item.kind.as_str()),
        code,
        param: item.param,
        decline_code: item.decline_code,
        message,
        request_id,
    })))
}

pub(super) fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// `Retry-After`, in seconds or as a date.
fn patience(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = text(headers, RETRY_AFTER.as_str())?;
    let value = value.trim();
    let seconds = value.parse().map(Duration::from_secs).ok();
    let date = || {
        let until = rfc2822::parse(value).ok()?.timestamp();
        // A date that has passed means now.
        Some(Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO))
    };
    seconds.or_else(date).map(|asked| asked.min(MOST_PATIENCE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_is_asked_for_in_seconds_or_as_a_date() {
        let now: Timestamp = "2015-10-21T07:27:30Z".parse().unwrap();
        for (header, seconds) in [
            (None, None),
            (Some("3"), Some(3)),
            (Some(" 3 "), Some(3)),
            (Some("0"), Some(0)),
            (Some("soon"), None),
            (Some("-1"), None),
            (Some("999999999999"), Some(3_600)),
            (Some("Wed, 21 Oct 2015 07:28:00 GMT"), Some(30)),
            (Some("Wed, 21 Oct 2015 07:27:00 GMT"), Some(0)),
        ] {
            let headers = header.map(|value| (RETRY_AFTER, value.parse().unwrap())).into_iter().collect();
            assert_eq!(patience(&headers, now), seconds.map(Duration::from_secs), "{header:?}");
        }
    }
}
