//! What holds for every call of the Backend API: the secret key and the version.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::AUTHORIZATION;

use crate::app::Shared;
use crate::errors::ApiError;
use crate::frontend::check_version;

/// Lets the holder of the secret key through.
pub(super) async fn guard(State(app): State<Shared>, request: Request, next: Next) -> Response {
    match check(&app, &request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

fn check(app: &Shared, request: &Request) -> Result<(), ApiError> {
    let Some(header) = request.headers().get(AUTHORIZATION) else {
        return Err(ApiError::unauthorized(
            "authentication_invalid",
            "Invalid authentication: send the secret key as 'Authorization: Bearer sk_test_…'.",
        ));
    };
    let key = header
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, key)| key.trim())
        .ok_or_else(|| {
            ApiError::unauthorized(
                "authorization_header_format_invalid",
                "The Authorization header must be 'Bearer' and the secret key.",
            )
        })?;
    if key != app.settings.secret_key {
        return Err(ApiError::unauthorized(
            "clerk_key_invalid",
            "The provided Clerk Secret Key is invalid. Make sure that your Clerk Secret Key is correct.",
        ));
    }
    check_version(request.headers(), request.uri().query().unwrap_or_default())
}
