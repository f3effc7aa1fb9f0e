//! `GET /api/v1/me`: who the token is, and where they belong.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::access::SignedIn;
use crate::error::{Error, Result};

/// `{"id", "name", "email", "organisations": [{"slug", "name", "role"}]}`
pub(crate) async fn show(person: SignedIn, State(state): State<crate::State>) -> Result<Json<Value>> {
    let home = person.session.home(&state).await?.ok_or(Error::Unavailable)?;
    Ok(Json(json!({
        "id": home.person.id,
        "name": home.person.name,
        "email": home.person.email,
        "organisations": home.organisations,
    })))
}
