//! What to do with a field that may be empty: leave it (no change at all), set it, or clear it.

use serde::{Serialize, Serializer};

/// A change of a field that may be empty. Stripe clears a field that is sent as an empty text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change<T> {
    /// Set it to this.
    To(T),
    /// Make it empty.
    Clear,
}

impl<T> From<T> for Change<T> {
    fn from(value: T) -> Self {
        Self::To(value)
    }
}

impl<T: Serialize> Serialize for Change<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::To(value) => value.serialize(serializer),
            Self::Clear => serializer.serialize_str(""),
        }
    }
}
