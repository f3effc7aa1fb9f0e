//! Ways into Stripe's customer portal: for this organisation's customer alone, made for one visit, and straight to what is
//! to be done there.

use domain::Org;
use domain::billing::{self, Subscription};
use domain::email_address::EmailAddress;
use stripe::Idempotency;
use stripe::client::CancelAt;
use stripe::client::{AfterCompletion, Flow, FlowData, NewPortalSession, SubscriptionChange};

use crate::setup::{CHANGE_PLAN, MANAGE};
use crate::{Billing, Error, Result};

/// What somebody wants to do there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Door {
    /// Look around: payment method, address, invoices.
    Home,
    /// Give another payment method.
    PaymentMethod,
    /// End the subscription with the period.
    Cancel,
    /// Confirm another price, which was looked at here.
    Change {
        /// Which.
        lookup_key: String,
    },
}

impl Door {
    /// The price that is to be confirmed there.
    fn price(&self) -> Option<&str> {
        match self {
            Self::Change { lookup_key } => Some(lookup_key),
            _ => None,
        }
    }

    /// As in the audit log.
    fn as_str(&self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::PaymentMethod => "payment_method",
            Self::Cancel => "cancel",
            Self::Change { .. } => "change_plan",
        }
    }
}

impl Billing {
    /// Where to send the person: good for one visit, and for whoever has it. Neither logged nor kept.
    ///
    /// `Conflict` where there is no customer yet, or no subscription to change or end.
    pub async fn portal(&self, org: &Org, door: &Door) -> Result<String> {
        let mut tx = org.write().await?;
        let account = billing::open_portal(&mut tx, door.as_str(), door.price()).await?;
        tx.commit().await?;
        let customer = account.customer_id.clone().ok_or_else(nothing_yet)?;
        let live = account.live();
        let (configuration, flow) = match door {
            Door::Home => (MANAGE, None),
            Door::PaymentMethod => (MANAGE, Some(Flow::PaymentMethodUpdate)),
            Door::Cancel => {
                (MANAGE, Some(Flow::SubscriptionCancel { subscription: live.ok_or_else(nothing_yet)?.id.clone() }))
            }
            Door::Change { lookup_key } => {
                let live = live.ok_or_else(nothing_yet)?;
                let price = self.catalogue.price(&self.stripe, lookup_key).await?;
                let (subscription, item) = (live.id.clone(), live.item.clone());
                (CHANGE_PLAN, Some(Flow::SubscriptionUpdateConfirm { subscription, item, price, quantity: 1 }))
            }
        };
        let way_back = self.way_back(org);
        let flow_data = flow.map(|flow| FlowData {
            flow,
            after_completion: Some(AfterCompletion::Redirect { return_url: way_back.clone() }),
        });
        let new = NewPortalSession {
            customer,
            configuration: Some(self.catalogue.portal(&self.stripe, configuration).await?),
            return_url: Some(way_back),
            flow_data,
            ..NewPortalSession::default()
        };
        // A new visit each time: two people must not share one.
        Ok(self.stripe.create_portal_session(&Idempotency::fresh(), &new).await?.url.as_str().to_owned())
    }

    /// Takes back an end, or a change, that was asked for and has not come.
    pub async fn keep(&self, org: &Org) -> Result<()> {
        let mut tx = org.write().await?;
        let account = billing::keep(&mut tx).await?;
        tx.commit().await?;
        let live = account.live().ok_or_else(nothing_yet)?;
        self.take_back(live).await?;
        if let Some(customer) = &account.customer_id {
            self.sync_now(customer).await?;
        }
        Ok(())
    }

    async fn take_back(&self, known: &Subscription) -> Result<()> {
        // Which of the two ways it was asked for in is Stripe's to say.
        let now = self.stripe.get_subscription(&known.id, &[]).await?;
        if let Some(schedule) = &now.schedule {
            let key = Idempotency::key(format!("v1:{}:release:{}", known.id, schedule.id()));
            self.stripe.release_subscription_schedule(schedule.id(), &key).await?;
        }
        if !now.is_cancelling() {
            return Ok(());
        }
        let change = match now.cancel_at_period_end {
            true => SubscriptionChange { cancel_at_period_end: Some(false), ..SubscriptionChange::default() },
            false => SubscriptionChange { cancel_at: Some(CancelAt::Never), ..SubscriptionChange::default() },
        };
        // Ended and taken back twice in a day is asked for twice.
        let asked_at = now.canceled_at.map(|at| at.as_second()).unwrap_or_default();
        let key = Idempotency::key(format!("v1:{}:keep:{asked_at}", known.id));
        self.stripe.update_subscription(&known.id, &key, &change).await?;
        Ok(())
    }

    /// Invoices go to this address from now on.
    pub async fn set_email(&self, org: &Org, email: &EmailAddress) -> Result<()> {
        let mut tx = org.write().await?;
        let account = billing::change_email(&mut tx, email).await?;
        tx.commit().await?;
        let customer = account.customer_id.ok_or_else(nothing_yet)?;
        let change = stripe::client::CustomerChange { email: Some(email.as_str().to_owned()), ..Default::default() };
        self.stripe.update_customer(&customer, &Idempotency::fresh(), &change).await?;
        self.sync_now(&customer).await?;
        Ok(())
    }
}

fn nothing_yet() -> Error {
    domain::Error::Conflict {
        code: "no_subscription",
        message: "There is no subscription yet. Choose a plan first.".to_owned(),
    }
    .into()
}
