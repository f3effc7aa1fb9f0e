//! Fetches what Stripe says of a customer and has it written down. Events only ring the bell; this is what answers.

use domain::Money;
use domain::billing::customers::{self, Lease, Outcome, Owner, Turn};
use domain::billing::record::{self, Doubled, Fetched, Known, SYNC_BILLING};
use domain::billing::{Card, FailedPayment, Invoice, NextInvoice, Scheduled, Subscription};
use domain::plans::Interval;
use jiff::Timestamp;
use stripe::Idempotency;
use stripe::client::{
    CancelSubscription, CustomerChange, CustomerExpand, InvoiceFilter, Paging, Preview, ResumeSubscription,
    SubscriptionChange, SubscriptionExpand, SubscriptionFilter,
};
use stripe::types::{self, Customer, CustomerLookup, Expandable, PaymentMethod};
use tenancy::OrganisationId;

use crate::catalogue::Sold;
use crate::customer::ORG_ID;
use crate::{Billing, Error, Quarantine, Result};

/// Invoices that are kept of a customer.
const INVOICES: u32 = 24;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Synced {
    /// Written down; what was different from what we knew, by its action in the audit log.
    Changed(Vec<String>),
    /// What is there was asked for later than what happened.
    NotNeeded,
}

impl Billing {
    /// Brings the organisation of a customer in step with Stripe, for something that happened at `since` by the database's
    /// clock. One fetch of a customer at a time: [`Error::Busy`] where another may have begun too early.
    pub async fn sync(&self, customer: &str, since: Timestamp) -> Result<Synced> {
        let owner = customers::owner(&self.database, customer).await?;
        let Some(owner) = owner else { return Err(Quarantine::UnknownCustomer(customer.to_owned()).into()) };
        if owner.deleted {
            return Ok(Synced::NotNeeded);
        }
        let lease = match customers::turn(&self.database, customer, since).await? {
            Turn::Yours(lease) => lease,
            Turn::NotNeeded => return Ok(Synced::NotNeeded),
            Turn::Busy => return Err(Error::Busy),
        };
        let done = tokio::select! {
            done = self.fetch_and_record(&owner, &lease) => done,
            () = self.hold(&lease) => return Err(Error::Busy),
        };
        match done {
            Ok((changed, outcome)) => {
                customers::fetched(&self.database, lease, outcome).await?;
                Ok(Synced::Changed(changed))
            }
            Err(error) => {
                customers::give_up(&self.database, lease).await?;
                Err(error)
            }
        }
    }

    /// The same for now, where somebody waits for it; another fetch that is under way is waited for.
    pub async fn sync_now(&self, customer: &str) -> Result<Synced> {
        let since = customers::now(&self.database).await?;
        for _ in 0..20 {
            match self.sync(customer, since).await {
                Err(Error::Busy) => tokio::time::sleep(std::time::Duration::from_millis(150)).await,
                answer => return answer,
            }
        }
        Err(Error::Busy)
    }

    /// The same for an organisation; nothing to do for one without a customer.
    pub async fn sync_organisation(&self, at: &OrganisationId) -> Result<Synced> {
        match customers::of(&self.database, at).await? {
            Some(customer) => self.sync_now(&customer).await,
            None => Ok(Synced::NotNeeded),
        }
    }

    /// Renews the lease for as long as it is polled; ready when the turn is another's.
    async fn hold(&self, lease: &Lease) {
        loop {
            tokio::time::sleep(customers::RENEW_EVERY).await;
            match customers::renew(&self.database, lease).await {
                Ok(true) => {}
                Ok(false) => {
                    return tracing::warn!(customer = lease.customer, "a fetch took too long; another goes on");
                }
                Err(error) => tracing::warn!(customer = lease.customer, %error, "a lease could not be renewed"),
            }
        }
    }

    async fn fetch_and_record(&self, owner: &Owner, lease: &Lease) -> Result<(Vec<String>, Outcome)> {
        let at = &owner.organisation;
        self.settle_checkout(at).await?;
        let known = record::known(&self.database, at).await?;
        let fetched = self.fetch(&lease.customer, at, &known).await?;
        let changed = record::record(&self.database, at, &fetched, lease.from).await?.unwrap_or_default();
        let look_again_at = fetched.look_again_at(known.subscription.as_deref());
        Ok((changed, Outcome { look_again_at, deleted: fetched.deleted }))
    }

