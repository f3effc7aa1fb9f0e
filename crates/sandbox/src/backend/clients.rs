//! `/clients/handshake_payload`: the cookies a handshake wants set, fetched by the application's server.

use axum::Json;
use axum::extract::State;
use serde_json::json;

use crate::app::Shared;
use crate::backend::query::Query;
use crate::clock;
use crate::errors::{ApiError, ApiResult};

/// The payload of a nonce. It can be read again until its minute is over: browsers repeat requests.
pub(super) async fn handshake_payload(State(app): State<Shared>, query: Query) -> ApiResult {
    let nonce = query.one("nonce").ok_or_else(|| ApiError::missing("nonce"))?;
    app.store.read(|state| {
        let directives =
            state.directives(nonce, clock::now()).ok_or_else(|| ApiError::not_found("handshake payload", nonce))?;
        Ok(Json(json!({"directives": directives})))
    })
}
