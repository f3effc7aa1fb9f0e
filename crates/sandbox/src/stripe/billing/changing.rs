//! Changes of a running subscription: other prices and quantities, another anchor, another end of the trial.

use crate::ids;
use crate::stripe::billing::invoicing::debit;
use crate::stripe::billing::proration::share;
use crate::stripe::billing::{Change, Charged, Draft, ItemChange, OnFailure, Prorating};
use crate::stripe::book::Book;
use crate::stripe::clock::{Rhythm, Seconds};
use crate::stripe::errors::StripeError;
use crate::stripe::records::subscription::PATIENCE;
use crate::stripe::records::{Debit, Item, Line, PendingUpdate, Status, Subscription};

/// A change worked out, and not done yet.
struct Plan {
    items: Vec<Item>,
    /// Credits and charges for parts of periods.
    prorations: Vec<Line>,
    /// Charges for whole periods.
    periods: Vec<Line>,
    anchor: Option<Seconds>,
    trial_end: Option<Seconds>,
    status: Status,
    /// Whether it is billed now.
    bills_now: bool,
}

impl Book {
    /// Changes a subscription.
    pub(crate) fn change_plan(&mut self, id: &str, change: &Change, at: Seconds) -> Result<(), StripeError> {
        let old = self.subscriptions.get(id, "id")?.clone();
        if old.status.is_over() {
            return Err(StripeError::coded(
                "invalid_canceled_subscription_fields",
                "A canceled subscription can only update its cancellation_details and metadata.",
            ));
        }
        let plan = self.plan(&old, change, at)?;
        let lines: Vec<_> = plan.prorations.iter().chain(&plan.periods).cloned().collect();
        let bills_now = plan.bills_now && !(lines.is_empty() && self.waiting(&old.customer, Some(id)).is_empty());
        let due = if bills_now { self.due(&old.customer, Some(id), &lines) } else { 0 };
        let outcome = if old.sends_invoices {
            Charged::Paid
        } else {
            self.foresee(self.method_for(&old.customer, Some(id), None).as_deref(), due)
        };
        if outcome != Charged::Paid {
            match change.on_failure {
                OnFailure::Refuse => {
                    let method = self.method_for(&old.customer, Some(id), None);
                    self.recover(method.as_deref());
                    return outcome.refusal().map_or(Ok(()), Err);
                }
                OnFailure::Pend => {
                    self.leave_pending(&old, plan, at);
                    return Ok(());
                }
                OnFailure::Allow | OnFailure::Wait => {}
            }
        }
        let cut_short = old.status == Status::Trialing && plan.status == Status::Active;
        let invoice = self.in_order(|book| {
            book.change_subscription(id, at, |subscription| plan.apply(subscription));
            book.keep_for_later(&old.customer, plan.prorations, at);
            bills_now.then(|| {
                let draft = Draft {
                    customer: old.customer.clone(),
                    subscription: Some(id.to_owned()),
                    reason: "subscription_update",
                    lines: plan.periods,
                    period: (at, at),
                    auto_advance: true,
                };
                let invoice = book.draft(draft, at);
                book.finalize(&invoice, at);
                invoice
            })
        });
        if cut_short {
            self.tell_of_subscription("customer.subscription.trial_will_end", id, at);
        }
        if let Some(invoice) = invoice.filter(|_| due > 0 && !old.sends_invoices) {
            if change.on_failure == OnFailure::Wait {
                self.change_subscription(id, at, |subscription| subscription.status = Status::PastDue);
            } else {
                self.collect(&invoice, None, at);
            }
        }
        Ok(())
    }

    fn plan(&self, old: &Subscription, change: &Change, at: Seconds) -> Result<Plan, StripeError> {
        let mut items = self.changed_items(old, &change.items, at)?;
        let date = change.proration_date.unwrap_or(at);
        if !(old.period_start()..=old.period_end()).contains(&date) {
            return Err(StripeError::param(
                "proration_date",
                "Invalid proration_date: it must be within the current billing period.",
            ));
        }
        let rhythm = self.rhythm(&items);
        let total = |items: &[Item]| -> i64 {
            items
                .iter()
                .filter_map(|item| Some(debit(self.prices.find(&item.price)?, item, &old.currency).amount))
                .sum()
        };
        let trial_end = change.trial_end.filter(|end| *end > at);
        let ends_trial = change.trial_end.is_some() && trial_end.is_none() && old.status == Status::Trialing;
        let is_trial = trial_end.is_some() || (old.status == Status::Trialing && !ends_trial);
        let is_other = rhythm != self.rhythm(&old.items) || (total(&old.items) == 0 && total(&items) > 0);
        let resets = !is_trial && (change.anchor_now || ends_trial || is_other);
        let prorates = change.prorating != Prorating::None;

        let mut prorations = Vec::new();
        for item in &old.items {
            let new = items.iter().find(|new| new.id == item.id);
            let is_same = new.is_some_and(|new| new.price == item.price && new.quantity == item.quantity);
            if let Some(debit) = item.debit.as_ref().filter(|debit| debit.amount > 0)
                && prorates
                && (!is_same || resets || trial_end.is_some())
            {
                let credit = -share(debit.amount, date, debit.start, debit.end);
                let span = (credit, date, debit.end);
                prorations.push(self.proration_line(old, item, span, debit.billed.clone()));
            }
        }
        for item in &mut items {
            let before = old.items.iter().find(|before| before.id == item.id);
            let is_same = before.is_some_and(|before| before.price == item.price && before.quantity == item.quantity);
            let price = self.prices.get(&item.price, "price")?;
            if let Some(end) = trial_end {
                (item.period_start, item.period_end, item.debit) = (at, end, None);
            } else if is_trial {
                item.debit = None;
            } else if resets {
                (item.period_start, item.period_end) = (at, rhythm.next(at, at));
                item.debit = Some(debit(price, item, &old.currency));
            } else if !is_same && prorates {
                let full = debit(price, item, &old.currency).amount;
                let amount = share(full, date, item.period_start, item.period_end);
                item.debit = Some(Debit { amount, start: date, end: item.period_end, billed: None });
                if amount != 0 {
                    prorations.push(self.proration_line(old, item, (amount, date, item.period_end), None));
                }
            }
        }
        let shown = Subscription { items: items.clone(), ..old.clone() };
        let periods = if resets {
            items.iter().filter_map(|item| self.period_line(&shown, item, false)).collect()
        } else {
            Vec::new()
        };
        Ok(Plan {
            items,
            prorations,
            periods,
            anchor: if resets { Some(at) } else { trial_end },
            trial_end: if ends_trial { Some(at) } else { trial_end.or(old.trial_end) },
            status: match old.status {
                _ if trial_end.is_some() => Status::Trialing,
                Status::Trialing if ends_trial => Status::Active,
                status => status,
            },
            bills_now: resets || (change.prorating == Prorating::AlwaysInvoice && !is_trial),
        })
    }