    async fn fetch(&self, customer: &str, at: &OrganisationId, known: &Known) -> Result<Fetched> {
        let Some(mut found) = self.customer_itself(customer, at).await? else { return Ok(gone(customer)) };
        self.forget_address(&mut found, known).await?;
        let sold = self.catalogue.sold(&self.stripe).await?;
        let mut theirs = self.subscriptions_of(customer).await?;
        let mut fetched = Fetched { subscriptions: read(&theirs, &sold), ..Fetched::default() };
        if let Some(doubled) = self.end_the_second(&fetched, known).await? {
            theirs = self.subscriptions_of(customer).await?;
            fetched.subscriptions = read(&theirs, &sold);
            fetched.doubled = Some(doubled);
            // What was given back is in its balance.
            match self.customer_itself(customer, at).await? {
                Some(mut credited) => {
                    self.forget_address(&mut credited, known).await?;
                    found = credited;
                }
                None => return Ok(gone(customer)),
            }
        }
        if self.wake_the_paused(&theirs, found.invoice_settings.default_payment_method.as_ref()).await? {
            theirs = self.subscriptions_of(customer).await?;
            fetched.subscriptions = read(&theirs, &sold);
        }
        let live = fetched.choose(known.subscription.as_deref()).filter(|one| one.is_live()).cloned();
        let of_stripe = live.as_ref().and_then(|live| theirs.iter().find(|one| one.id == live.id));
        if let Some(live) = &live {
            fetched.next_invoice = self.next_invoice(customer, live).await;
        }
        let default = found.invoice_settings.default_payment_method.as_ref();
        if let Some(of_stripe) = of_stripe {
            self.follow_the_customer(of_stripe, default).await?;
        }
        fetched.payment_method =
            default.or(of_stripe.and_then(|one| one.default_payment_method.as_ref())).and_then(card);
        let invoices = self.invoices_of(customer).await?;
        fetched.failed_payments = invoices.iter().filter_map(failed_payment).collect();
        fetched.invoices = invoices.into_iter().map(invoice).collect();
        fetched.told_name = self.tell_name(&found, known).await?;
        Ok(Fetched {
            customer_id: found.id,
            email: found.email,
            balance: found.balance,
            currency: found.currency.map(|currency| currency.as_str().to_owned()),
            ..fetched
        })
    }

