//! The first purchase: a visit to Stripe's till, one at a time for an organisation.

use std::collections::BTreeMap;

use domain::Org;
use domain::billing::checkouts::{self, Begun, Checkout};
use domain::plans::Plan;
use jiff::Timestamp;
use stripe::Idempotency;
use stripe::client::{
    BillingAddressCollection, CustomerUpdate, LineItem, MissingPaymentMethod, NewCheckoutSession, NewSubscriptionData,
    PaymentMethodCollection, Take,
};
use stripe::types::{CheckoutSession, CheckoutStatus};
use tenancy::OrganisationId;

use crate::customer::ORG_ID;
use crate::{Billing, Error, Result};

impl Billing {
    /// Where the person pays for this price: Stripe's page, for this organisation's customer.
    ///
    /// However many ask at the same time, for however many prices, one way is open in the end. `Conflict` where there is a
    /// subscription already, or another price was chosen in this moment.
    pub async fn checkout(&self, org: &Org, lookup_key: &str) -> Result<String> {
        let mut tx = org.write().await?;
        let Begun { checkout, superseded, customer } = checkouts::begin(&mut tx, lookup_key).await?;
        tx.commit().await?;
        let at = org.organisation();
        let customer = self.customer(at, &customer).await?;
        if self.sells_to(at, &customer).await? {
            checkouts::ended(&self.database, at, checkout.id, false).await?;
            return Err(checkouts::already_subscribed().into());
        }
        if let Some(old) = &superseded {
            self.close(org, &customer, old).await?;
        }
        let session = self.open(org, &customer, &checkout).await?;
        if session.status == Some(CheckoutStatus::Complete) {
            // Paid in another tab, and Stripe's event is on its way.
            self.sync_now(&customer).await?;
            return Err(checkouts::already_subscribed().into());
        }
        let still_ours = checkouts::opened(&self.database, at, checkout.id, &session.id).await?;
        match session.url {
            Some(url) if still_ours => Ok(url.as_str().to_owned()),
            _ => Err(domain::Error::Conflict {
                code: "another_price_chosen",
                message: "Another price was chosen for this organisation in this very moment. Look again.".to_owned(),
            }
            .into()),
        }
    }

    /// Whether the customer has a subscription at Stripe that we may not know of yet.
    async fn sells_to(&self, at: &OrganisationId, customer: &str) -> Result<bool> {
        let live = self.live_subscriptions(customer).await?;
        if !live {
            return Ok(false);
        }
        tracing::info!(organisation = %at, customer, "a subscription was found that was not known");
        self.sync_now(customer).await?;
        Ok(true)
    }

    /// Opens it, or gets the session that an earlier try has opened: the key is the same.
    async fn open(&self, org: &Org, customer: &str, checkout: &Checkout) -> Result<CheckoutSession> {
        if let Some(id) = &checkout.session_id {
            return Ok(self.stripe.get_checkout_session(id, &[]).await?);
        }
        let at = org.organisation();
        let ours =
            BTreeMap::from([(ORG_ID.to_owned(), at.to_string()), ("checkout_id".to_owned(), checkout.id.to_string())]);
        let trial = checkout.with_trial.then(|| Plan::catalogue().trial_days);
        let new = NewCheckoutSession {
            customer: customer.to_owned(),
            client_reference_id: Some(at.to_string()),
            line_items: vec![LineItem {
                price: self.catalogue.price(&self.stripe, &checkout.lookup_key).await?,
                quantity: 1,
            }],
            success_url: format!("{}?checkout={{CHECKOUT_SESSION_ID}}", self.way_back(org)),
            cancel_url: Some(self.page(org)),
            subscription_data: Some(NewSubscriptionData {
                metadata: ours.clone(),
                trial_period_days: trial,
                trial_settings: trial.map(|_| MissingPaymentMethod::Cancel.into()),
                ..NewSubscriptionData::default()
            }),
            payment_method_collection: trial.map(|_| PaymentMethodCollection::IfRequired),
            billing_address_collection: Some(BillingAddressCollection::Auto),
            customer_update: Some(CustomerUpdate { address: Some(Take::Auto), ..CustomerUpdate::default() }),
            expires_at: Some(to_the_second(checkout.expires_at)),
            metadata: ours,
            ..NewCheckoutSession::default()
        };
        let key = Idempotency::key(format!("v1:{at}:checkout:{}", checkout.id));
        Ok(self.stripe.create_checkout_session(&key, &new).await?)
    }

    /// Nobody can pay there any more. What was paid meanwhile stays, and is found.
    async fn close(&self, org: &Org, customer: &str, checkout: &Checkout) -> Result<()> {
        // A try that did not live to write the session down may have opened it: asked again, it says which.
        let session = match self.open(org, customer, checkout).await {
            Ok(session) => session,
            // Never opened, and too late for it now.
            Err(Error::Stripe(error)) if !error.is_transient() => return Ok(()),
            Err(error) => return Err(error),
        };
        if session.status != Some(CheckoutStatus::Open) {
            return Ok(());
        }
        let key = Idempotency::key(format!("v1:{}:checkout:{}:expire", org.organisation(), checkout.id));
        match self.stripe.expire_checkout_session(&session.id, &key).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_transient() => Err(error.into()),
            // Complete or expired in this moment.
            Err(_) => Ok(()),
        }
    }

    /// Writes down what became of the way that is open, if any.
    pub(crate) async fn settle_checkout(&self, at: &OrganisationId) -> Result<()> {
        let Some(open) = checkouts::open(&self.database, at).await? else { return Ok(()) };
        let status = match &open.session_id {
            Some(id) => self.stripe.get_checkout_session(id, &[]).await?.status,
            None => None,
        };
        let over = match status {
            Some(CheckoutStatus::Complete) => Some(true),
            Some(CheckoutStatus::Expired) => Some(false),
            _ => (open.expires_at < Timestamp::now()).then_some(false),
        };
        if let Some(complete) = over {
            checkouts::ended(&self.database, at, open.id, complete).await?;
        }
        Ok(())
    }
}

/// Stripe counts in seconds; every try has to say the same.
fn to_the_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}
