//! `/api/v1/orgs/{slug}`: the organisation, what the caller may do there, and what of it is changed.

use axum::Json;
use axum::extract::State;
use domain::{Permission, Read};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::access::InOrg;
use crate::body;
use crate::error::{Error, Result};
use crate::organisation_change::{OrganisationChange, Outcome};

/// What is to be different; what is not named stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changing {
    name: Option<String>,
    slug: Option<String>,
    time_zone: Option<String>,
}

/// `GET`: `{"id", "slug", "name", "time_zone", "role", "custom_roles", "permissions"}`
pub(crate) async fn show(org: InOrg) -> Result<Json<Value>> {
    let (access, ()) = org.read(Read::access_only).await?;
    let permissions: Vec<&str> =
        Permission::ALL.into_iter().filter(|permission| access.may(*permission)).map(Permission::as_str).collect();
    let custom_roles: Vec<&str> = access.custom_roles.iter().map(|held| held.name.as_str()).collect();
    Ok(Json(json!({
        "id": access.organisation.id,
        "slug": access.organisation.slug,
        "name": access.organisation.name,
        "time_zone": access.organisation.time_zone,
        "role": access.role,
        "custom_roles": custom_roles,
        "permissions": permissions,
    })))
}

/// `PATCH`: `{"name", "slug", "time_zone"}`, each if it is to change; answers with `{"slug"}`, where it is from now on.
pub(crate) async fn change(org: InOrg, State(state): State<crate::State>, body: body::Json) -> Result<Json<Value>> {
    let (access, ()) = org.read(Read::access_only).await?;
    let Changing { name, slug, time_zone } = body.parse()?;
    let now = &access.organisation;
    let text = [name.as_ref().unwrap_or(&now.name), slug.as_ref().unwrap_or(&now.slug)];
    let change = OrganisationChange::parse(&access, [text[0], text[1], time_zone.as_ref().unwrap_or(&now.time_zone)])?;
    match change.apply(&state, &org, &access).await? {
        Outcome::Saved(slug) => Ok(Json(json!({ "slug": slug }))),
        // At its old address until the event comes, which leads on from then.
        Outcome::OnItsWay => Ok(Json(json!({ "slug": now.slug }))),
        Outcome::Wrong(errors) => Err(errors.into()),
        Outcome::Dark => Err(Error::Unavailable),
        Outcome::Refused => Err(Error::Conflict {
            code: "refused_by_clerk",
            message: "Clerk, which keeps names and addresses, refused the change.".to_owned(),
        }),
    }
}
