//! Reading what Clerk answers: objects, and refusals in Clerk's error shape or any other.

use std::time::Duration;

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::Response;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorCode};
use crate::http_client::read_bounded;
use crate::types::or_default;

/// No answer of ours is larger: 500 memberships with everything embedded are about two megabytes.
const LARGEST_ANSWER: usize = 16 << 20;

/// How long to wait when Clerk asks for patience without saying how much.
const PATIENCE: Duration = Duration::from_secs(1);

/// The longest limit of Clerk's is counted by the hour; whoever asks for more is not believed.
const MOST_PATIENCE: Duration = Duration::from_secs(3_600);

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

pub(super) async fn decode<T: DeserializeOwned>(response: Response) -> Result<T, Error> {
    let ray = text(response.headers(), "cf-ray");
    let body = read_bounded(response, LARGEST_ANSWER).await?;
    serde_json::from_slice(&body).map_err(|error| {
        tracing::warn!(%error, trace_id = ray, "an answer of Clerk's cannot be read");
        Error::Decode(Box::new(error))
    })
}

pub(super) async fn refusal(response: Response) -> Error {
    let status = response.status();
    let (ray, patience) = (text(response.headers(), "cf-ray"), patience(response.headers(), Timestamp::now()));
    let is_json =
        text(response.headers(), CONTENT_TYPE.as_str()).is_some_and(|kind| kind.starts_with("application/json"));
    let errors: Errors = match read_bounded(response, LARGEST_ANSWER).await {
        Ok(body) if is_json => serde_json::from_slice(&body).unwrap_or_default(),
        Ok(_) => Errors::default(),
        Err(error) => return error,
    };
    let trace_id = errors.clerk_trace_id.or(ray);
    if status == StatusCode::TOO_MANY_REQUESTS {
        return Error::RateLimited { retry_after: patience, trace_id };
    }
    let first = errors.errors.into_iter().next().unwrap_or_default();
    Error::Api {
        status: status.as_u16(),
        code: ErrorCode::from(first.code.as_str()),
        message: first.long_message.filter(|text| !text.is_empty()).unwrap_or(first.message),
        param: first.meta.and_then(|meta| meta.param_name),
        trace_id,
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// `Retry-After`, in seconds or as a date.
fn patience(headers: &HeaderMap, now: Timestamp) -> Duration {
    let Some(value) = text(headers, RETRY_AFTER.as_str()) else {
        return PATIENCE;
    };
    let value = value.trim();
    let seconds = value.parse().map(Duration::from_secs).ok();
    let date = || {
        let until = rfc2822::parse(value).ok()?.timestamp();
        // A date that has passed means now.
        Some(Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO))
    };
    seconds.or_else(date).map_or(PATIENCE, |asked| asked.min(MOST_PATIENCE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_is_asked_for_in_seconds_or_as_a_date() {
        let now: Timestamp = "2015-10-21T07:27:30Z".parse().unwrap();
        for (header, seconds) in [
            (None, 1),
            (Some("3"), 3),
            (Some(" 3 "), 3),
            (Some("0"), 0),
            (Some("soon"), 1),
            (Some("-1"), 1),
            (Some("1.5"), 1),
            (Some("999999999999"), 3_600),
            (Some("Wed, 21 Oct 2015 07:28:00 GMT"), 30),
            (Some("Wed, 21 Oct 2015 07:27:00 GMT"), 0),
            (Some("Sun, 21 Oct 2035 07:28:00 GMT"), 3_600),
        ] {
            let headers = header.map(|value| (RETRY_AFTER, value.parse().unwrap())).into_iter().collect();
            assert_eq!(patience(&headers, now), Duration::from_secs(seconds), "{header:?}");
        }
    }
}
