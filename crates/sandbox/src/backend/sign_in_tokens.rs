//! `/sign_in_tokens`, and the tokens that stand in for a person's proof that they are none of a bot's.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use crate::app::Shared;
use crate::backend::body::Body;
use crate::clock::{self, HOUR, SECOND};
use crate::errors::ApiResult;
use crate::ids;

/// A link that signs a person in.
pub(super) async fn create(State(app): State<Shared>, body: Body) -> ApiResult {
    let user = body.required("user_id")?;
    let seconds = body.number("expires_in_seconds")?;
    app.store.write(|state| {
        let token = state.create_sign_in_token(&user, seconds, clock::now())?;
        Ok(Json(state.sign_in_token_json(&token)))
    })
}

/// Takes it back.
pub(super) async fn revoke(State(app): State<Shared>, Path(id): Path<String>) -> ApiResult {
    app.store.write(|state| {
        let token = state.revoke_sign_in_token(&id, clock::now())?;
        Ok(Json(state.sign_in_token_json(&token)))
    })
}

/// A testing token. Nothing asks for one here, there is no protection against bots to get past.
pub(super) async fn testing() -> Json<Value> {
    Json(json!({
        "object": "testing_token",
        "token": ids::letters(40),
        "expires_at": (clock::now() + HOUR) / SECOND,
    }))
}
