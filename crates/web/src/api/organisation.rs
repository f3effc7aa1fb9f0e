//! `GET /api/v1/orgs/{slug}`: the organisation, and what the caller may do there.

use axum::Json;
use domain::{Permission, Read};
use serde_json::{Value, json};

use crate::access::InOrg;
use crate::error::Result;

/// `{"id", "slug", "name", "role", "custom_roles", "permissions"}`
pub(crate) async fn show(org: InOrg) -> Result<Json<Value>> {
    let (access, ()) = org.read(Read::access_only).await?;
    let permissions: Vec<&str> =
        Permission::ALL.into_iter().filter(|permission| access.may(*permission)).map(Permission::as_str).collect();
    let custom_roles: Vec<&str> = access.custom_roles.iter().map(|held| held.name.as_str()).collect();
    Ok(Json(json!({
        "id": access.organisation.id,
        "slug": access.organisation.slug,
        "name": access.organisation.name,
        "role": access.role,
        "custom_roles": custom_roles,
        "permissions": permissions,
    })))
}
