//! `POST /webhooks/clerk`: Clerk's events, signed the Svix way.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use clerk::Event;
use domain::inbound_events::{self, Recorded, Vendor};
use http::HeaderMap;
use jiff::Timestamp;
use serde_json::{Value, json};
use signatures::svix::{self, Headers};

use super::{LONGEST_ID, is_plain_json, once, plain, refused};
use crate::error::Result;

/// Nothing of the body is logged. Whatever is refused is refused alike.
pub(crate) async fn receive(State(state): State<crate::State>, headers: HeaderMap, body: Bytes) -> Result<Json<Value>> {
    if !is_plain_json(&headers) {
        tracing::warn!("a webhook was refused: not plain JSON");
        return Err(refused());
    }
    let header = |name: &str| once(&headers, name).unwrap_or_default();
    let signed =
        Headers { id: header("svix-id"), timestamp: header("svix-timestamp"), signature: header("svix-signature") };
    let now = Timestamp::now().as_second();
    if let Err(error) = svix::verify(&state.config.webhook_secrets, signed, &body, now) {
        tracing::warn!(%error, "a webhook was refused");
        return Err(refused());
    }
    if signed.id.len() > LONGEST_ID {
        return Err(refused());
    }
    // Signed but unreadable is kept too, for an operator to look at: refusing it would only make Clerk send it again.
    let event = Event::from_slice(&body).ok();
    let kind = event.as_ref().map_or("unreadable", |event| &event.kind);
    let kind = plain(kind);
    let recorded = inbound_events::record(&state.database, Vendor::Clerk, signed.id, &kind, &body).await?;
    tracing::info!(
        event = signed.id,
        kind,
        instance = event.and_then(|event| event.instance_id),
        duplicate = recorded == Recorded::Duplicate,
        "a webhook was recorded"
    );
    Ok(Json(json!({ "received": true })))
}
