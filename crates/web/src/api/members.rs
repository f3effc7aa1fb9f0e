//! `/api/v1/orgs/{slug}/members`

use axum::Json;
use domain::memberships::{self, Member};
use domain::seats::Seats;
use domain::{BaseRole, FieldErrors, roles};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::access::InOrg;
use crate::body::{At, Json as Body, Query};
use crate::error::Result;
use crate::pages::given_roles::custom;
use crate::pages::leaving::not_sure;
use crate::pages::member::{MemberPath, take_out};

/// All members, and the places they take.
#[derive(Serialize)]
pub(crate) struct Members {
    items: Vec<Member>,
    seats: Seats,
}

/// What is to be changed; what is left out stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    role: Option<BaseRole>,
    custom_roles: Option<Vec<String>>,
}

/// That it is meant.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sure {
    #[serde(default)]
    sure: bool,
}

/// `GET …/members`
pub(crate) async fn list(org: InOrg) -> Result<Json<Members>> {
    let (_, people) = org.read(memberships::people).await?;
    Ok(Json(Members { items: people.members, seats: people.seats }))
}

/// `PATCH …/members/{member}`
pub(crate) async fn change(org: InOrg, At(at): At<MemberPath>, body: Body) -> Result<StatusCode> {
    let user = at.user()?;
    let mut tx = org.write().await?;
    let change: Change = body.parse()?;
    if change.role.is_none() && change.custom_roles.is_none() {
        return Err(FieldErrors::one("role", "Say the role, or the custom roles.").into());
    }
    if let Some(texts) = &change.custom_roles {
        let given = custom(texts.iter().map(String::as_str))?;
        roles::assign(&mut tx, &user, &given).await?;
    }
    if let Some(role) = change.role {
        memberships::change_role(&mut tx, &user, role).await?;
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who is given what they hold.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Removing {
    heir: String,
}

/// `DELETE …/members/{member}?heir=`
pub(crate) async fn remove(org: InOrg, At(at): At<MemberPath>, Query(asked): Query<Removing>) -> Result<StatusCode> {
    let user = at.user()?;
    let mut tx = org.write().await?;
    take_out(&mut tx, &user, &asked.heir).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/leave`
pub(crate) async fn leave(org: InOrg, body: Body) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    if !body.parse::<Sure>()?.sure {
        return Err(not_sure().into());
    }
    memberships::leave(&mut tx).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
