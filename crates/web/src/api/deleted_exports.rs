//! `/api/v1/deleted/{organisation}/exports`: as in an organisation, for those who were its admins.

use axum::Json;
use axum::response::Response;
use domain::exports::{self, Export};
use serde_json::{Value, json};

use super::created;
use crate::access::Left;
use crate::body::At;
use crate::error::Result;
use crate::pages::exports::ExportPath;

/// `GET …/exports`: the newest first.
pub(crate) async fn list(left: Left) -> Result<Json<Value>> {
    let (_, exports) = left.read(exports::list()).await?;
    Ok(Json(json!({ "items": exports })))
}

/// `POST …/exports`
pub(crate) async fn ask(left: Left) -> Result<Response> {
    let mut tx = left.write().await?;
    let id = exports::ask(&mut tx).await?;
    tx.commit().await?;
    Ok(created(&id, &left.url(&format!("exports/{id}"))))
}

/// `GET …/exports/{export}`
pub(crate) async fn show(left: Left, At(at): At<ExportPath>) -> Result<Json<Export>> {
    let (_, export) = left.read(exports::show(at.export)).await?;
    Ok(Json(export))
}
