//! One customer per organisation: named as the organisation, never tied to a person.

use std::collections::BTreeMap;

use domain::billing::checkouts::CustomerClaim;
use domain::billing::customers;
use jiff::SignedDuration;
use stripe::Idempotency;
use stripe::client::{Created, CustomerFilter, NewCustomer};
use stripe::types::Customer;
use tenancy::OrganisationId;

use crate::{Billing, Result};

/// So far Stripe's clock may be behind ours.
const SKEW: SignedDuration = SignedDuration::from_mins(10);

/// By which a customer at Stripe says whose it is. Compared, and never believed.
pub(crate) const ORG_ID: &str = "org_id";

impl Billing {
    /// The organisation's customer: the one there is, or one that any number of tries make once.
    pub(crate) async fn customer(&self, at: &OrganisationId, claim: &CustomerClaim) -> Result<String> {
        if let Some(id) = customers::of(&self.database, at).await? {
            return Ok(id);
        }
        if claim.key_forgotten
            && let Some(lost) = self.lost_customer(at, claim).await?
        {
            tracing::warn!(organisation = %at, customer = lost, "a customer that was not written down is found");
            return Ok(customers::claim(&self.database, &lost, at).await?);
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

    /// A customer that was made at Stripe by a try that did not live to write it down: the oldest since it was first asked
    /// for. Search is late by a minute, and at times by an hour, so the list is asked where it finds none.
    async fn lost_customer(&self, at: &OrganisationId, claim: &CustomerClaim) -> Result<Option<String>> {
        let since = claim.since - SKEW;
        let ours = |one: &Customer| {
            one.metadata.get(ORG_ID).is_some_and(|org| *org == at.to_string())
                && one.livemode == self.stripe.mode().is_live()
                && one.created.is_some_and(|created| since <= created)
        };
        let mut found = self.stripe.search_customers(ORG_ID, at.as_str(), None).await?.data;
        found.retain(ours);
        if found.is_empty() {
            let created = Some(Created { gte: Some(since), ..Created::default() });
            let mut pages = self.stripe.customers(&CustomerFilter { created, ..CustomerFilter::default() });
            while let Some(page) = pages.next().await? {
                found.extend(page.into_iter().filter(ours));
            }
        }
        found.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
        for one in found {
            // One that is known is somebody's, or gone.
            if customers::owner(&self.database, &one.id).await?.is_none() {
                return Ok(Some(one.id));
            }
        }
        Ok(None)
    }
}
