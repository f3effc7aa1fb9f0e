//! `GET /api/v1/me`: who the token is, and where they belong.

use axum::Json;
use serde_json::{Value, json};

use crate::access::SignedIn;

/// `{"id", "name", "email", "organisations": [{"slug", "name", "role"}], "invitations": […]}`
pub(crate) async fn show(SignedIn { home, .. }: SignedIn) -> Json<Value> {
    Json(json!({
        "id": home.person.id,
        "name": home.person.name,
        "email": home.person.email,
        "organisations": home.organisations,
        "invitations": home.invitations,
    }))
}
