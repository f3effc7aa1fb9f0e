//! What holds for every call of the Frontend API: origin, CORS, version; and the method that rides in the query.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, AUTHORIZATION, CACHE_CONTROL,
    ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::app::Shared;
use crate::errors::ApiError;

/// Versions of the APIs that clients of today send; the answers are the same for all of them.
const VERSIONS: [&str; 7] =
    ["2021-02-05", "2024-10-01", "2025-03-12", "2025-04-10", "2025-11-10", "2026-05-12", "2026-08-20"];

/// Whether the date names a version of the APIs.
fn is_known_version(version: &str) -> bool {
    VERSIONS.contains(&version)
}

/// ClerkJS sends GET and POST only; other methods ride as `_method` of a POST.
pub(crate) async fn method_override(mut request: Request, next: Next) -> Response {
    if request.method() == Method::POST && request.uri().path().starts_with("/v1/") {
        let query = request.uri().query().unwrap_or_default();
        let method = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "_method").and_then(
            |(_, method)| match method.as_ref() {
                "PATCH" => Some(Method::PATCH),
                "PUT" => Some(Method::PUT),
                "DELETE" => Some(Method::DELETE),
                _ => None,
            },
        );
        if let Some(method) = method {
            *request.method_mut() = method;
        }
    }
    next.run(request).await
}

/// Refuses foreign pages, and lets the application's read the answer.
pub(super) async fn guard(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let origin = match check(&app, &request) {
        Ok(origin) => origin,
        Err(refusal) => return refusal.into_response(),
    };
    let mut response =
        if request.method() == Method::OPTIONS { preflight(request.headers()) } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("Origin"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if let Some(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        headers.insert(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("Authorization, Clerk-Db-Jwt, Retry-After"),
        );
    }
    response
}

fn check(app: &Shared, request: &Request) -> Result<Option<HeaderValue>, ApiError> {
    let headers = request.headers();
    let origin = headers.get(ORIGIN);
    if origin.is_some() && headers.contains_key(AUTHORIZATION) {
        return Err(ApiError::bad_request(
            "origin_authorization_headers_conflict",
            "Setting both the 'Origin' and 'Authorization' headers is forbidden.",
        ));
    }
    match origin {
        Some(origin) => {
            if !origin.to_str().is_ok_and(|origin| app.settings.origins.allows(origin)) {
                return Err(ApiError::bad_request(
                    "origin_invalid",
                    format!(
                        "The Request HTTP Origin header must be {} or another origin given with --allow-origin.",
                        app.settings.app_origin
                    ),
                ));
            }
        }
        // Browsers leave it out of a GET to the page's own origin and of page loads, and send it with every POST.
        None => {
            if !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
                return Err(ApiError::bad_request("origin_missing", "The Origin header is missing."));
            }
        }
    }
    check_version(headers, request.uri().query().unwrap_or_default())?;
    Ok(origin.cloned())
}

/// 400 for a version nobody has heard of, and for one in both places.
pub(crate) fn check_version(headers: &HeaderMap, query: &str) -> Result<(), ApiError> {
    let header = headers.get("clerk-api-version").map(|value| value.to_str().unwrap_or_default());
    let parameter = url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "__clerk_api_version")
        .map(|(_, version)| version.into_owned());
    let good = match (header, &parameter) {
        (Some(_), Some(_)) => false,
        (Some(version), None) => is_known_version(version),
        (None, Some(version)) => is_known_version(version),
        (None, None) => true,
    };
    if good {
        return Ok(());
    }
    Err(ApiError::bad_request(
        "api_version_invalid",
        format!(
            "The API version must be one of {}, in the header Clerk-API-Version or the parameter __clerk_api_version, not in both.",
            VERSIONS.join(", ")
        ),
    ))
}

fn preflight(headers: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let answer = response.headers_mut();
    answer.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PATCH, PUT, DELETE"));
    if let Some(asked) = headers.get("access-control-request-headers") {
        answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
    }
    answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}
