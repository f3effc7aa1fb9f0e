//! The outermost layer: the request's id, its log line, and the headers of every answer.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::flash::Flash;
use crate::route::Surface;
use crate::trail::{Trail, flattened};

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The number by which a request is found in the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestId(pub(crate) Uuid);

/// Wraps everything. Logged are the route's pattern, not the address, and ids, not names: no personal data.
pub(crate) async fn envelope(State(state): State<crate::State>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = RequestId(Uuid::now_v7());
    let trail = Trail::default();
    request.extensions_mut().insert(id);
    request.extensions_mut().insert(trail.clone());
    let method = request.method().clone();
    let probe = Surface::of(request.uri().path()) == Surface::Probe;
    let route = request.extensions().get::<MatchedPath>().cloned();
    let span = tracing::info_span!("request", id = %id.0);
    let mut response = next.run(request).instrument(span.clone()).await;

    let is_redirect = response.status().is_redirection();
    let headers = response.headers_mut();
    // A redirect shows nothing yet: what the last answer left to say is kept for the page it leads to.
    let unsaid = is_redirect.then(|| Flash::forget(&state.config));
    for (name, value) in flattened(trail.take_headers()).filter(|(_, value)| Some(value) != unsaid.as_ref()) {
        headers.append(name, value);
    }
    state.security_headers.put_on(headers);
    headers.insert(REQUEST_ID, HeaderValue::try_from(id.0.to_string()).expect("a UUID is visible ASCII"));
    if probe && response.status().is_success() {
        // Asked every few seconds for ever: only a failure is news.
        return response;
    }
    span.in_scope(|| {
        tracing::info!(
            method = %method,
            route = route.as_ref().map_or("none", MatchedPath::as_str),
            status = response.status().as_u16(),
            ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            user = trail.user().map(tracing::field::display),
            organisation = trail.org().map(|org| tracing::field::display(org.organisation().clone())),
            "answered"
        );
    });
    response
}
