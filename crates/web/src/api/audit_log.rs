//! `/api/v1/orgs/{slug}/audit-log`

use axum::Json;
use serde_json::{Value, json};

use crate::access::InOrg;
use crate::body::Query;
use crate::error::Result;
use crate::pages::audit_log::Asked;

/// `GET …/audit-log?actor=&action=&outcome=&from=&until=&before=`: entries, newest first; `older`, where there is more,
/// goes into `?before=`. `verification` says how far the chain is known to hold.
pub(crate) async fn list(org: InOrg, Query(asked): Query<Asked>) -> Result<Json<Value>> {
    let (_, found) = asked.find(&org).await?;
    let older = found.older.map(|before| before.to_string());
    Ok(Json(json!({ "items": found.entries, "older": older, "verification": found.verification })))
}
