//! What a customer pays with.

use serde::Serialize;

use super::{Paging, Stripe};
use crate::error::Error;
use crate::form::pairs;
use crate::types::{List, PaymentMethod};

/// Which of a customer's to list.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PaymentMethodFilter {
    /// `card`, …
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Which part of the list.
    #[serde(flatten)]
    pub paging: Paging,
}

impl Stripe {
    /// A part of what a customer can pay with.
    ///
    /// # Errors
    /// [`Error::is_missing`] when there is no such customer.
    pub async fn list_customer_payment_methods(
        &self,
        customer_id: &str,
        filter: &PaymentMethodFilter,
    ) -> Result<List<PaymentMethod>, Error> {
        self.get(&["customers", customer_id, "payment_methods"], &pairs(filter)?).await
    }
}
