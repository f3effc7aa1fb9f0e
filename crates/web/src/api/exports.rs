//! `/api/v1/orgs/{slug}/exports`

use axum::Json;
use axum::response::Response;
use domain::exports::{self, Export};
use serde_json::{Value, json};

use super::created;
use crate::access::InOrg;
use crate::body::At;
use crate::error::Result;
use crate::pages::exports::ExportPath;

/// `GET …/exports`: the newest first.
pub(crate) async fn list(org: InOrg) -> Result<Json<Value>> {
    let (_, exports) = org.read(exports::list).await?;
    Ok(Json(json!({ "items": exports })))
}

/// `POST …/exports`: has one made; `GET …/exports/{export}` says how far it is, `…/file` gives it once it is ready.
pub(crate) async fn ask(org: InOrg) -> Result<Response> {
    let mut tx = org.write().await?;
    let id = exports::ask(&mut tx).await?;
    tx.commit().await?;
    Ok(created(&id, &org.url(&format!("exports/{id}"))))
}

/// `GET …/exports/{export}`
pub(crate) async fn show(org: InOrg, At(at): At<ExportPath>) -> Result<Json<Export>> {
    let (_, export) = org.read(|| exports::show(at.export)).await?;
    Ok(Json(export))
}
