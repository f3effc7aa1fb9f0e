//! `/api/v1/orgs/{slug}/roles`

use axum::Json;
use axum::response::Response;
use domain::roles::{self, HeldRole, RoleFields};
use domain::{CustomRole, FieldErrors};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::created;
use crate::access::InOrg;
use crate::body::{At, Json as Body, Query};
use crate::error::{Error, Result};
use crate::pages::role::{RolePath, replacement};

/// Name and permissions.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Writing {
    name: String,
    permissions: Vec<String>,
}

/// What the holders of a deleted role get instead.
#[derive(Deserialize)]
pub(crate) struct Instead {
    #[serde(default)]
    replacement: String,
}

/// `GET …/roles`: built-in ones first. An organisation has few enough for one answer.
pub(crate) async fn list(org: InOrg) -> Result<Json<Value>> {
    let (_, roles) = org.read(roles::list).await?;
    Ok(Json(json!({ "items": roles })))
}

/// `POST …/roles`
pub(crate) async fn create(org: InOrg, body: Body) -> Result<Response> {
    let mut tx = org.write().await?;
    let id = roles::create(&mut tx, &body.parse::<Writing>()?.parse()?).await?;
    tx.commit().await?;
    Ok(created(&id, &org.url(&format!("roles/{id}"))))
}

/// `GET …/roles/{role}`
pub(crate) async fn show(org: InOrg, At(at): At<RolePath>) -> Result<Json<HeldRole>> {
    let (_, roles) = org.read(roles::list).await?;
    let found = roles.into_iter().find(|held| held.role.role == CustomRole::Own(at.role));
    found.map(Json).ok_or(Error::NotFound)
}

/// `PATCH …/roles/{role}`
pub(crate) async fn change(org: InOrg, At(at): At<RolePath>, body: Body) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    roles::change(&mut tx, at.role, &body.parse::<Writing>()?.parse()?).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE …/roles/{role}?replacement=`
pub(crate) async fn delete(org: InOrg, At(at): At<RolePath>, Query(instead): Query<Instead>) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    roles::delete(&mut tx, at.role, replacement(&instead.replacement)?).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Writing {
    fn parse(&self) -> Result<RoleFields, FieldErrors> {
        RoleFields::parse(&self.name, self.permissions.iter().map(String::as_str))
    }
}
