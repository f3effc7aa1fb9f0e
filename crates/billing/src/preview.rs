//! What a change of plan costs, before it is made.

use domain::billing::Account;
use domain::plans::{Interval, Plan};
use jiff::Timestamp;
use stripe::client::{self, PreviewItem, PreviewSubscription, ProrationBehavior};

use crate::{Billing, Error, Result};

/// What comes of another price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The plan.
    pub plan: Plan,
    /// How often it is paid.
    pub interval: Interval,
    /// What is asked for at once, credit for what was paid taken off; none where it begins later.
    pub today: Option<i64>,
    /// What is asked for each time.
    pub then: i64,
    /// From when on.
    pub from: Timestamp,
    /// ISO 4217, in small letters.
    pub currency: String,
}

impl Billing {
    /// Asks Stripe what it would ask for. `Conflict` without a subscription, and for the price that is paid already.
    pub async fn preview(&self, account: &Account, lookup_key: &str) -> Result<Preview> {
        let live = account.live().ok_or_else(no_subscription)?;
        let (plan, price) = Plan::sold_as(lookup_key).ok_or(domain::Error::NotFound)?;
        if live.lookup_key.as_deref() == Some(lookup_key) {
            return Err(conflict("same_plan", "That is what the organisation pays already."));
        }
        let preview = |today, from| Preview {
            plan,
            interval: price.interval,
            today,
            then: price.amount,
            from,
            currency: live.currency.clone(),
        };
        let now = Timestamp::now();
        if live.trial_end.is_some() {
            return Ok(preview(None, live.trial_end.unwrap_or(now)));
        }
        // As the portal's configuration says: what is less, or for a shorter time, begins when the paid period ends.
        let shorter = live.interval == Some(Interval::Year) && price.interval == Interval::Month;
        if price.amount < live.amount || shorter {
            return Ok(preview(None, live.period_end.unwrap_or(now)));
        }
        let ask = client::Preview {
            customer: account.customer_id.clone(),
            subscription: Some(live.id.clone()),
            subscription_details: Some(PreviewSubscription {
                items: vec![PreviewItem {
                    id: Some(live.item.clone()),
                    price: Some(self.catalogue.price(&self.stripe, lookup_key).await?),
                    ..PreviewItem::default()
                }],
                proration_behavior: Some(ProrationBehavior::AlwaysInvoice),
                ..PreviewSubscription::default()
            }),
            ..client::Preview::default()
        };
        let invoice = self.stripe.preview_invoice(&ask).await?;
        Ok(preview(Some(invoice.amount_due), now))
    }
}

fn no_subscription() -> Error {
    conflict("no_subscription", "There is no subscription yet. Choose a plan first.")
}

fn conflict(code: &'static str, message: &str) -> Error {
    domain::Error::Conflict { code, message: message.to_owned() }.into()
}
