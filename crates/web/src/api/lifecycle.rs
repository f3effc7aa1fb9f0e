//! The end of an organisation, and the way back.

use axum::Json;
use axum::extract::State;
use domain::lifecycle::{closing, deleted};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::access::{InOrg, SignedIn, Whence};
use crate::body::{self, At};
use crate::error::Result;
use crate::pages::deleted::DeletedPath;

/// The organisation's name, by which one shows that one means it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deleting {
    name: String,
}

/// `DELETE`: `{"name"}`; answers 202, as the plan is ended first.
pub(crate) async fn delete(org: InOrg, body: body::Json) -> Result<(StatusCode, Json<Value>)> {
    let mut tx = org.write().await?;
    let Deleting { name } = body.parse()?;
    closing::begin(&mut tx, &name).await?;
    let id = tx.access().organisation.id.clone();
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "id": id, "state": "closing" }))))
}

/// Takes the wish to delete it back.
pub(crate) async fn keep(org: InOrg) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    closing::stop(&mut tx).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `{"id", "name", "deleted_at", "erase_at", "days_left", "may_restore"}`
pub(crate) async fn show(
    person: SignedIn,
    State(state): State<crate::State>,
    At(at): At<DeletedPath>,
) -> Result<Json<Value>> {
    let gone = deleted::show(&state.database, &at.id()?, &person.session.user).await?;
    Ok(Json(json!({
        "id": gone.id,
        "name": gone.name,
        "deleted_at": gone.deleted_at,
        "erase_at": gone.erase_at,
        "days_left": gone.days_left(),
        "may_restore": gone.may_restore(),
    })))
}

/// Brings it back; answers with `{"slug"}`, where it is from now on.
pub(crate) async fn restore(
    person: SignedIn,
    State(state): State<crate::State>,
    Whence(origin): Whence,
    At(at): At<DeletedPath>,
) -> Result<Json<Value>> {
    let slug = deleted::restore(&state.database, &at.id()?, &person.session.user, &origin).await?;
    Ok(Json(json!({ "slug": slug })))
}
