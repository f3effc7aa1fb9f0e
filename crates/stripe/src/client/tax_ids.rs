//! A customer's numbers at tax offices.

use super::{Paging, Stripe};
use crate::error::Error;
use crate::form::pairs;
use crate::types::{List, TaxId};

impl Stripe {
    /// A part of a customer's numbers.
    ///
    /// # Errors
    /// [`Error::is_missing`] when there is no such customer.
    pub async fn list_customer_tax_ids(&self, customer_id: &str, paging: &Paging) -> Result<List<TaxId>, Error> {
        self.get(&["customers", customer_id, "tax_ids"], &pairs(paging)?).await
    }
}
