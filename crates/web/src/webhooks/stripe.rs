//! `POST /webhooks/stripe`: Stripe's events.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use domain::inbound_events::{self, Recorded, Vendor};
use http::HeaderMap;
use jiff::Timestamp;
use serde_json::{Value, json};
use signatures::stripe as signature;
use stripe::Event;

use super::{LONGEST_ID, is_plain_json, once, plain, refused};
use crate::error::Result;

/// Nothing of the body is logged. Whatever is refused is refused alike.
pub(crate) async fn receive(State(state): State<crate::State>, headers: HeaderMap, body: Bytes) -> Result<Json<Value>> {
    if !is_plain_json(&headers) {
        tracing::warn!("a webhook was refused: not plain JSON");
        return Err(refused());
    }
    let signed = once(&headers, "stripe-signature").unwrap_or_default();
    let now = Timestamp::now().as_second();
    if let Err(error) = signature::verify(&state.config.stripe_webhook_secrets, signed, &body, now) {
        tracing::warn!(%error, "a webhook was refused");
        return Err(refused());
    }
    // Signed but unreadable cannot be recorded once: it has no id. Stripe sends no such thing.
    let event = match Event::from_slice(&body) {
        Ok(event) if event.id.len() <= LONGEST_ID => event,
        _ => return Err(refused()),
    };
    let kind = plain(&event.kind);
    let recorded = inbound_events::record(&state.database, Vendor::Stripe, &event.id, &kind, &body).await?;
    tracing::info!(event = event.id, kind, duplicate = recorded == Recorded::Duplicate, "a webhook was recorded");
    Ok(Json(json!({ "received": true })))
}
