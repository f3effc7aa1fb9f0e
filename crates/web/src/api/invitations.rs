//! `/api/v1/orgs/{slug}/invitations`

use axum::Json;
use domain::email_address::MOST_ADDRESSES;
use domain::invitations::{self, Invitation};
use domain::{BaseRole, FieldErrors, memberships};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::access::InOrg;
use crate::body::{At, Json as Body};
use crate::error::Result;
use crate::pages::given_roles::custom;
use crate::pages::invitation::InvitationPath;
use crate::pages::inviting::{Line, LineResult, List};

/// The pending ones.
#[derive(Serialize)]
pub(crate) struct Pending {
    items: Vec<Invitation>,
}

/// Whom to invite, into which roles.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Inviting {
    addresses: Vec<String>,
    role: BaseRole,
    #[serde(default)]
    custom_roles: Vec<String>,
}

/// The roles it is to give from now on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    role: BaseRole,
    custom_roles: Vec<String>,
}

/// `GET …/invitations`
pub(crate) async fn list(org: InOrg) -> Result<Json<Pending>> {
    let (_, people) = org.read(memberships::people).await?;
    Ok(Json(Pending { items: people.invitations }))
}

/// `POST …/invitations`: `{"results": [{"address", "outcome", …}]}`, one for each address.
pub(crate) async fn create(org: InOrg, body: Body) -> Result<Json<Value>> {
    let mut tx = org.write().await?;
    let Inviting { addresses, role, custom_roles } = body.parse()?;
    let given = custom(custom_roles.iter().map(String::as_str))?;
    let wrong = |message: String| FieldErrors::one("addresses", message);
    if addresses.is_empty() {
        return Err(wrong("Name at least one address.".to_owned()).into());
    }
    if addresses.len() > MOST_ADDRESSES {
        return Err(wrong(format!("Send {MOST_ADDRESSES} addresses at once at the most.")).into());
    }
    let list = List::of(addresses);
    let outcomes = invitations::invite(&mut tx, &list.addresses(), role, &given).await?;
    tx.commit().await?;
    let results: Vec<Value> = list.with(outcomes).into_iter().map(told).collect();
    Ok(Json(json!({ "results": results })))
}

fn told(line: Line) -> Value {
    match line.result {
        LineResult::Decided(outcome) => {
            let mut told = json!(outcome);
            told["address"] = line.address.into();
            told
        }
        LineResult::Invalid(why) => json!({ "address": line.address, "outcome": "invalid", "reason": why }),
    }
}

/// `PATCH …/invitations/{invitation}`
pub(crate) async fn change(org: InOrg, At(at): At<InvitationPath>, body: Body) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    let Change { role, custom_roles } = body.parse()?;
    let given = custom(custom_roles.iter().map(String::as_str))?;
    invitations::change(&mut tx, at.invitation, role, &given).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE …/invitations/{invitation}`
pub(crate) async fn revoke(org: InOrg, At(at): At<InvitationPath>) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    invitations::revoke(&mut tx, at.invitation).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/invitations/{invitation}/resend`
pub(crate) async fn resend(org: InOrg, At(at): At<InvitationPath>) -> Result<StatusCode> {
    let mut tx = org.write().await?;
    invitations::resend(&mut tx, at.invitation).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
