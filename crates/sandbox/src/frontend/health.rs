//! `/v1/health`, and what tells a proxy whether it is set up right.

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::app::Shared;
use crate::errors::ApiError;

/// Always well; faults are for the rest.
pub(super) async fn show() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    domain_id: Option<String>,
}

/// Whether a proxy sends what it has to: its own address, the secret key and who asks.
pub(super) async fn proxy(
    State(app): State<Shared>,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Result<Response, ApiError> {
    wanted.domain_id.filter(|id| !id.is_empty()).ok_or_else(|| ApiError::missing("domain_id"))?;
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).filter(|value| !value.is_empty());
    let missing = |name: &str| {
        ApiError::bad_request("proxy_request_missing_header", format!("The {name} header must be set by the proxy."))
    };
    let address = header("clerk-proxy-url").ok_or_else(|| missing("Clerk-Proxy-Url"))?;
    let key = header("clerk-secret-key").ok_or_else(|| missing("Clerk-Secret-Key"))?;
    let asks = header("x-forwarded-for").ok_or_else(|| missing("X-Forwarded-For"))?;
    let complaint = if key != app.settings.secret_key {
        "The Clerk-Secret-Key header holds another key than this instance's."
    } else if !Url::parse(address).is_ok_and(|url| app.settings.origins.allows(&crate::origins::origin(&url))) {
        "The Clerk-Proxy-Url header must be an address of the application."
    } else {
        return Ok(Json(json!({"status": "healthy", "x_forwarded_for": asks})).into_response());
    };
    Ok((StatusCode::SERVICE_UNAVAILABLE, Json(json!({"status": "unhealthy", "message": complaint}))).into_response())
}
