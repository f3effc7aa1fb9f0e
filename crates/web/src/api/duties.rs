//! `/api/v1/orgs/{slug}/duties`

use axum::Json;
use axum::response::Response;
use domain::duties::{self, Duty, DutyName};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::created;
use crate::access::InOrg;
use crate::body::{At, Json as Body};
use crate::error::Result;
use crate::pages::duties::DutyPath;

/// A name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Making {
    name: String,
}

/// A name, and who holds it, by Clerk's ids.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Writing {
    name: String,
    #[serde(default)]
    holders: Vec<String>,
}

/// `GET …/duties`
pub(crate) async fn list(org: InOrg) -> Result<Json<Value>> {
    let (_, (duties, _)): (_, (Vec<Duty>, _)) = org.read(duties::list).await?;
    Ok(Json(json!({ "items": duties })))
}

/// `POST …/duties`
pub(crate) async fn create(org: InOrg, body: Body) -> Result<Response> {
    let mut tx = org.write().await?;
    let name = DutyName::parse(&body.parse::<Making>()?.name)?;
    let id = duties::create(&mut tx, &name).await?;
    tx.commit().await?;
    Ok(created(&id, &org.url("duties")))
}

/// `PATCH …/duties/{duty}`
pub(crate) async fn change(org: InOrg, At(at): At<DutyPath>, body: Body) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    let writing: Writing = body.parse()?;
    duties::change(&mut tx, at.duty, &DutyName::parse(&writing.name)?, &writing.holders).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE …/duties/{duty}`
pub(crate) async fn retire(org: InOrg, At(at): At<DutyPath>) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    duties::retire(&mut tx, at.duty).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
