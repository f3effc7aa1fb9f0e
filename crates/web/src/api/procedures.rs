//! `/api/v1/orgs/{slug}/procedures`

use axum::Json;
use axum::response::Response;
use domain::procedures::{self, Procedure, ProcedureName, ProcedureSummary};
use domain::run_name::RunPattern;
use domain::versions::{self, VersionShown};
use domain::{Details, FieldErrors};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Listed, created, listing};
use crate::access::InOrg;
use crate::body::{At, Json as Body, Query};
use crate::error::Result;
use crate::pages::paging::Before;
use crate::pages::procedure::ProcedurePath;
use crate::pages::versions::VersionPath;

/// Name and details.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Writing {
    name: String,
    #[serde(default)]
    details: String,
    /// What its runs are called.
    #[serde(default)]
    run_name: Option<String>,
}

/// What changed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Publication {
    #[serde(default)]
    note: String,
}

/// `GET …/procedures?before=`
pub(crate) async fn list(org: InOrg, Query(before): Query<Before>) -> Result<Json<Listed<ProcedureSummary>>> {
    let wanted = before.page();
    let page = wanted.clone().unwrap_or_default();
    let (_, procedures) = org.read(|| procedures::list(page)).await?;
    wanted?;
    Ok(listing(procedures))
}

/// `POST …/procedures`
pub(crate) async fn create(org: InOrg, body: Body) -> Result<Response> {
    let mut tx = org.write().await?;
    let (name, details) = body.parse::<Writing>()?.parse()?;
    let id = procedures::create(&mut tx, &name, &details).await?;
    tx.commit().await?;
    Ok(created(&id, &org.url(&format!("procedures/{id}"))))
}

/// `GET …/procedures/{procedure}`
pub(crate) async fn show(org: InOrg, At(at): At<ProcedurePath>) -> Result<Json<Procedure>> {
    let (_, procedure) = org.read(|| procedures::show(at.procedure)).await?;
    Ok(Json(procedure))
}

/// `PATCH …/procedures/{procedure}`
pub(crate) async fn edit(org: InOrg, At(at): At<ProcedurePath>, body: Body) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    let writing: Writing = body.parse()?;
    let (name, details) = writing.parse()?;
    procedures::edit(&mut tx, at.procedure, &name, &details).await?;
    if let Some(run_name) = &writing.run_name {
        procedures::name_runs(&mut tx, at.procedure, &RunPattern::parse(run_name)?).await?;
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/procedures/{procedure}/archive`
pub(crate) async fn archive(org: InOrg, At(at): At<ProcedurePath>) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    procedures::archive(&mut tx, at.procedure, true).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/procedures/{procedure}/restore`: back into use.
pub(crate) async fn restore(org: InOrg, At(at): At<ProcedurePath>) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    procedures::archive(&mut tx, at.procedure, false).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET …/procedures/{procedure}/versions/{version}`
pub(crate) async fn version(org: InOrg, At(at): At<VersionPath>) -> Result<Json<VersionShown>> {
    let (_, version) = org.read(|| versions::show(at.procedure, at.version)).await?;
    Ok(Json(version))
}

/// `POST …/procedures/{procedure}/publish`
pub(crate) async fn publish(org: InOrg, At(at): At<ProcedurePath>, body: Body) -> Result<Json<Value>> {
    let mut tx = org.write().await?;
    let publication: Publication = body.parse()?;
    let version = procedures::publish(&mut tx, at.procedure, &publication.note).await?;
    tx.commit().await?;
    Ok(Json(json!({ "version": version })))
}

impl Writing {
    fn parse(&self) -> Result<(ProcedureName, Details), FieldErrors> {
        FieldErrors::both(ProcedureName::parse(&self.name), Details::parse(&self.details))
    }
}
