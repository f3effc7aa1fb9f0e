//! What is sold.

use serde::Deserialize;

use super::{Expandable, Metadata, Price, or_default};

/// What is sold. Of a deleted one only the id is left.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Product {
    /// `prod_…`, or an id of our own.
    pub id: String,
    /// Whether it may be bought.
    #[serde(default, deserialize_with = "or_default")]
    pub active: bool,
    /// It was deleted.
    #[serde(default, deserialize_with = "or_default")]
    pub deleted: bool,
    /// What customers read.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// What customers read below it.
    #[serde(default)]
    pub description: Option<String>,
    /// The price that is meant when none is named.
    #[serde(default)]
    pub default_price: Option<Expandable<Price>>,
    /// What one of them is called.
    #[serde(default)]
    pub unit_label: Option<String>,
    /// Ours.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
}
