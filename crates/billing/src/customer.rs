//! One customer per organisation: named as the organisation, never tied to a person.

use std::collections::BTreeMap;

use domain::billing::checkouts::CustomerClaim;
use domain::billing::customers;
use stripe::Idempotency;
use stripe::client::NewCustomer;
use tenancy::OrganisationId;

use crate::{Billing, Result};

/// By which a customer at Stripe says whose it is. Compared, and never believed.
pub(crate) const ORG_ID: &str = "org_id";

impl Billing {
    /// The organisation's customer: the one there is, or one that any number of tries make once.
    pub(crate) async fn customer(&self, at: &OrganisationId, claim: &CustomerClaim) -> Result<String> {
        if let Some(id) = customers::of(&self.database, at).await? {
            return Ok(id);
        }
        let new = NewCustomer {
            name: Some(claim.name.clone()),
            metadata: BTreeMap::from([(ORG_ID.to_owned(), at.to_string())]),
            ..NewCustomer::default()
        };
        let key = Idempotency::key(format!("org:{at}:customer:v{}", claim.number));
        let made = self.stripe.create_customer(&key, &new).await?;
        Ok(customers::claim(&self.database, &made.id, at).await?)
    }
}
