//! What is sold.

use serde::Serialize;

use super::{Pages, Paging, Stripe};
use crate::change::Change;
use crate::error::Error;
use crate::form::pairs;
use crate::idempotency::Idempotency;
use crate::types::{List, Metadata, Product};

/// A product to be made.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewProduct {
    /// An id of our own, so that it is made once.
    pub id: Option<String>,
    /// What customers read.
    pub name: String,
    /// What customers read below it.
    pub description: Option<String>,
    /// Ours.
    pub metadata: Metadata,
    /// What one of them is called.
    pub unit_label: Option<String>,
    /// What it has.
    pub marketing_features: Vec<MarketingFeature>,
    /// How it is taxed.
    pub tax_code: Option<String>,
}

/// Something a product has.
#[derive(Debug, Clone, Serialize)]
pub struct MarketingFeature {
    /// What customers read.
    pub name: String,
}

/// What to change of a product; `None` leaves it as it is.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ProductChange {
    /// Whether it may be bought.
    pub active: Option<bool>,
    /// What customers read.
    pub name: Option<String>,
    /// What customers read below it.
    pub description: Option<Change<String>>,
    /// Ours; merged into what is there.
    pub metadata: Metadata,
    /// What one of them is called.
    pub unit_label: Option<Change<String>>,
    /// What it has.
    pub marketing_features: Option<Change<Vec<MarketingFeature>>>,
    /// How it is taxed.
    pub tax_code: Option<Change<String>>,
}

/// Which products to list.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ProductFilter {
    /// Whether they may be bought.
    pub active: Option<bool>,
    /// Exactly these.
    pub ids: Vec<String>,
    /// Which part of the list.
    #[serde(flatten)]
    pub paging: Paging,
}

impl Stripe {
    /// Makes a product.
    ///
    /// # Errors
    /// [`Error::is_taken`] when there is one with this id.
    pub async fn create_product(&self, key: &Idempotency, new: &NewProduct) -> Result<Product, Error> {
        self.post(&["products"], key, pairs(new)).await
    }

    /// Changes a product.
    ///
    /// # Errors
    /// [`Error::is_missing`] when there is none.
    pub async fn update_product(
        &self,
        product_id: &str,
        key: &Idempotency,
        change: &ProductChange,
    ) -> Result<Product, Error> {
        self.post(&["products", product_id], key, pairs(change)).await
    }

    /// A part of the products.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_products(&self, filter: &ProductFilter) -> Result<List<Product>, Error> {
        self.get(&["products"], &pairs(filter)?).await
    }

    /// All products, page after page.
    #[must_use]
    pub fn products(&self, filter: &ProductFilter) -> Pages<Product> {
        Pages::new(self, &["products"], pairs(filter))
    }
}
