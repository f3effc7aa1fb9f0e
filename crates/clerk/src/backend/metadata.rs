//! Metadata: Clerk merges what is sent into what is there, and `null` takes a key away.

use serde::Serialize;
use serde_json::Value;

/// What to merge. Deep: objects within objects are merged too.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Metadata {
    /// The browser may read this.
    #[serde(rename = "public_metadata", skip_serializing_if = "Option::is_none")]
    pub public: Option<Value>,
    /// Only the Backend API may read this.
    #[serde(rename = "private_metadata", skip_serializing_if = "Option::is_none")]
    pub private: Option<Value>,
}
