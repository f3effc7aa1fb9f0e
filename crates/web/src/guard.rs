//! What is decided before any handler runs: the host, the method, the origin; and that an answer comes at all.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use http::Method;

use crate::error::Error;
use crate::frontend_proxy;
use crate::origin::may_change;

/// Longer than any answer should take, shorter than proxies wait.
const PATIENCE: Duration = Duration::from_secs(30);

/// Everything a handler never has to think of.
pub(crate) async fn guard(State(state): State<crate::State>, request: Request, next: Next) -> Response {
    if !state.hosts.know(request.uri(), request.headers()) {
        return Error::UnknownHost.into_response();
    }
    if !is_known(request.method()) {
        return Error::MethodNotAllowed.into_response();
    }
    // What goes on to Clerk, Clerk judges: it gets the browser's own `Origin`, compares it with the instance's origins,
    // and knows of those that are not ours, such as a sign-in with another provider that ends in a form of theirs. Of
    // ours, nothing is changed there: no session is looked at and no cookie of the product read.
    let clerk_judges = state.clerk.frontend().is_some() && frontend_proxy::is_below(request.uri().path());
    if !clerk_judges && !may_change(request.method(), request.headers(), &state.config.origin()) {
        return Error::ForeignOrigin.into_response();
    }
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            tracing::error!(panic = said(&*panic), "a handler panicked");
            Error::Internal.into_response()
        }
        Err(_) => {
            tracing::error!("no answer within {} s", PATIENCE.as_secs());
            Error::Unavailable.into_response()
        }
    }
}

/// TRACE and methods nobody knows are refused at every address.
fn is_known(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS]
        .contains(method)
}

fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without words")
}
