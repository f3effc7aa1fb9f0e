//! The account itself.

use super::Stripe;
use crate::error::Error;
use crate::form::Pairs;
use crate::types::Account;

impl Stripe {
    /// The account that the key belongs to.
    ///
    /// # Errors
    /// [`Error::Api`] with status 401 when Stripe does not know the key.
    pub async fn account(&self) -> Result<Account, Error> {
        self.get(&["account"], &Pairs::new()).await
    }
}
