//! An event of our own, signed as Clerk signs, to see that the server takes what this secret signs.

use domain::inbound_events::SELF_TEST;
use jiff::Timestamp;
use serde_json::json;
use signatures::svix::{Secret, sign};
use uuid::Uuid;

/// To be posted to `/webhooks/clerk`. It is recorded, and nothing is done for it.
#[derive(Debug, Clone)]
pub struct SelfTest {
    /// By which it is recorded.
    pub id: String,
    /// Name and value of each header.
    pub headers: [(&'static str, String); 4],
    /// What is signed.
    pub body: String,
}

impl SelfTest {
    /// A new one, of this moment.
    #[must_use]
    pub fn signed_with(secret: &Secret) -> Self {
        let (id, at) = (format!("self_{}", Uuid::now_v7()), Timestamp::now().as_second());
        let body = json!({ "type": SELF_TEST, "object": "event", "data": {} }).to_string();
        let signature = sign(secret, &id, at, body.as_bytes());
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("svix-id", id.clone()),
            ("svix-timestamp", at.to_string()),
            ("svix-signature", signature),
        ];
        Self { id, headers, body }
    }
}
