//! What an event of Stripe's asks for: to look at its customer, or to forget prices. What it says of them is not believed.

use jiff::Timestamp;
use stripe::Event;

use crate::{Billing, Quarantine, Result, Synced};

/// What was done for an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// Its customer was looked at.
    Synced(Synced),
    /// Prices and products are asked for anew.
    CatalogueForgotten,
    /// It is about nothing of ours.
    Nothing,
}

impl Billing {
    /// Does what an event asks for, that was received at this moment by the database's clock.
    ///
    /// [`crate::Error::Quarantined`] for what cannot be about us: it is shown to operators.
    pub async fn apply(&self, event: &Event, received_at: Timestamp) -> Result<Applied> {
        if event.livemode != self.stripe.mode().is_live() {
            return Err(Quarantine::OtherMode { live: event.livemode }.into());
        }
        // Only events of connected accounts name one, and we have none.
        if let Some(account) = &event.account {
            return Err(Quarantine::OtherAccount(account.clone()).into());
        }
        if event.kind.starts_with("price.") || event.kind.starts_with("product.") {
            self.catalogue.forget();
            return Ok(Applied::CatalogueForgotten);
        }
        match &event.customer {
            Some(customer) => Ok(Applied::Synced(self.sync(customer, received_at).await?)),
            None => Ok(Applied::Nothing),
        }
    }
}
