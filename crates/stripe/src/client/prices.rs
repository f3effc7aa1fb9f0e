//! What it costs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Pages, Paging, Stripe, expanding};
use crate::error::Error;
use crate::form::{Pairs, pairs};
use crate::idempotency::Idempotency;
use crate::money::Currency;
use crate::types::{List, Metadata, Price};
use crate::words::choices;

choices! {
    /// How often.
    NewInterval {
        /// Every so many days.
        Day = "day",
        /// Every so many weeks.
        Week = "week",
        /// Every so many months.
        Month = "month",
        /// Every so many years.
        Year = "year",
    }
}

choices! {
    /// Whether tax is in the amount.
    TaxBehavior {
        /// On top of it.
        Exclusive = "exclusive",
        /// In it.
        Inclusive = "inclusive",
        /// Not said yet.
        Unspecified = "unspecified",
    }
}

choices! {
    /// What may come along with a price.
    PriceExpand {
        /// The product.
        Product = "product",
    }
}

/// A price to be made.
#[derive(Debug, Clone, Serialize)]
pub struct NewPrice {
    /// Of what.
    pub product: String,
    /// In which currency.
    pub currency: Currency,
    /// In the smallest unit.
    pub unit_amount: i64,
    /// How often; none is once.
    pub recurring: Option<NewRecurring>,
    /// The name to buy it by, at most 200 characters.
    pub lookup_key: Option<String>,
    /// Take the name from the price that has it.
    pub transfer_lookup_key: Option<bool>,
    /// Whether tax is in the amount.
    pub tax_behavior: Option<TaxBehavior>,
    /// What only we read.
    pub nickname: Option<String>,
    /// Ours.
    pub metadata: Metadata,
    /// The same price in other currencies.
    pub currency_options: BTreeMap<Currency, CurrencyOption>,
}

impl NewPrice {
    /// What every price has; the rest is nothing.
    #[must_use]
    pub fn new(product: impl Into<String>, currency: Currency, unit_amount: i64) -> Self {
        Self {
            product: product.into(),
            currency,
            unit_amount,
            recurring: None,
            lookup_key: None,
            transfer_lookup_key: None,
            tax_behavior: None,
            nickname: None,
            metadata: Metadata::new(),
            currency_options: BTreeMap::new(),
        }
    }
}

/// How often a price is to be paid.
#[derive(Debug, Clone, Serialize)]
pub struct NewRecurring {
    /// The unit.
    pub interval: NewInterval,
    /// How many of it; Stripe's default is 1.
    pub interval_count: Option<u32>,
}

/// A price in another currency.
#[derive(Debug, Clone, Serialize)]
pub struct CurrencyOption {
    /// In the smallest unit.
    pub unit_amount: i64,
}

/// What to change of a price; `None` leaves it as it is.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PriceChange {
    /// Whether it may be bought. Prices cannot be deleted.
    pub active: Option<bool>,
    /// The name to buy it by.
    pub lookup_key: Option<String>,
    /// Take the name from the price that has it.
    pub transfer_lookup_key: Option<bool>,
    /// What only we read.
    pub nickname: Option<String>,
    /// Ours; merged into what is there.
    pub metadata: Metadata,
}

/// Which prices to list.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PriceFilter {
    /// Those with these names (at most 10).
    pub lookup_keys: Vec<String>,
    /// Whether they may be bought.
    pub active: Option<bool>,
    /// Of this product.
    pub product: Option<String>,
    /// Which part of the list.
    #[serde(flatten)]
    pub paging: Paging,
    /// What comes along.
    #[serde(skip)]
    pub expand: Vec<PriceExpand>,
}

impl PriceFilter {
    fn pairs(&self) -> Result<Pairs, Error> {
        let mut pairs = pairs(self)?;
        expanding(&mut pairs, self.expand.iter().map(|what| format!("data.{}", what.as_str())));
        Ok(pairs)
    }
}

impl Stripe {
    /// Makes a price.
    ///
    /// # Errors
    /// [`Error::Api`] when another price has the name and it is not to be taken from it.
    pub async fn create_price(&self, key: &Idempotency, new: &NewPrice) -> Result<Price, Error> {
        self.post(&["prices"], key, pairs(new)).await
    }

    /// Changes a price.
    ///
    /// # Errors
    /// [`Error::is_missing`] when there is none.
    pub async fn update_price(&self, price_id: &str, key: &Idempotency, change: &PriceChange) -> Result<Price, Error> {
        self.post(&["prices", price_id], key, pairs(change)).await
    }

    /// A part of the prices.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_prices(&self, filter: &PriceFilter) -> Result<List<Price>, Error> {
        self.get(&["prices"], &filter.pairs()?).await
    }

    /// All prices, page after page.
    #[must_use]
    pub fn prices(&self, filter: &PriceFilter) -> Pages<Price> {
        Pages::new(self, &["prices"], filter.pairs())
    }
}
