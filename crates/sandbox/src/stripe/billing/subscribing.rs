//! A new subscription: its first invoice is made and paid at once.

use crate::ids;
use crate::stripe::billing::invoicing::debit;
use crate::stripe::billing::{Charged, Draft, OnFailure};
use crate::stripe::book::Book;
use crate::stripe::clock::Seconds;
use crate::stripe::errors::StripeError;
use crate::stripe::form::Metadata;
use crate::stripe::records::{Item, Price, Status, Subscription, WithoutCard};

/// Items a subscription may have.
const ITEMS: usize = 20;

/// What is subscribed to.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewSubscription {
    pub(crate) customer: String,
    /// Prices, quantities and what is attached to them.
    pub(crate) items: Vec<(String, i64, Metadata)>,
    pub(crate) trial_end: Option<Seconds>,
    pub(crate) without_card: WithoutCard,
    pub(crate) cancel_at: Option<Seconds>,
    pub(crate) cancel_at_period_end: bool,
    pub(crate) sends_invoices: bool,
    pub(crate) days_until_due: Option<i64>,
    pub(crate) default_payment_method: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) automatic_tax: bool,
    pub(crate) on_failure: OnFailure,
    pub(crate) metadata: Metadata,
}

impl Book {
    /// The price of an item: recurring, on sale, in the customer's currency.
    pub(crate) fn price_for(&self, id: &str, currency: Option<&str>, param: &str) -> Result<&Price, StripeError> {
        let price = self.prices.get(id, param)?;
        if price.recurring.is_none() {
            return Err(StripeError::param(
                param,
                "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.",
            ));
        }
        if !price.active {
            return Err(StripeError::param(
                param,
                format!("The price specified is inactive. This field only accepts active prices. ({id})"),
            ));
        }
        if let Some(currency) = currency
            && price.amount_in(currency).is_none()
        {
            return Err(StripeError::invalid(format!(
                "You cannot combine currencies on a single customer. This customer has an active subscription, \
                 subscription schedule, discount, quote, or invoice item with currency {currency}.",
            )));
        }
        Ok(price)
    }

    /// Subscribes a customer; answers with the subscription's id.
    pub(crate) fn subscribe(&mut self, new: NewSubscription, at: Seconds) -> Result<String, StripeError> {
        let customer = self.customers.get(&new.customer, "customer")?;
        if new.items.is_empty() {
            return Err(StripeError::missing("items"));
        }
        if new.items.len() > ITEMS {
            return Err(StripeError::param("items", format!("A subscription has at most {ITEMS} items.")));
        }
        let mut currency = customer.currency.clone();
        let mut rhythm = None;
        for (index, (id, ..)) in new.items.iter().enumerate() {
            let price = self.price_for(id, currency.as_deref(), &format!("items[{index}][price]"))?;
            currency.get_or_insert_with(|| price.currency.clone());
            if *rhythm.get_or_insert(price.rhythm()) != price.rhythm() {
                return Err(StripeError::param("items", "The sandbox has one billing interval for a subscription."));
            }
        }
        let (Some(rhythm), Some(currency)) = (rhythm, currency) else {
            return Err(StripeError::missing("items"));
        };
        let trial_end = new.trial_end.filter(|end| *end > at);
        let anchor = trial_end.unwrap_or(at);
        let end = trial_end.unwrap_or_else(|| rhythm.next(anchor, at));
        let mut subscription = Subscription {
            id: ids::fresh("sub_"),
            customer: new.customer.clone(),
            status: if trial_end.is_some() { Status::Trialing } else { Status::Active },
            items: Vec::new(),
            currency,
            billing_cycle_anchor: anchor,
            created: at,
            start_date: at,
            trial_start: trial_end.map(|_| at),
            trial_end,
            without_card: new.without_card,
            cancel_at: new.cancel_at.or(new.cancel_at_period_end.then_some(end)),
            cancel_at_period_end: new.cancel_at_period_end,
            canceled_at: (new.cancel_at.is_some() || new.cancel_at_period_end).then_some(at),
            ended_at: None,
            reason: (new.cancel_at.is_some() || new.cancel_at_period_end).then(|| "cancellation_requested".to_owned()),
            feedback: None,
            comment: None,
            sends_invoices: new.sends_invoices,
            days_until_due: new.sends_invoices.then(|| new.days_until_due.unwrap_or(30)),
            default_payment_method: new.default_payment_method.clone(),
            latest_invoice: None,
            description: new.description.clone(),
            metadata: new.metadata.clone(),
            schedule: None,
            pending_update: None,
            pause_collection: None,
            paused: None,
            automatic_tax: new.automatic_tax,
            told_trial_end: false,
            told_renewal: None,
        };
        for (price, quantity, metadata) in &new.items {
            let mut item = Item {
                id: ids::fresh("si_"),
                price: price.clone(),
                quantity: *quantity,
                created: at,
                period_start: at,
                period_end: end,
                debit: None,
                metadata: metadata.clone(),
            };
            if trial_end.is_none() {
                item.debit = self.prices.find(price).map(|price| debit(price, &item, &subscription.currency));
            }
            subscription.items.push(item);
        }
        let is_trial = trial_end.is_some();
        let lines: Vec<_> =
            subscription.items.iter().filter_map(|item| self.period_line(&subscription, item, is_trial)).collect();
        let due = self.due(&new.customer, Some(&subscription.id), &lines);
        let method = self.method_for(&new.customer, None, new.default_payment_method.as_deref());
        let outcome = self.foresee(method.as_deref(), due);
        if !new.sends_invoices && due > 0 {
            if new.on_failure == OnFailure::Refuse
                && let Some(refusal) = outcome.refusal()
            {
                self.recover(method.as_deref());
                return Err(refusal);
            }
            if outcome != Charged::Paid || new.on_failure == OnFailure::Wait {
                subscription.status = Status::Incomplete;
            }
        }
        let id = subscription.id.clone();
        self.in_order(|book| {
            book.subscriptions.put(subscription);
            let invoice = book.draft(
                Draft {
                    customer: new.customer.clone(),
                    subscription: Some(id.clone()),
                    reason: "subscription_create",
                    lines,
                    period: (at, at),
                    auto_advance: true,
                },
                at,
            );
            // An invoice that is sent stays a draft for an hour, as every one that nobody waits for.
            if !new.sends_invoices || due <= 0 {
                book.finalize(&invoice, at);
                if due > 0 && new.on_failure != OnFailure::Wait {
                    book.collect(&invoice, None, at);
                }
            }
            book.take_back("customer.subscription.updated");
            book.tell_of_subscription("customer.subscription.created", &id, at);
        });
        Ok(id)
    }

    /// What a customer would have to pay for some lines now.
    pub(super) fn due(
        &self,
        customer: &str,
        subscription: Option<&str>,
        lines: &[crate::stripe::records::Line],
    ) -> i64 {
        let waiting: i64 = self.waiting(customer, subscription).iter().map(|line| line.amount).sum();
        let balance = self.customers.find(customer).map_or(0, |customer| customer.balance);
        lines.iter().map(|line| line.amount).sum::<i64>() + waiting + balance
    }
}
