//! The envelope of Stripe's webhooks: what happened, and whose it is. What an event says of the object itself is not
//! read; whoever wants to know asks for it as it is now.

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use signatures::stripe::{self, Secret};

/// One event. Its id is the same each time it is delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// `evt_…`
    pub id: String,
    /// `customer.subscription.updated`, … (`type` on the wire).
    pub kind: String,
    /// When it happened; many events share a second.
    pub created: Timestamp,
    /// Whether money is real.
    pub livemode: bool,
    /// The version that it is written in.
    pub api_version: Option<String>,
    /// `acct_…`, when it happened in an account connected to ours.
    pub account: Option<String>,
    /// `cus_…`, whose it is, when it says so.
    pub customer: Option<String>,
    /// `sub_…`, which it is about, when it says so.
    pub subscription: Option<String>,
    /// The object's id.
    pub object_id: Option<String>,
}

/// Why a delivery was refused.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It is not from Stripe, or not of now.
    #[error("the signature is refused: {0}")]
    Signature(#[from] stripe::Error),
    /// It is from Stripe, and no event.
    #[error("the body is no event: {0}")]
    NotAnEvent(#[from] serde_json::Error),
}

/// Checks a delivery and reads its envelope. `header` is the text of `Stripe-Signature`, `body` the bytes as received.
///
/// # Errors
/// See [`Refused`]. Nothing of the body is read before its signature is found good.
pub fn read(secrets: &[Secret], header: &str, body: &[u8], now: Timestamp) -> Result<Event, Refused> {
    stripe::verify(secrets, header, body, now.as_second())?;
    Ok(Event::from_slice(body)?)
}

impl Event {
    /// Reads an event from a verified body.
    ///
    /// # Errors
    /// When the body is not an event.
    pub fn from_slice(body: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(body)
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let event = Value::deserialize(deserializer)?;
        let required = |name: &'static str| text(&event[name]).ok_or_else(|| D::Error::missing_field(name));
        let object = &event["data"]["object"];
        // The thin kind names the object and says nothing of it.
        let related = &event["related_object"];
        Ok(Self {
            id: required("id")?,
            kind: required("type")?,
            created: time(&event["created"]).ok_or_else(|| D::Error::missing_field("created"))?,
            livemode: event["livemode"].as_bool().unwrap_or_default(),
            api_version: text(&event["api_version"]),
            account: text(&event["account"]),
            customer: customer(object, &event["data"]["previous_attributes"]).or_else(|| named(related, "cus_")),
            subscription: subscription(object).or_else(|| named(related, "sub_")),
            object_id: text(&object["id"]).or_else(|| text(&related["id"])),
        })
    }
}

/// Whose the object is. A card that was taken from a customer says so only in what it was before.
fn customer(object: &Value, before: &Value) -> Option<String> {
    if object["object"] == "customer" {
        return text(&object["id"]);
    }
    [&object["customer"], &object["owner"]["customer"], &before["customer"]].into_iter().find_map(reference)
}

/// Which subscription the object is, or is part of.
fn subscription(object: &Value) -> Option<String> {
    if object["object"] == "subscription" {
        return text(&object["id"]);
    }
    [&object["subscription"], &object["parent"]["subscription_details"]["subscription"]].into_iter().find_map(reference)
}

/// An id, or the id of the object in its place.
fn reference(value: &Value) -> Option<String> {
    text(value).or_else(|| text(&value["id"]))
}

/// The id of a related object, if it begins so. A schedule's id begins like a subscription's.
fn named(related: &Value, prefix: &str) -> Option<String> {
    text(&related["id"]).filter(|id| id.starts_with(prefix) && !id.starts_with("sub_sched_"))
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Seconds; the thin kind writes a date.
fn time(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Number(seconds) => Timestamp::from_second(seconds.as_i64()?).ok(),
        Value::String(date) => date.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
