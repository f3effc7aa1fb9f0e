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

use crate::error::{Error, Result};

/// Longer than any id that the vendor makes.
const LONGEST_ID: usize = 256;

/// Nothing of the body is logged. Whatever is refused is refused alike.
pub(crate) async fn receive(State(state): State<crate::State>, headers: HeaderMap, body: Bytes) -> Result<Json<Value>> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let signed =
        Headers { id: header("svix-id"), timestamp: header("svix-timestamp"), signature: header("svix-signature") };
    let now = Timestamp::now().as_second();
    if let Err(error) = svix::verify(&state.config.webhook_secrets, signed, &body, now) {
        tracing::warn!(%error, "a webhook was refused");
        return Err(refused());
    }
    let event = Event::from_slice(&body).map_err(|_| refused())?;
    let whole: Value = serde_json::from_slice(&body).map_err(|_| refused())?;
    if signed.id.len() > LONGEST_ID || event.kind.len() > LONGEST_ID {
        return Err(refused());
    }
    let recorded = inbound_events::record(&state.database, Vendor::Clerk, signed.id, &event.kind, &whole).await?;
    tracing::info!(
        event = signed.id,
        kind = event.kind,
        instance = event.instance_id,
        duplicate = recorded == Recorded::Duplicate,
        "a webhook was recorded"
    );
    Ok(Json(json!({ "received": true })))
}

fn refused() -> Error {
    Error::BadRequest {
        code: "webhook_refused",
        message: "The signature or the body is not what is expected.".to_owned(),
    }
}
