//! `/v1/dev_browser`: a browser introduces itself to a development instance.

use axum::Json;
use axum::extract::State;
use serde_json::json;

use crate::app::Shared;
use crate::clock;
use crate::errors::{ApiError, ApiResult};

/// A new browser; ClerkJS keeps the id in a cookie of the application's host. Production instances know none.
pub(super) async fn create(State(app): State<Shared>) -> ApiResult {
    if app.signer.instance.is_production {
        return Err(ApiError::bad_request(
            "request_invalid_for_environment",
            "Request is only valid for development instances.",
        ));
    }
    let now = clock::now();
    let id = app.store.write(|state| state.create_dev_browser(now));
    Ok(Json(json!({"object": "dev_browser", "id": id, "token": id})))
}
