//! What holds for every page: forms come from these pages only, and nothing but their own files runs on them.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::app::Shared;
use crate::portal::pages::{Frame, Refused, render};

/// Refuses forms of other pages; sets the headers.
pub(super) async fn guard(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let own = own_forms_only(&request, |origin| app.settings.origins.is_own(origin));
    let mut response = if own {
        next.run(request).await
    } else {
        let page = Refused {
            frame: Frame::new(&app, None),
            heading: "That form came from another page",
            message: "Forms of the sandbox are taken from its own pages only.",
        };
        render(StatusCode::FORBIDDEN, &page).into_response()
    };
    // A form's answer may lead on to the application, and browsers hold form-action against redirects too.
    let targets = app.settings.origins.others().join(" ");
    security_headers(response.headers_mut(), &targets);
    response
}

/// Whether a request that changes something comes from an origin that may send it. Programs send no origin.
pub(crate) fn own_forms_only(request: &Request, is_own: impl Fn(&str) -> bool) -> bool {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return true;
    }
    match request.headers().get(ORIGIN) {
        None => true,
        Some(origin) => origin.to_str().is_ok_and(is_own),
    }
}

/// A strict policy; `form_targets` are the origins forms may lead to besides this one.
pub(crate) fn security_headers(headers: &mut HeaderMap, form_targets: &str) {
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self' {form_targets}; base-uri 'none'; frame-ancestors 'none'"
    );
    let fixed: [(HeaderName, &'static str); 3] = [
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "strict-origin-when-cross-origin"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(policy.trim_end()) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
}
