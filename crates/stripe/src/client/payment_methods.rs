//! What a customer pays with.

use serde::Serialize;

use super::{Paging, Stripe};
use crate::error::Error;
use crate::form::pairs;
use crate::idempotency::Idempotency;
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

/// Whose it becomes.
#[derive(Serialize)]
struct Attach<'a> {
    customer: &'a str,
}

impl Stripe {
    /// Gives a customer a payment method, by its id or by the name of a test card (`pm_card_visa`); gives it back with the id
    /// it has from then on.
    ///
    /// # Errors
    /// [`Error::is_card_error`] when the card is refused.
    pub async fn attach_payment_method(
        &self,
        payment_method_id: &str,
        key: &Idempotency,
        customer_id: &str,
    ) -> Result<PaymentMethod, Error> {
        let whose = pairs(&Attach { customer: customer_id });
        self.post(&["payment_methods", payment_method_id, "attach"], key, whose).await
    }

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
