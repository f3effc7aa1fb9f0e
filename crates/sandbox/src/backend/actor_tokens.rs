//! `/actor_tokens`

use axum::Json;
use axum::extract::{Path, State};

use crate::app::Shared;
use crate::backend::body::Body;
use crate::clock;
use crate::errors::{ApiError, ApiResult};
use crate::records::NewActorToken;

/// A link by which somebody acts in a person's name.
pub(super) async fn create(State(app): State<Shared>, body: Body) -> ApiResult {
    let new = NewActorToken {
        user_id: body.required("user_id")?,
        actor: body.metadata("actor")?.ok_or_else(|| ApiError::missing("actor"))?,
        expires_in_seconds: body.number("expires_in_seconds")?,
        session_max_duration_in_seconds: body.number("session_max_duration_in_seconds")?,
    };
    app.store.write(|state| {
        let token = state.create_actor_token(new, clock::now())?;
        Ok(Json(state.actor_token_json(&token)))
    })
}

/// Takes it back.
pub(super) async fn revoke(State(app): State<Shared>, Path(id): Path<String>) -> ApiResult {
    app.store.write(|state| {
        let token = state.revoke_actor_token(&id, clock::now())?;
        Ok(Json(state.actor_token_json(&token)))
    })
}
