//! What customers do in the portal, within what its configuration allows.

use crate::stripe::billing::{Change, Ending, ItemChange, OnFailure, Prorating};
use crate::stripe::book::Book;
use crate::stripe::cards::{Reaction, declined};
use crate::stripe::clock::Seconds;
use crate::stripe::errors::{Answer, StripeError};
use crate::stripe::form::Metadata;
use crate::stripe::records::{Card, Customer, PaymentMethod, Phase, PortalConfiguration, Status};

/// Another price or quantity of an item.
#[derive(Clone, Debug)]
pub(crate) struct PortalChange {
    pub(crate) configuration: String,
    pub(crate) subscription: String,
    pub(crate) item: String,
    pub(crate) price: Option<String>,
    pub(crate) quantity: Option<i64>,
    /// The moment the amounts were shown for, when somebody has looked at them.
    pub(crate) date: Option<Seconds>,
}

impl PortalChange {
    fn as_change(&self, configuration: &PortalConfiguration, is_trial: bool, at: Seconds) -> Change {
        let update = &configuration.features.subscription_update;
        Change {
            items: vec![ItemChange {
                id: Some(self.item.clone()),
                price: self.price.clone(),
                quantity: self.quantity,
                name: "items[0]".to_owned(),
                ..ItemChange::default()
            }],
            proration_date: self.date,
            prorating: Prorating::parse(&update.proration_behavior),
            on_failure: OnFailure::Refuse,
            anchor_now: update.anchor_now,
            trial_end: (update.ends_trial && is_trial).then_some(at),
        }
    }
}

impl Book {
    /// Whether a change waits for the end of the period.
    pub(crate) fn is_scheduled(&self, change: &PortalChange) -> bool {
        let Some(subscription) = self.subscriptions.find(&change.subscription) else {
            return false;
        };
        let Some(configuration) = self.portal_configurations.find(&change.configuration) else {
            return false;
        };
        let item = subscription.items.iter().find(|item| item.id == change.item);
        let Some((item, old)) = item.and_then(|item| Some((item, self.prices.find(&item.price)?))) else {
            return false;
        };
        let new = change.price.as_deref().and_then(|price| self.prices.find(price)).unwrap_or(old);
        let quantity = change.quantity.unwrap_or(item.quantity);
        let amount = |price: &crate::stripe::records::Price, quantity: i64| {
            price.amount_in(&subscription.currency).unwrap_or_default() * quantity
        };
        let is_shorter = new.rhythm().longest() < old.rhythm().longest();
        let is_longer = new.rhythm().longest() > old.rhythm().longest();
        // Amounts of different spans of time do not compare.
        let is_less = !is_shorter && !is_longer && amount(new, quantity) < amount(old, item.quantity);
        let conditions = &configuration.features.subscription_update.schedule_conditions;
        subscription.status != Status::Trialing
            && conditions.iter().any(|condition| match condition.as_str() {
                "decreasing_item_amount" => is_less,
                "shortening_interval" => is_shorter,
                _ => false,
            })
    }

    /// What a change would cost now: an invoice that is not there yet, as the API shows it.
    pub(crate) fn portal_preview(&self, change: &PortalChange, at: Seconds) -> Answer {
        let configuration = self.portal_configurations.get(&change.configuration, "configuration")?;
        let subscription = self.subscriptions.get(&change.subscription, "subscription")?;
        let is_trial = subscription.status == Status::Trialing;
        let mut wanted = change.as_change(configuration, is_trial, at);
        // The amounts are of interest also when the card will not do.
        wanted.on_failure = OnFailure::Allow;
        let preview = crate::stripe::billing::Preview::Next(Some(Box::new(wanted)));
        self.preview(Some(&change.subscription), &preview, at)
    }

    /// Changes a subscription: at once, or at the end of the period when the configuration says so.
    pub(crate) fn portal_change(&mut self, change: &PortalChange, at: Seconds) -> Result<(), StripeError> {
        let configuration = self.portal_configurations.get(&change.configuration, "configuration")?.clone();
        let subscription = self.subscriptions.get(&change.subscription, "subscription")?.clone();
        if let Some(price) = change.price.as_deref().filter(|price| !configuration.offers(price)) {
            return Err(StripeError::param("price", format!("The price {price} is not in the configuration.")));
        }
        if subscription.sends_invoices || subscription.items.len() != 1 {
            return Err(StripeError::invalid("This subscription cannot be updated in the portal."));
        }
        if self.is_scheduled(change) {
            return self.schedule_change(change, at);
        }
        if let Some(schedule) = &subscription.schedule {
            self.release_schedule(schedule, at)?;
        }
        let is_trial = subscription.status == Status::Trialing;
        self.change_plan(&change.subscription, &change.as_change(&configuration, is_trial, at), at)
    }

