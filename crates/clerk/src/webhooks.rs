//! The envelope of Clerk's webhooks; signatures are checked by the crate `signatures` before this is read.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::millisecond;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One event. The `svix-id` header, not anything in here, is its identity across retries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// `user.created`, `organizationMembership.deleted`, … (`type` on the wire).
    #[serde(rename = "type")]
    pub kind: String,
    /// The object, or what is left of it: see [`crate::types`].
    pub data: Value,
    /// When it happened (milliseconds on the wire).
    #[serde(default, with = "millisecond::optional")]
    pub timestamp: Option<Timestamp>,
    /// `ins_…` it happened in.
    #[serde(default)]
    pub instance_id: Option<String>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_an_envelope() {
        let event = Event::from_slice(
            br#"{"data":{"id":"user_1"},"object":"event","type":"user.deleted","timestamp":1716883200123,
                "instance_id":"ins_1","event_attributes":{"http_request":{"client_ip":"","user_agent":""}}}"#,
        )
        .unwrap();
        assert_eq!(event.kind, "user.deleted");
        assert_eq!(event.data["id"], "user_1");
        assert_eq!(event.timestamp.unwrap().as_millisecond(), 1_716_883_200_123);
        assert_eq!(event.instance_id.as_deref(), Some("ins_1"));
    }

    #[test]
    fn reads_an_envelope_of_the_older_kind() {
        let event = Event::from_slice(br#"{"data":{},"type":"new.kind"}"#).unwrap();
        assert_eq!((event.timestamp, event.instance_id), (None, None));
        assert!(Event::from_slice(b"{}").is_err());
    }
}