    /// The rhythm of some items: they have one together.
    pub(super) fn rhythm(&self, items: &[Item]) -> Rhythm {
        items
            .iter()
            .find_map(|item| self.prices.find(&item.price))
            .map_or(Rhythm { interval: crate::stripe::clock::Interval::Month, count: 1 }, |price| price.rhythm())
    }

    fn changed_items(&self, old: &Subscription, changes: &[ItemChange], at: Seconds) -> Result<Vec<Item>, StripeError> {
        let mut items = old.items.clone();
        for change in changes {
            let param = |name: &str| format!("{}[{name}]", change.name);
            let price = match &change.price {
                None => None,
                Some(price) => Some(self.price_for(price, Some(&old.currency), &param("price"))?.id.clone()),
            };
            if change.quantity.is_some_and(|quantity| quantity < 0) {
                return Err(StripeError::param(
                    param("quantity"),
                    "Invalid quantity: must be greater than or equal to 0",
                ));
            }
            let Some(id) = &change.id else {
                let Some(price) = price else {
                    return Err(StripeError::missing(&param("price")));
                };
                items.push(Item {
                    id: ids::fresh("si_"),
                    price,
                    quantity: change.quantity.unwrap_or(1),
                    created: at,
                    period_start: old.period_start(),
                    period_end: old.period_end(),
                    debit: None,
                    metadata: change.metadata.clone().unwrap_or_default(),
                });
                continue;
            };
            let Some(place) = items.iter().position(|item| item.id == *id) else {
                return Err(StripeError::no_such("subscription_item", id, &param("id")));
            };
            if change.deleted {
                items.remove(place);
                continue;
            }
            let item = &mut items[place];
            // Without a quantity of its own, another price begins with one.
            let is_other = price.as_ref().is_some_and(|price| *price != item.price);
            item.price = price.unwrap_or_else(|| item.price.clone());
            item.quantity = change.quantity.unwrap_or(if is_other { 1 } else { item.quantity });
            item.metadata = change.metadata.clone().unwrap_or_else(|| item.metadata.clone());
        }
        if items.is_empty() {
            return Err(StripeError::invalid("A subscription must have at least one active plan."));
        }
        let mut rhythms = items.iter().filter_map(|item| self.prices.find(&item.price)).map(|price| price.rhythm());
        let first = rhythms.next();
        if rhythms.any(|rhythm| Some(rhythm) != first) {
            return Err(StripeError::param("items", "The sandbox has one billing interval for a subscription."));
        }
        Ok(items)
    }

    /// Keeps a change until its invoice is paid.
    fn leave_pending(&mut self, old: &Subscription, plan: Plan, at: Seconds) {
        let Plan { items, prorations, periods, anchor, trial_end, .. } = plan;
        let invoice = self.in_order(|book| {
            book.keep_for_later(&old.customer, prorations, at);
            let draft = Draft {
                customer: old.customer.clone(),
                subscription: Some(old.id.clone()),
                reason: "subscription_update",
                lines: periods,
                period: (at, at),
                auto_advance: false,
            };
            let invoice = book.draft(draft, at);
            book.change_subscription(&old.id, at, |subscription| {
                subscription.pending_update = Some(PendingUpdate {
                    items,
                    billing_cycle_anchor: anchor,
                    trial_end,
                    expires_at: at + PATIENCE,
                    invoice: invoice.clone(),
                });
            });
            book.finalize(&invoice, at);
            invoice
        });
        self.collect(&invoice, None, at);
    }
}

impl Plan {
    fn apply(&self, subscription: &mut Subscription) {
        subscription.items.clone_from(&self.items);
        if let Some(anchor) = self.anchor {
            subscription.billing_cycle_anchor = anchor;
        }
        if self.status == Status::Trialing && subscription.status != Status::Trialing {
            subscription.trial_start = self.items.first().map(|item| item.period_start);
        }
        if self.trial_end != subscription.trial_end {
            subscription.told_trial_end = false;
        }
        subscription.trial_end = self.trial_end;
        subscription.status = self.status;
        if subscription.cancel_at_period_end {
            subscription.cancel_at = Some(subscription.last_period_end());
        }
    }
}
