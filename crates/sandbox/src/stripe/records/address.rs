//! Addresses.

use serde::{Deserialize, Serialize};

use crate::stripe::form::Params;

/// An address; every line may be missing.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) city: Option<String>,
    pub(crate) country: Option<String>,
    pub(crate) line1: Option<String>,
    pub(crate) line2: Option<String>,
    pub(crate) postal_code: Option<String>,
    pub(crate) state: Option<String>,
}

impl Address {
    /// The address of a group, if it was sent at all: the inner option is none when it was cleared.
    pub(crate) fn read(params: &Params, name: &str) -> Option<Option<Self>> {
        if !params.has(name) {
            return None;
        }
        let group = params.group(name);
        Some((!group.is_empty()).then(|| Self {
            city: group.text("city"),
            country: group.text("country"),
            line1: group.text("line1"),
            line2: group.text("line2"),
            postal_code: group.text("postal_code"),
            state: group.text("state"),
        }))
    }
}
