//! Stripe's port. The sandbox's Stripe knows no resources yet: every request is answered the way Stripe answers an
//! address it does not have, so that a client meets a real error and not a closed port.

use axum::Json;
use axum::Router;
use axum::response::IntoResponse;
use http::{Method, StatusCode, Uri};
use serde_json::json;

/// 404 in Stripe's error form for everything.
pub(crate) fn router() -> Router {
    Router::new().fallback(unknown)
}

async fn unknown(method: Method, uri: Uri) -> impl IntoResponse {
    let message =
        format!("Unrecognized request URL ({method}: {}). The sandbox's Stripe knows no resources yet.", uri.path());
    let error = json!({"error": {"type": "invalid_request_error", "message": message}});
    (StatusCode::NOT_FOUND, Json(error))
}
