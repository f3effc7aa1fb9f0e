//! `/email_addresses`.

use axum::Json;
use axum::extract::{Path, State};

use crate::app::Shared;
use crate::backend::body::Body;
use crate::clock;
use crate::errors::ApiResult;

/// One address.
pub(super) async fn show(State(app): State<Shared>, Path(id): Path<String>) -> ApiResult {
    app.store.read(|state| Ok(Json(state.email_address(&id)?.1.json())))
}

/// One more address of a person.
pub(super) async fn create(State(app): State<Shared>, body: Body) -> ApiResult {
    let (user, address) = (body.required("user_id")?, body.required("email_address")?);
    let verified = body.flag("verified")?.unwrap_or(false);
    let primary = body.flag("primary")?.unwrap_or(false);
    app.store.write(|state| Ok(Json(state.add_email_address(&user, &address, verified, primary, clock::now())?.json())))
}

/// Vouches for it, or makes it the primary one.
pub(super) async fn change(State(app): State<Shared>, Path(id): Path<String>, body: Body) -> ApiResult {
    let (verified, primary) = (body.flag("verified")?, body.flag("primary")?.unwrap_or(false));
    app.store.write(|state| state.change_email_address(&id, verified, primary, clock::now()).map(Json))
}

/// Takes it away.
pub(super) async fn destroy(State(app): State<Shared>, Path(id): Path<String>) -> ApiResult {
    app.store.write(|state| state.delete_email_address(&id, clock::now()).map(Json))
}
