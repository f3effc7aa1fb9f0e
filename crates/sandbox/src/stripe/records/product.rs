//! Products: what is sold.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::stripe::clock::Seconds;
use crate::stripe::form::Metadata;
use crate::stripe::shelf::Record;

/// A product.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Product {
    pub(crate) id: String,
    pub(crate) active: bool,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) default_price: Option<String>,
    pub(crate) marketing_features: Vec<String>,
    pub(crate) tax_code: Option<String>,
    pub(crate) unit_label: Option<String>,
    pub(crate) statement_descriptor: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) created: Seconds,
    pub(crate) updated: Seconds,
}

impl Record for Product {
    const NAME: &'static str = "product";

    fn id(&self) -> &str {
        &self.id
    }
}

impl Product {
    /// As the API shows it.
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "product",
            "active": self.active,
            "created": self.created,
            "default_price": self.default_price,
            "description": self.description,
            "images": [],
            "livemode": false,
            "marketing_features": self.marketing_features.iter().map(|name| json!({"name": name})).collect::<Vec<_>>(),
            "metadata": self.metadata,
            "name": self.name,
            "package_dimensions": null,
            "shippable": null,
            "statement_descriptor": self.statement_descriptor,
            "tax_code": self.tax_code,
            "tax_details": null,
            "type": "service",
            "unit_label": self.unit_label,
            "updated": self.updated,
            "url": self.url,
        })
    }
}
