//! What comes as an id, or as the object itself where that was asked for.

use serde::Deserialize;

use super::Row;

/// An id, or the object.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Expandable<T> {
    /// Not asked for.
    Id(String),
    /// Asked for.
    Object(Box<T>),
}

#[expect(private_bounds, reason = "Stripe's objects are defined here and nowhere else")]
impl<T: Row> Expandable<T> {
    /// The id, either way.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Id(id) => id,
            Self::Object(object) => object.id(),
        }
    }

    /// The object, if it came along.
    #[must_use]
    pub fn object(&self) -> Option<&T> {
        match self {
            Self::Id(_) => None,
            Self::Object(object) => Some(object),
        }
    }
}
