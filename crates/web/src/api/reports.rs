//! `/api/v1/orgs/{slug}/reports`

use axum::Json;
use domain::reports::Report;

use crate::access::InOrg;
use crate::body::Query;
use crate::error::Result;
use crate::pages::reports::Asked;

/// `GET …/reports?period=4-weeks|12-weeks|12-months&procedure=`: of twelve weeks, where none is said and the plan has them.
pub(crate) async fn show(org: InOrg, Query(asked): Query<Asked>) -> Result<Json<Report>> {
    let (_, report) = asked.checked()?.find(&org).await?;
    Ok(Json(report))
}