    fn schedule_change(&mut self, change: &PortalChange, at: Seconds) -> Result<(), StripeError> {
        let subscription = self.subscriptions.get(&change.subscription, "subscription")?.clone();
        let item = subscription.items.iter().find(|item| item.id == change.item);
        let item = item.ok_or_else(|| StripeError::no_such("subscription_item", &change.item, "items[0][id]"))?;
        let price = change.price.clone().unwrap_or_else(|| item.price.clone());
        let quantity = change.quantity.unwrap_or(item.quantity);
        let rhythm = self.prices.get(&price, "price")?.rhythm();
        let schedule = match &subscription.schedule {
            Some(schedule) => schedule.clone(),
            None => self.schedule_from(&subscription.id, at)?,
        };
        if let Some(kept) = self.schedules.find_mut(&schedule) {
            let end = subscription.period_end();
            kept.phases.truncate(kept.current + 1);
            if let Some(phase) = kept.phases.last_mut() {
                phase.end = end;
            }
            kept.phases.push(Phase {
                start: end,
                end: rhythm.next(end, end),
                items: vec![(price, quantity)],
                proration_behavior: "none".to_owned(),
                metadata: Metadata::new(),
            });
        }
        self.tell_of_schedule("subscription_schedule.updated", &schedule, at);
        Ok(())
    }

    /// Cancels: at the end of the period, which sets `cancel_at` and nothing else, or now.
    pub(crate) fn portal_cancel(
        &mut self,
        configuration: &str,
        subscription: &str,
        feedback: Option<String>,
        comment: Option<String>,
        at: Seconds,
    ) -> Result<(), StripeError> {
        let cancel =
            self.portal_configurations.get(configuration, "configuration")?.features.subscription_cancel.clone();
        if !cancel.enabled {
            return Err(StripeError::invalid("Cancelling is not enabled in the configuration."));
        }
        let schedule = self.subscriptions.get(subscription, "subscription")?.schedule.clone();
        if let Some(schedule) = schedule {
            self.release_schedule(&schedule, at)?;
        }
        if cancel.immediately {
            let ending = Ending { prorate: cancel.prorates, feedback, comment, ..Ending::default() };
            return self.end(subscription, &ending, "cancellation_requested", at);
        }
        self.change_subscription(subscription, at, |subscription| {
            subscription.cancel_at = Some(subscription.last_period_end());
            subscription.canceled_at = Some(at);
            subscription.reason = Some("cancellation_requested".to_owned());
            subscription.feedback = feedback;
            subscription.comment = comment;
        });
        Ok(())
    }

    /// Takes a cancellation back.
    pub(crate) fn portal_renew(&mut self, subscription: &str, at: Seconds) -> Result<(), StripeError> {
        self.subscriptions.get(subscription, "subscription")?;
        self.change_subscription(subscription, at, |subscription| {
            subscription.cancel_at = None;
            subscription.cancel_at_period_end = false;
            subscription.canceled_at = None;
            subscription.reason = None;
            subscription.feedback = None;
            subscription.comment = None;
        });
        Ok(())
    }

    /// Saves a card and makes it the customer's default; answers with its id.
    pub(crate) fn portal_add_card(&mut self, customer: &str, card: Card, at: Seconds) -> Result<String, StripeError> {
        let id = self.save_card(customer, card, at)?;
        self.portal_choose_card(customer, &id, at)?;
        Ok(id)
    }

    /// Saves a card with its holder there; answers with its id.
    pub(crate) fn save_card(&mut self, customer: &str, card: Card, at: Seconds) -> Result<String, StripeError> {
        match (card.saved(), card.charged()) {
            (Reaction::Declines(code, decline_code), _) => return Err(declined(code, decline_code)),
            (_, Reaction::Asks) if !card.authenticated => {
                return crate::stripe::billing::Charged::NeedsAction.refusal().map_or(Ok(String::new()), Err);
            }
            _ => {}
        }
        let mut card = card;
        card.leave_holder();
        let method = PaymentMethod::new(card, at);
        let id = method.id.clone();
        self.payment_methods.put(method);
        self.attach(&id, customer, "card", at)
    }

    /// Makes a card the customer's default.
    pub(crate) fn portal_choose_card(&mut self, customer: &str, id: &str, at: Seconds) -> Result<(), StripeError> {
        let id = self.own_payment_method(id, customer, "payment_method", at)?;
        self.portal_update_customer(customer, at, |customer| customer.default_payment_method = Some(id))
    }

    /// Changes what the configuration lets customers change of themselves.
    pub(crate) fn portal_update_customer(
        &mut self,
        id: &str,
        at: Seconds,
        change: impl FnOnce(&mut Customer),
    ) -> Result<(), StripeError> {
        let customer = self.customers.get_mut(id, "customer")?;
        let before = customer.json();
        change(customer);
        let after = customer.json();
        self.emit_change("customer.updated", &before, after, at);
        Ok(())
    }
}
