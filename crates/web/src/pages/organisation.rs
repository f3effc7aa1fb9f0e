//! `/orgs/{slug}`: leads to what a member sees first.

use axum::response::Response;
use domain::Read;

use crate::access::InOrg;
use crate::error::Result;

/// `GET /orgs/{slug}`
pub(crate) async fn show(org: InOrg) -> Result<Response> {
    org.read(Read::access_only).await?;
    Ok(org.see("my-work", None))
}