    /// The customer as it is; none for one that is gone.
    async fn customer_itself(&self, customer: &str, at: &OrganisationId) -> Result<Option<Customer>> {
        match self.stripe.get_customer(customer, &[CustomerExpand::DefaultPaymentMethod]).await {
            Ok(CustomerLookup::Found(found)) => {
                self.is_theirs(&found, at)?;
                Ok(Some(*found))
            }
            Ok(CustomerLookup::Deleted(_)) => Ok(None),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Refuses a customer of another mode, or one whose metadata names somebody else.
    fn is_theirs(&self, customer: &Customer, at: &OrganisationId) -> Result<(), Quarantine> {
        if customer.livemode != self.stripe.mode().is_live() {
            return Err(Quarantine::OtherMode { live: customer.livemode });
        }
        match customer.metadata.get(ORG_ID) {
            Some(named) if *named != at.to_string() => Err(Quarantine::Contradiction {
                customer: customer.id.clone(),
                ours: at.to_string(),
                theirs: named.clone(),
            }),
            _ => Ok(()),
        }
    }

    pub(crate) async fn subscriptions_of(&self, customer: &str) -> Result<Vec<types::Subscription>> {
        let filter = SubscriptionFilter {
            customer: Some(customer.to_owned()),
            expand: vec![SubscriptionExpand::DefaultPaymentMethod, SubscriptionExpand::Schedule],
            ..SubscriptionFilter::default()
        };
        let all = self.stripe.subscriptions(&filter).all().await?;
        // What is another customer's is no answer to what was asked.
        match all.iter().find(|one| one.customer != customer) {
            Some(other) => Err(Quarantine::UnknownCustomer(other.customer.clone()).into()),
            None => Ok(all),
        }
    }

    /// Whether the customer has one that is paid for, by Stripe's word of this moment.
    pub(crate) async fn live_subscriptions(&self, customer: &str) -> Result<bool> {
        let all = self.subscriptions_of(customer).await?;
        Ok(all.iter().any(|one| !one.status.is_terminal() && one.status != types::SubscriptionStatus::Incomplete))
    }

    /// Two were paid: the one that counts goes on, and any other is ended with what was paid for it given back as credit.
    async fn end_the_second(&self, fetched: &Fetched, known: &Known) -> Result<Option<Doubled>> {
        let kept = fetched.choose(known.subscription.as_deref()).map(|one| one.id.clone());
        let Some(kept) = kept else { return Ok(None) };
        let mut ended = None;
        for second in fetched.beside(known.subscription.as_deref()) {
            tracing::warn!(subscription = second.id, kept, "a second subscription is ended");
            let how = CancelSubscription { invoice_now: true, prorate: true, ..CancelSubscription::default() };
            match self.stripe.cancel_subscription(&second.id, &how).await {
                Err(error) if !error.is_missing() => return Err(error.into()),
                _ => ended = Some(Doubled { ended: second.id.clone(), kept: kept.clone() }),
            }
        }
        Ok(ended)
    }

    /// What is asked for next: worth having, and no reason to fail.
    async fn next_invoice(&self, customer: &str, live: &Subscription) -> Option<NextInvoice> {
        if live.cancel_at.is_some() || live.status == "paused" {
            return None;
        }
        let preview =
            Preview { customer: Some(customer.to_owned()), subscription: Some(live.id.clone()), ..Preview::default() };
        match self.stripe.preview_invoice(&preview).await {
            Ok(invoice) => Some(NextInvoice {
                at: invoice.next_payment_attempt.or(live.trial_end).or(live.period_end)?,
                amount: invoice.amount_due,
                currency: invoice.currency.as_str().to_owned(),
            }),
            Err(error) => {
                tracing::debug!(%error, "Stripe does not say what is asked for next");
                None
            }
        }
    }

    /// A trial ended without a card, and there is one by now: Stripe leaves it to us to go on. Whether it does.
    async fn wake_the_paused(
        &self,
        theirs: &[types::Subscription],
        default: Option<&Expandable<PaymentMethod>>,
    ) -> Result<bool> {
        let Some(card) = default else { return Ok(false) };
        let mut woken = false;
        for one in theirs.iter().filter(|one| waits_for_a_card(one)) {
            // Once for each card: one that is declined leaves an open invoice, which can be paid.
            let key = Idempotency::key(format!("v1:{}:resume:{}", one.id, card.id()));
            match self.stripe.resume_subscription(&one.id, &key, &ResumeSubscription::default()).await {
                Ok(_) => woken = true,
                Err(error) if error.is_transient() => return Err(error.into()),
                Err(error) => tracing::warn!(subscription = one.id, %error, "a paused subscription does not go on"),
            }
        }
        Ok(woken)
    }

    /// A new card at the customer pays the subscription too, which Stripe leaves to us.
    async fn follow_the_customer(
        &self,
        subscription: &types::Subscription,
        default: Option<&Expandable<PaymentMethod>>,
    ) -> Result<()> {
        let (Some(default), Some(pinned)) = (default, &subscription.default_payment_method) else { return Ok(()) };
        if default.id() == pinned.id() {
            return Ok(());
        }
        let change = SubscriptionChange {
            default_payment_method: Some(default.id().to_owned()),
            ..SubscriptionChange::default()
        };
        let key = Idempotency::key(format!("v1:{}:pays_with:{}:{}", subscription.id, pinned.id(), default.id()));
        self.stripe.update_subscription(&subscription.id, &key, &change).await?;
        Ok(())
    }

    async fn invoices_of(&self, customer: &str) -> Result<Vec<types::Invoice>> {
        let paging = Paging { limit: Some(INVOICES), ..Paging::default() };
        let filter = InvoiceFilter { customer: Some(customer.to_owned()), paging, ..InvoiceFilter::default() };
        let invoices = self.stripe.list_invoices(&filter).await?.data;
        Ok(invoices.into_iter().filter(|one| one.customer.as_deref().is_none_or(|of| of == customer)).collect())
    }

    /// The address of somebody who is forgotten gives way to an admin's. While there is none nothing is said of it here.
    async fn forget_address(&self, customer: &mut Customer, known: &Known) -> Result<()> {
        if !known.email_forgotten {
            return Ok(());
        }
        if let Some(admin) = &known.admin_email {
            let change = CustomerChange { email: Some(admin.clone()), ..CustomerChange::default() };
            self.stripe.update_customer(&customer.id, &Idempotency::fresh(), &change).await?;
        }
        customer.email = known.admin_email.clone();
        Ok(())
    }

    /// A new name of the organisation's becomes the customer's, unless somebody has put another one on its invoices. Gives
    /// the name that Stripe was told.
    async fn tell_name(&self, customer: &Customer, known: &Known) -> Result<Option<String>> {
        // A customer that was made elsewhere, under our name.
        let told = known.told_name.clone().or(customer.name.clone().filter(|name| *name == known.name));
        if told.is_none() || customer.name != told || told.as_ref() == Some(&known.name) {
            return Ok(told);
        }
        let change = CustomerChange { name: Some(known.name.clone()), ..CustomerChange::default() };
        // No name is told twice in a row, so this one's key may be as old as a day.
        let key = Idempotency::key(format!("v1:{}:name:{}", customer.id, uuid::Uuid::now_v7()));
        self.stripe.update_customer(&customer.id, &key, &change).await?;
        Ok(Some(known.name.clone()))
    }

    /// The job that brings an organisation in step.
    pub const JOB: &'static str = SYNC_BILLING;
}

/// What somebody paused at Stripe is theirs to resume.
fn waits_for_a_card(one: &types::Subscription) -> bool {
    let paused = one.status_details.as_ref().and_then(|details| details.paused.as_ref()?.subscription.as_ref());
    one.status == types::SubscriptionStatus::Paused
        && paused.is_some_and(|why| why.kind == "trial_end_without_payment_method")
}

fn gone(customer: &str) -> Fetched {
    Fetched { customer_id: customer.to_owned(), deleted: true, ..Fetched::default() }
}

fn read(theirs: &[types::Subscription], sold: &Sold) -> Vec<Subscription> {
    theirs.iter().map(|one| subscription(one, sold)).collect()
}

fn subscription(one: &types::Subscription, sold: &Sold) -> Subscription {
    let plan = |product: &str| sold.plan(product).cloned();
    let interval =
        |price: &types::Price| price.recurring.as_ref().and_then(|how| Interval::parse(how.interval.as_str()));
    // Of several items the one that is a plan of ours counts.
    let of_ours = one.items.data.iter().find(|item| plan(item.price.product.id()).is_some());
    let item = of_ours.or(one.items.data.first());
    let price = item.map(|item| &item.price);
    let next = one.schedule.as_ref().and_then(Expandable::object).and_then(|schedule| {
        let phase = schedule.next_phase()?;
        let price = phase.items.first().and_then(|item| sold.price(&item.price));
        Some(Scheduled {
            plan: price.and_then(|price| plan(price.product.id())),
            interval: price.and_then(interval),
            at: phase.start_date,
        })
    });
    let currency = price.map(|price| price.currency).or(one.currency);
    Subscription {
        id: one.id.clone(),
        item: item.map(|item| item.id.clone()).unwrap_or_default(),
        status: one.status.as_str().to_owned(),
        plan: price.and_then(|price| plan(price.product.id())),
        lookup_key: price.and_then(|price| price.lookup_key.clone()),
        interval: price.and_then(interval),
        amount: price.and_then(|price| price.unit_amount).unwrap_or_default(),
        currency: currency.map(|currency| currency.as_str().to_owned()).unwrap_or_default(),
        created_at: one.created,
        period_end: one.period_end(),
        trial_end: one.trial_end.filter(|_| one.status == types::SubscriptionStatus::Trialing),
        cancel_at: one.cancel_at.or(one.period_end().filter(|_| one.cancel_at_period_end)),
        scheduled: next,
    }
}

fn card(method: &Expandable<PaymentMethod>) -> Option<Card> {
    let card = method.object()?.card.as_ref()?;
    Some(Card {
        brand: card.brand.clone(),
        last4: card.last4.clone(),
        exp_month: card.exp_month.into(),
        exp_year: card.exp_year.into(),
    })
}

fn failed_payment(one: &types::Invoice) -> Option<FailedPayment> {
    let tried = one.status == Some(types::InvoiceStatus::Open) && one.attempt_count > 0 && one.amount_remaining > 0;
    tried.then(|| FailedPayment {
        invoice: one.id.clone(),
        number: one.number.clone(),
        owed: Money::new(one.amount_remaining, one.currency.as_str()),
        attempts: one.attempt_count,
        next_try: one.next_payment_attempt,
    })
}

fn invoice(one: types::Invoice) -> Invoice {
    Invoice {
        id: one.id,
        number: one.number,
        status: one.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        total: one.total,
        amount_due: one.amount_due,
        currency: one.currency.as_str().to_owned(),
        created_at: one.created,
        hosted_url: one.hosted_invoice_url.map(|url| url.as_str().to_owned()),
        pdf_url: one.invoice_pdf.map(|url| url.as_str().to_owned()),
    }
}
