//! `POST /webhooks/clerk`: Clerk's events, signed the Svix way.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use clerk::Event;
use domain::inbound_events::{self, Recorded, Vendor};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use jiff::Timestamp;
use serde_json::{Value, json};
use signatures::svix::{self, Headers};

use crate::error::{Error, Result};

/// Longer than any id that the vendor makes.
const LONGEST_ID: usize = 256;

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
    let kind: String = kind.chars().filter(|c| !c.is_control()).take(LONGEST_ID).collect();
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

/// A header that stands there once. One that is doubled may be read by somebody else as its other value.
fn once<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut all = headers.get_all(name).iter();
    all.next().filter(|_| all.next().is_none())?.to_str().ok()
}

/// What was signed are the bytes that came: packed ones are not unpacked, and only JSON is sent.
fn is_plain_json(headers: &HeaderMap) -> bool {
    let kind = once(headers, CONTENT_TYPE.as_str()).and_then(|kind| kind.split(';').next()).unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json") && !headers.contains_key(CONTENT_ENCODING)
}

fn refused() -> Error {
    Error::BadRequest { code: "webhook_refused", message: "The signature is not what is expected.".to_owned() }
}
