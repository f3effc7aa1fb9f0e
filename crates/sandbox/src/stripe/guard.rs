//! What holds for every call: the key, the version, the limits, and the headers of every answer.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::header::AUTHORIZATION;

use crate::app::Shared;
use crate::call::{Api, Call};
use crate::clock;
use crate::ids;
use crate::stripe::VERSION;
use crate::stripe::errors::StripeError;

/// The id of a call, which its events and its answer carry.
#[derive(Clone, Debug)]
pub(super) struct RequestId(pub(super) String);

/// Keeps the call on the list and marks its answer.
pub(super) async fn stamp(State(app): State<Shared>, mut request: Request, next: Next) -> Response {
    let id = ids::fresh("req_");
    let version = request.headers().get("stripe-version").cloned();
    let key = request.headers().get("idempotency-key").cloned();
    request.extensions_mut().insert(RequestId(id.clone()));
    let path = request.uri().path().to_owned();
    let mut response = if path.starts_with("/v1/") {
        let call = app.received.begin_call(Api::Stripe, request.method(), &path, clock::now());
        request.extensions_mut().insert(call.clone());
        let response = next.run(request).await;
        app.received.finish(&call, response.status().as_u16());
        response
    } else {
        next.run(request).await
    };
    // A page's address is as good as a session: of it only the kind of page is written down.
    let shown = if path.starts_with("/v1/") { &path } else { path.split_inclusive('/').nth(1).unwrap_or_default() };
    tracing::debug!(path = shown, status = response.status().as_u16(), "answered");
    let is_busy = response.status().as_u16() == 409 || response.status().is_server_error();
    let headers = response.headers_mut();
    headers.insert("request-id", HeaderValue::from_str(&id).expect("an id is plain"));
    headers.insert("stripe-version", version.unwrap_or(HeaderValue::from_static(VERSION)));
    if let Some(key) = key {
        headers.insert("idempotency-key", key);
    }
    if is_busy && !headers.contains_key("stripe-should-retry") {
        headers.insert("stripe-should-retry", HeaderValue::from_static("true"));
    }
    response
}

/// Lets the holder of the secret key call the API. Pages have their own ways.
pub(super) async fn guard(State(app): State<Shared>, request: Request, next: Next) -> Response {
    if !request.uri().path().starts_with("/v1") {
        return next.run(request).await;
    }
    match check(&app, &request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

fn check(app: &Shared, request: &Request) -> Result<(), StripeError> {
    let key =
        request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(key).ok_or_else(|| {
            StripeError::unauthorized(
                "You did not provide an API key. You need to provide your API key in the Authorization header, using \
                 Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
            )
        })?;
    if key != app.settings.stripe.secret_key {
        let shown: String = key.chars().take(8).collect();
        return Err(StripeError::unauthorized(format!("Invalid API Key provided: {}****", shown.escape_default())));
    }
    let version = request.headers().get("stripe-version").and_then(|value| value.to_str().ok());
    if version.is_some_and(|version| version != VERSION) {
        return Err(StripeError::invalid(format!(
            "Invalid Stripe API version: {}. The sandbox is {VERSION} and nothing else.",
            version.unwrap_or_default().escape_default()
        )));
    }
    Ok(())
}

/// The key of either scheme: with `Basic` it is the name of the user.
fn key(header: &str) -> Option<String> {
    let (scheme, rest) = header.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    Some(text.split(':').next().unwrap_or_default().to_owned())
}

/// Refuses what is too much, when the limits are on.
pub(super) async fn enforce(State(app): State<Shared>, request: Request, next: Next) -> Response {
    if let Some(call) = request.extensions().get::<Call>()
        && let Err(seconds) = app.limits.spend_call(call, false, "")
    {
        return StripeError::rate_limit(seconds).into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_schemes_carry_the_key() {
        assert_eq!(key("Bearer sk_test_1").as_deref(), Some("sk_test_1"));
        assert_eq!(key("bearer  sk_test_1 ").as_deref(), Some("sk_test_1"));
        let basic = format!("Basic {}", STANDARD.encode("sk_test_1:"));
        assert_eq!(key(&basic).as_deref(), Some("sk_test_1"));
        for other in ["sk_test_1", "Digest sk_test_1", "Basic ???"] {
            assert_eq!(key(other), None, "{other}");
        }
    }
}
