//! `/v1/dev_browser`: a browser introduces itself to a development instance.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::app::Shared;
use crate::clock;

/// A new browser; ClerkJS keeps the id in a cookie of the application's host.
pub(super) async fn create(State(app): State<Shared>) -> Json<Value> {
    let now = clock::now();
    let id = app.store.write(|state| state.create_dev_browser(now));
    Json(json!({"object": "dev_browser", "id": id, "token": id}))
}
