//! The end of an organisation's plan: nothing that costs is left, and what was paid and not used is given back as credit.

use std::collections::BTreeMap;

use domain::billing::Account;
use domain::billing::customers;
use domain::lifecycle::FinalInvoice;
use stripe::Idempotency;
use stripe::client::{
    CancelSubscription, CheckoutFilter, CheckoutStatusFilter, CustomerChange, InvoiceFilter, Paging, Preview,
    PreviewSubscription, ProrationBehavior,
};
use stripe::types::{Expandable, Invoice, Subscription};
use tenancy::OrganisationId;

use crate::customer::ORG_ID;
use crate::{Billing, Error, Result};

impl Billing {
    /// What would be invoiced if the plan ended now; none where nothing is paid.
    pub async fn final_invoice(&self, account: &Account) -> Result<Option<FinalInvoice>> {
        let Some(live) = account.live() else { return Ok(None) };
        let ask = Preview {
            customer: account.customer_id.clone(),
            subscription: Some(live.id.clone()),
            subscription_details: Some(PreviewSubscription {
                cancel_now: Some(true),
                proration_behavior: Some(ProrationBehavior::CreateProrations),
                ..PreviewSubscription::default()
            }),
            ..Preview::default()
        };
        Ok(Some(final_invoice(self.stripe.preview_invoice(&ask).await?)))
    }

    /// Ends it, whatever there is: open ways to pay, schedules, subscriptions. Any number of tries come to the same end, and
    /// nothing is invoiced twice. Gives the last invoice, where there is one.
    ///
    /// [`Error::StillLive`] where Stripe lists something that costs after all was ended.
    pub async fn end(&self, at: &OrganisationId) -> Result<Option<FinalInvoice>> {
        let Some(customer) = customers::of(&self.database, at).await? else { return Ok(None) };
        self.close_tills(&customer).await?;
        for live in self.live(&customer).await? {
            self.end_one(&live).await?;
        }
        if let Some(live) = self.live(&customer).await?.first() {
            return Err(Error::StillLive(live.id.clone()));
        }
        let last = self.last_invoice(&customer).await?;
        self.sync_now(&customer).await?;
        Ok(last)
    }

    /// The customer at Stripe is nobody's from now on. Its invoices stay, as the law asks for.
    pub async fn unlink(&self, at: &OrganisationId, customer: &str) -> Result<()> {
        let change = CustomerChange {
            metadata: BTreeMap::from([(ORG_ID.to_owned(), String::new())]),
            ..CustomerChange::default()
        };
        let key = Idempotency::key(format!("v1:{at}:unlink:{customer}"));
        match self.stripe.update_customer(customer, &key, &change).await {
            Err(error) if !error.is_missing() => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Nobody can pay for what is about to end.
    async fn close_tills(&self, customer: &str) -> Result<()> {
        let filter = CheckoutFilter {
            customer: Some(customer.to_owned()),
            status: Some(CheckoutStatusFilter::Open),
            ..CheckoutFilter::default()
        };
        for open in self.stripe.list_checkout_sessions(&filter).await?.data {
            let key = Idempotency::key(format!("v1:{}:expire", open.id));
            match self.stripe.expire_checkout_session(&open.id, &key).await {
                Err(error) if error.is_transient() => return Err(error.into()),
                // Complete or expired in this moment.
                _ => {}
            }
        }
        Ok(())
    }

    async fn live(&self, customer: &str) -> Result<Vec<Subscription>> {
        let all = self.subscriptions_of(customer).await?;
        Ok(all.into_iter().filter(|one| !one.status.is_terminal()).collect())
    }

    async fn end_one(&self, live: &Subscription) -> Result<()> {
        // A schedule would go on without the subscription that it changes.
        if let Some(schedule) = live.schedule.as_ref().map(Expandable::id) {
            let key = Idempotency::key(format!("v1:{}:release:{schedule}", live.id));
            match self.stripe.release_subscription_schedule(schedule, &key).await {
                Err(error) if error.is_transient() => return Err(error.into()),
                // Released or over in this moment.
                _ => {}
            }
        }
        let how = CancelSubscription { invoice_now: true, prorate: true, ..CancelSubscription::default() };
        match self.stripe.cancel_subscription(&live.id, &how).await {
            Err(error) if !error.is_missing() => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// What the last of its subscriptions was invoiced when it ended.
    async fn last_invoice(&self, customer: &str) -> Result<Option<FinalInvoice>> {
        let ended = self.subscriptions_of(customer).await?.into_iter().max_by_key(|one| one.ended_at);
        let Some((ended, at)) = ended.and_then(|one| one.ended_at.map(|at| (one, at))) else { return Ok(None) };
        let paging = Paging { limit: Some(1), ..Paging::default() };
        let filter = InvoiceFilter {
            customer: Some(customer.to_owned()),
            subscription: Some(ended.id),
            paging,
            ..InvoiceFilter::default()
        };
        let newest = self.stripe.list_invoices(&filter).await?.data.into_iter().next();
        Ok(newest.filter(|invoice| invoice.created >= at).map(final_invoice))
    }
}

fn final_invoice(one: Invoice) -> FinalInvoice {
    FinalInvoice {
        number: one.number,
        total: one.total,
        due: one.amount_remaining,
        currency: one.currency.as_str().to_owned(),
        hosted_url: one.hosted_invoice_url.map(|url| url.as_str().to_owned()),
        pdf_url: one.invoice_pdf.map(|url| url.as_str().to_owned()),
    }
}
