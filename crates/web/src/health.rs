//! For the machine that runs this: alive, and ready for people.

use axum::extract::State;
use http::StatusCode;

/// `GET /healthz`: the process answers.
pub(crate) async fn alive() -> &'static str {
    "ok"
}

/// `GET /readyz`: the database answers, and session tokens can be checked.
pub(crate) async fn ready(State(state): State<crate::State>) -> (StatusCode, &'static str) {
    let (database, keys) = tokio::join!(state.database.ping(), state.clerk.has_keys());
    match (database, keys) {
        (Ok(()), true) => (StatusCode::OK, "ready"),
        (Err(error), _) => {
            tracing::warn!(%error, "not ready: the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer")
        }
        (_, false) => (StatusCode::SERVICE_UNAVAILABLE, "Clerk's keys cannot be had"),
    }
}
