//! What is sold, as Stripe has it: prices by their lookup keys, plans by their products. Kept for a few minutes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use stripe::Stripe;
use stripe::client::{PortalConfigurationFilter, PriceFilter, ProductFilter};
use stripe::types::{Expandable, PortalConfiguration, Price};

use crate::{Error, Result};

/// So long an answer counts. An event about prices or products ends it sooner.
const KEPT: Duration = Duration::from_secs(300);

/// By which the product of a plan says which.
pub(crate) const PLAN_CODE: &str = "plan_code";
/// By which a portal configuration of ours says which.
pub(crate) const PORTAL: &str = "tenantry_portal";

/// Answers of Stripe's that seldom change.
#[derive(Default)]
pub(crate) struct Catalogue {
    prices: Mutex<HashMap<String, Kept<String>>>,
    sold: Mutex<Option<Kept<Arc<Sold>>>>,
    portals: Mutex<HashMap<String, Kept<String>>>,
}

/// Plans of ours at Stripe, those that are not sold any more among them.
pub(crate) struct Sold {
    /// Codes by product.
    plans: HashMap<String, String>,
    prices: HashMap<String, Price>,
}

impl Sold {
    /// The plan that a product is.
    pub(crate) fn plan(&self, product: &str) -> Option<&String> {
        self.plans.get(product)
    }

    /// A price that came as its id, or whole.
    pub(crate) fn price<'a>(&'a self, price: &'a Expandable<Price>) -> Option<&'a Price> {
        price.object().or_else(|| self.prices.get(price.id()))
    }
}

struct Kept<T> {
    value: T,
    until: Instant,
}

impl<T: Clone> Kept<T> {
    fn new(value: T) -> Self {
        Self { value, until: Instant::now() + KEPT }
    }

    fn value(&self) -> Option<T> {
        (Instant::now() < self.until).then(|| self.value.clone())
    }
}

impl Catalogue {
    /// Forgets what it knows.
    pub(crate) fn forget(&self) {
        locked(&self.prices).clear();
        *locked(&self.sold) = None;
        locked(&self.portals).clear();
    }

    /// The id of the price that is sold under this key.
    pub(crate) async fn price(&self, stripe: &Stripe, lookup_key: &str) -> Result<String> {
        if let Some(id) = locked(&self.prices).get(lookup_key).and_then(Kept::value) {
            return Ok(id);
        }
        let filter =
            PriceFilter { lookup_keys: vec![lookup_key.to_owned()], active: Some(true), ..PriceFilter::default() };
        let price = stripe.list_prices(&filter).await?.data.into_iter().next();
        let id = price.ok_or_else(|| Error::NotSetUp(format!("the price {lookup_key}")))?.id;
        locked(&self.prices).insert(lookup_key.to_owned(), Kept::new(id.clone()));
        Ok(id)
    }

    /// What is and was sold, by product and by price.
    pub(crate) async fn sold(&self, stripe: &Stripe) -> Result<Arc<Sold>> {
        if let Some(sold) = locked(&self.sold).as_ref().and_then(Kept::value) {
            return Ok(sold);
        }
        let products = stripe.products(&ProductFilter::default()).all().await?;
        let coded =
            products.into_iter().filter_map(|mut product| Some((product.id, product.metadata.remove(PLAN_CODE)?)));
        let plans: HashMap<String, String> = coded.collect();
        let prices = stripe.prices(&PriceFilter::default()).all().await?;
        let prices = prices.into_iter().filter(|price| plans.contains_key(price.product.id()));
        let sold = Arc::new(Sold { prices: prices.map(|price| (price.id.clone(), price)).collect(), plans });
        *locked(&self.sold) = Some(Kept::new(Arc::clone(&sold)));
        Ok(sold)
    }

    /// The id of a portal configuration of ours.
    pub(crate) async fn portal(&self, stripe: &Stripe, which: &str) -> Result<String> {
        if let Some(id) = locked(&self.portals).get(which).and_then(Kept::value) {
            return Ok(id);
        }
        let found = portal(stripe, which).await?;
        let id = found.ok_or_else(|| Error::NotSetUp(format!("the portal configuration {which}")))?.id;
        locked(&self.portals).insert(which.to_owned(), Kept::new(id.clone()));
        Ok(id)
    }
}

/// A portal configuration of ours, asked for now.
pub(crate) async fn portal(stripe: &Stripe, which: &str) -> Result<Option<PortalConfiguration>> {
    let filter =
        PortalConfigurationFilter { active: Some(true), with_products: true, ..PortalConfigurationFilter::default() };
    let all = stripe.portal_configurations(&filter).all().await?;
    Ok(all.into_iter().find(|one| one.metadata.get(PORTAL).is_some_and(|name| name == which)))
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
