//! The reconciler: every customer we know beside Stripe, and every subscription at Stripe beside us. Events may never
//! arrive.

use std::collections::HashSet;

use domain::billing::customers;
use domain::drift::{self, Difference, DriftReport};
use domain::inbound_events::Vendor;
use jiff::Timestamp;
use stripe::client::SubscriptionFilter;

use crate::{Billing, Error, Result, Synced};

impl Billing {
    /// Looks at every customer, and for subscriptions of nobody's; writes a report of what differed.
    pub async fn reconcile(&self) -> Result<DriftReport> {
        self.in_background().compare().await
    }

    async fn compare(&self) -> Result<DriftReport> {
        let started_at = customers::now(&self.database).await?;
        let (mut found, mut ours) = (Vec::new(), HashSet::new());
        let mut after = String::new();
        loop {
            let page = customers::page(&self.database, &after).await?;
            let Some((last, _)) = page.last() else { break };
            after = last.clone();
            for (customer, organisation) in page {
                found.extend(self.look_at(&customer, &organisation.to_string()).await?);
                ours.insert(customer);
            }
        }
        found.extend(self.nobodys(&ours).await?);
        let compared = i32::try_from(ours.len()).unwrap_or(i32::MAX);
        let report = DriftReport { started_at, finished_at: Timestamp::now(), compared, found };
        drift::record(&self.database, Vendor::Stripe, &report).await?;
        Ok(report)
    }

    /// Looks at customers about whom something is due by now, and at those nobody has looked at for a day.
    pub async fn look_at_due(&self) -> Result<usize> {
        let due = customers::due(&self.database).await?;
        for customer in &due {
            match self.sync_now(customer).await {
                Ok(_) | Err(Error::Busy) => {}
                Err(Error::Quarantined(why)) => tracing::warn!(customer, %why, "a customer is quarantined"),
                Err(error) => return Err(error),
            }
        }
        Ok(due.len())
    }

    async fn look_at(&self, customer: &str, organisation: &str) -> Result<Vec<Difference>> {
        let difference = |what: String, repaired| Difference { id: organisation.to_owned(), what, repaired };
        match self.sync_now(customer).await {
            Ok(Synced::Changed(changed)) => Ok(changed.into_iter().map(|what| difference(what, true)).collect()),
            Ok(Synced::NotNeeded) => Ok(Vec::new()),
            Err(Error::Quarantined(why)) => Ok(vec![difference(why.to_string(), false)]),
            // Whoever is at it brings it in step.
            Err(Error::Busy) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Live subscriptions whose customer is no organisation's.
    async fn nobodys(&self, ours: &HashSet<String>) -> Result<Vec<Difference>> {
        let mut found = Vec::new();
        let mut pages = self.stripe.subscriptions(&SubscriptionFilter::default());
        while let Some(page) = pages.next().await? {
            for one in page {
                // A customer that was made since the list of ours was read is in the table by now.
                let known = ours.contains(&one.customer)
                    || customers::owner(&self.database, &one.customer).await?.is_some_and(|owner| !owner.deleted);
                if !known && !one.status.is_terminal() {
                    let what = format!("the subscription {} is of no organisation", one.id);
                    found.push(Difference { id: one.customer, what, repaired: false });
                }
            }
        }
        Ok(found)
    }
}
