//! `/api/v1/invitations/{organisation}/{offer}`: an invitation answered by whoever is invited.

use axum::Json;
use axum::extract::State;
use domain::invitations::acceptance;
use http::StatusCode;
use serde_json::{Value, json};

use crate::access::{SignedIn, Whence};
use crate::body::At;
use crate::error::Result;
use crate::pages::offer::OfferPath;

/// `POST …/accept`: `{"organisation": slug}`
pub(crate) async fn accept(
    person: SignedIn,
    State(state): State<crate::State>,
    Whence(origin): Whence,
    At(at): At<OfferPath>,
) -> Result<Json<Value>> {
    let (organisation, id) = at.ids()?;
    let user = &person.session.user;
    let slug = acceptance::accept(&state.database, &organisation, id, user, &origin).await?;
    state.tell_now(&organisation, user).await;
    Ok(Json(json!({ "organisation": slug })))
}

/// `POST …/decline`
pub(crate) async fn decline(
    person: SignedIn,
    State(state): State<crate::State>,
    Whence(origin): Whence,
    At(at): At<OfferPath>,
) -> Result<StatusCode> {
    let (organisation, id) = at.ids()?;
    acceptance::decline(&state.database, &organisation, id, &person.session.user, &origin).await?;
    Ok(StatusCode::NO_CONTENT)
}
