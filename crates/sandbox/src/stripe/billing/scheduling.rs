//! Schedules: made from a subscription, followed phase by phase, released.

use crate::ids;
use crate::stripe::billing::{Change, Ending, ItemChange, Prorating};
use crate::stripe::book::Book;
use crate::stripe::clock::Seconds;
use crate::stripe::errors::StripeError;
use crate::stripe::form::Metadata;
use crate::stripe::records::{Item, Phase, Schedule, Subscription};

impl Book {
    /// A schedule whose one phase is what runs.
    pub(crate) fn schedule_from(&mut self, subscription: &str, at: Seconds) -> Result<String, StripeError> {
        let of = self.subscriptions.get(subscription, "from_subscription")?;
        if of.status.is_over() {
            return Err(StripeError::invalid("You can not migrate a subscription that is already canceled."));
        }
        if of.schedule.is_some() {
            return Err(StripeError::invalid(
                "You cannot migrate a subscription that is already attached to a schedule.",
            ));
        }
        let phase = Phase {
            start: of.period_start(),
            end: of.period_end(),
            items: of.items.iter().map(|item| (item.price.clone(), item.quantity)).collect(),
            proration_behavior: "create_prorations".to_owned(),
            metadata: Metadata::new(),
        };
        let schedule = Schedule {
            id: ids::fresh("sub_sched_"),
            customer: of.customer.clone(),
            subscription: Some(subscription.to_owned()),
            released_subscription: None,
            status: "active".to_owned(),
            end_behavior: "release".to_owned(),
            phases: vec![phase],
            current: 0,
            canceled_at: None,
            completed_at: None,
            released_at: None,
            metadata: Metadata::new(),
            created: at,
        };
        let id = schedule.id.clone();
        self.schedules.put(schedule);
        self.tell_of_schedule("subscription_schedule.created", &id, at);
        self.change_subscription(subscription, at, |subscription| subscription.schedule = Some(id.clone()));
        Ok(id)
    }

    /// Leaves the subscription as it is, without the schedule.
    pub(crate) fn release_schedule(&mut self, id: &str, at: Seconds) -> Result<(), StripeError> {
        let schedule = self.schedules.get_mut(id, "id")?;
        if schedule.status != "active" {
            return Err(StripeError::invalid(format!(
                "You cannot release a subscription schedule that is in the `{}` status.",
                schedule.status
            )));
        }
        "released".clone_into(&mut schedule.status);
        schedule.released_at = Some(at);
        schedule.released_subscription = schedule.subscription.take();
        let subscription = schedule.released_subscription.clone();
        self.tell_of_schedule("subscription_schedule.released", id, at);
        if let Some(subscription) = subscription {
            self.change_subscription(&subscription, at, |subscription| subscription.schedule = None);
        }
        Ok(())
    }

    /// Ends a schedule whose subscription has ended.
    pub(super) fn cancel_schedule(&mut self, id: &str, at: Seconds) {
        let Some(schedule) = self.schedules.find_mut(id).filter(|schedule| schedule.status == "active") else {
            return;
        };
        "canceled".clone_into(&mut schedule.status);
        schedule.canceled_at = Some(at);
        self.tell_of_schedule("subscription_schedule.canceled", id, at);
    }

    /// A phase is over: the next one begins, or the schedule ends.
    pub(crate) fn next_phase(&mut self, id: &str, at: Seconds) {
        let Some(schedule) = self.schedules.find_mut(id) else {
            return;
        };
        let Some(subscription) = schedule.subscription.clone() else {
            return;
        };
        let Some(phase) = schedule.phases.get(schedule.current + 1).cloned() else {
            if schedule.end_behavior == "cancel" {
                "completed".clone_into(&mut schedule.status);
                schedule.completed_at = Some(at);
                self.tell_of_schedule("subscription_schedule.completed", id, at);
                // The schedule is over before its subscription is.
                let _ = self.end(&subscription, &Ending::default(), "cancellation_requested", at);
            } else {
                // It is active: there is nothing to refuse.
                let _ = self.release_schedule(id, at);
            }
            return;
        };
        schedule.current += 1;
        self.begin_phase(&subscription, &phase, at);
        self.tell_of_schedule("subscription_schedule.updated", id, at);
    }

    /// A subscription as its next period begins: with the prices of the phase that begins then.
    pub(super) fn at_next_phase(&self, of: &Subscription) -> Subscription {
        let schedule = of.schedule.as_deref().and_then(|id| self.schedules.find(id));
        let next = schedule.and_then(|schedule| schedule.phases.get(schedule.current + 1));
        let mut then = of.clone();
        if let Some(phase) = next.filter(|phase| phase.start <= of.period_end()) {
            then.items.truncate(phase.items.len());
            for (item, (price, quantity)) in then.items.iter_mut().zip(&phase.items) {
                item.price.clone_from(price);
                item.quantity = *quantity;
            }
        }
        then
    }

    fn begin_phase(&mut self, subscription: &str, phase: &Phase, at: Seconds) {
        let Some(of) = self.subscriptions.find(subscription).cloned() else {
            return;
        };
        if of.period_end() == at {
            // The renewal that comes next bills the new prices: there is no time left to prorate.
            let items = phase.items.iter().enumerate().map(|(place, (price, quantity))| match of.items.get(place) {
                Some(item) => Item { price: price.clone(), quantity: *quantity, debit: None, ..item.clone() },
                None => Item {
                    id: ids::fresh("si_"),
                    price: price.clone(),
                    quantity: *quantity,
                    created: at,
                    period_start: of.period_start(),
                    period_end: at,
                    debit: None,
                    metadata: Metadata::new(),
                },
            });
            let items: Vec<_> = items.collect();
            self.change_subscription(subscription, at, |subscription| subscription.items = items);
            return;
        }
        let mut items: Vec<_> = phase
            .items
            .iter()
            .enumerate()
            .map(|(place, (price, quantity))| ItemChange {
                id: of.items.get(place).map(|item| item.id.clone()),
                price: Some(price.clone()),
                quantity: Some(*quantity),
                ..ItemChange::default()
            })
            .collect();
        items.extend(of.items.iter().skip(phase.items.len()).map(|item| ItemChange {
            id: Some(item.id.clone()),
            deleted: true,
            ..ItemChange::default()
        }));
        let prorating = Prorating::parse(&phase.proration_behavior);
        let change = Change { items, prorating, ..Change::default() };
        if let Err(refusal) = self.change_plan(subscription, &change, at) {
            tracing::warn!("a phase of a schedule could not begin: {}", refusal.message);
        }
    }

    /// Tells something of a schedule.
    pub(crate) fn tell_of_schedule(&mut self, kind: &str, id: &str, at: Seconds) {
        if let Some(shown) = self.schedules.find(id).map(|schedule| self.schedule_json(schedule)) {
            self.emit(kind, shown, at);
        }
    }
}
