//! The clockwork: what is due is done in the order of its time, by everybody's clock, a test clock's or a customer's.

use std::collections::HashMap;
use std::time::Duration;

use crate::app::Shared;
use crate::stripe::book::Book;
use crate::stripe::clock::{self, DAY, Seconds};
use crate::stripe::records::subscription::PATIENCE;
use crate::stripe::records::{Customer, Invoice, InvoiceStatus, SessionStatus, Status};

/// How long before the end of a trial it is announced.
const TRIAL_NOTICE: Seconds = 3 * DAY;
/// How long before a renewal it is announced.
const RENEWAL_NOTICE: Seconds = 7 * DAY;
/// Steps one clock may take at once; more is a mistake of ours.
const MOST: usize = 20_000;

/// How often the clocks are looked at.
const TICK: Duration = Duration::from_millis(200);

/// Does what is due as time goes by, for as long as it is polled.
pub(crate) async fn keep_ticking(app: Shared) {
    loop {
        tokio::time::sleep(TICK).await;
        let now = clock::wall();
        // Looking first: every change is written to disk.
        if app.book.read(|book| book.is_due(now)) {
            app.book.write(|book| book.tick(now));
        }
    }
}

/// Something time does. Of what is due at one moment, the first in this order comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    AnnounceTrialEnd,
    AnnounceRenewal,
    Finalize,
    Retry,
    Overdue,
    ResumeCollection,
    NextPhase,
    Cancel,
    EndTrial,
    Renew,
    ExpireIncomplete,
    ExpireUpdate,
    ExpireCheckout,
}

/// Something that is due.
struct Due {
    /// When, by the customer's clock.
    at: Seconds,
    /// When, by the clock that is looked at.
    order: Seconds,
    step: Step,
    id: String,
}

/// How far a customer's clock is ahead of the one that is looked at; none when it is another one's.
type Ahead<'a> = &'a dyn Fn(&str) -> Option<Seconds>;

impl Book {
    /// What is due next for some customers.
    fn next_due(&self, ahead: Ahead<'_>) -> Option<Due> {
        let mut next: Option<Due> = None;
        let mut offer = |at: Option<Seconds>, ahead: Seconds, step: Step, id: &str| {
            let Some(at) = at else {
                return;
            };
            let order = at - ahead;
            if next.as_ref().is_none_or(|next| (order, step) < (next.order, next.step)) {
                next = Some(Due { at, order, step, id: id.to_owned() });
            }
        };
        for subscription in self.subscriptions.iter().filter(|subscription| !subscription.status.is_over()) {
            let Some(ahead) = ahead(&subscription.customer) else {
                continue;
            };
            let mut offer = |at, step, id: &str| offer(at, ahead, step, id);
            let id = &subscription.id;
            let end = subscription.period_end();
            let runs = matches!(subscription.status, Status::Active | Status::PastDue | Status::Unpaid);
            let is_trial = subscription.status == Status::Trialing;
            let trial_end = subscription.trial_end.filter(|_| is_trial);
            let announces = !subscription.told_trial_end;
            let begun = subscription.trial_start.unwrap_or(subscription.created);
            offer(
                trial_end.filter(|_| announces).map(|end| (end - TRIAL_NOTICE).max(begun)),
                Step::AnnounceTrialEnd,
                id,
            );
            let told = subscription.told_renewal == Some(end) || subscription.is_ending();
            let notice = (end - RENEWAL_NOTICE).max(subscription.period_start());
            offer(Some(notice).filter(|_| runs && !told), Step::AnnounceRenewal, id);
            let resumes = subscription.pause_collection.as_ref().and_then(|pause| pause.resumes_at);
            offer(resumes, Step::ResumeCollection, id);
            let cancel_at = subscription.cancel_at.or(subscription.cancel_at_period_end.then_some(end));
            offer(cancel_at, Step::Cancel, id);
            offer(trial_end, Step::EndTrial, id);
            offer(Some(end).filter(|_| runs), Step::Renew, id);
            let is_incomplete = subscription.status == Status::Incomplete;
            offer(Some(subscription.created + PATIENCE).filter(|_| is_incomplete), Step::ExpireIncomplete, id);
            offer(subscription.pending_update.as_ref().map(|pending| pending.expires_at), Step::ExpireUpdate, id);
        }
        let is_unsettled = |invoice: &&Invoice| matches!(invoice.status, InvoiceStatus::Draft | InvoiceStatus::Open);
        for invoice in self.invoices.iter().filter(is_unsettled) {
            let Some(ahead) = ahead(&invoice.customer) else {
                continue;
            };
            let mut offer = |at, step, id: &str| offer(at, ahead, step, id);
            match invoice.status {
                InvoiceStatus::Draft if invoice.auto_advance => {
                    offer(invoice.finalizes_at, Step::Finalize, &invoice.id);
                }
                InvoiceStatus::Open => {
                    let retry = invoice.next_payment_attempt.filter(|_| invoice.auto_advance);
                    offer(retry, Step::Retry, &invoice.id);
                    offer(invoice.due_date.filter(|_| !invoice.told_overdue), Step::Overdue, &invoice.id);
                }
                _ => {}
            }
        }
        for schedule in self.schedules.iter().filter(|schedule| schedule.status == "active") {
            if let Some(ahead) = ahead(&schedule.customer) {
                let end = schedule.phases.get(schedule.current).map(|phase| phase.end);
                offer(end, ahead, Step::NextPhase, &schedule.id);
            }
        }
        for session in self.checkout_sessions.iter().filter(|session| session.status == SessionStatus::Open) {
            if let Some(ahead) = ahead(&session.customer) {
                offer(Some(session.expires_at), ahead, Step::ExpireCheckout, &session.id);
            }
        }
        next
    }

    fn take_step(&mut self, due: &Due) {
        let (at, id) = (due.at, due.id.as_str());
        match due.step {
            Step::AnnounceTrialEnd => self.announce_trial_end(id, at),
            Step::AnnounceRenewal => self.announce_renewal(id, at),
            Step::Finalize => self.finalize_and_collect(id, at),
            Step::Retry => drop(self.collect(id, None, at)),
            Step::Overdue => self.overdue(id, at),
            Step::ResumeCollection => {
                self.change_subscription(id, at, |subscription| subscription.pause_collection = None);
            }
            Step::NextPhase => self.next_phase(id, at),
            Step::Cancel => self.end_as_scheduled(id, at),
            Step::EndTrial => self.end_trial(id, at),
            Step::Renew => self.renew(id, at),
            Step::ExpireIncomplete => self.expire_incomplete(id, at),
            Step::ExpireUpdate => self.expire_pending_update(id, at),
            Step::ExpireCheckout => self.expire_checkout(id, at),
        }
    }

    /// Does everything that is due until a moment.
    fn run(&mut self, ahead: Ahead<'_>, until: Seconds, mut on_time: impl FnMut(&mut Self, Seconds)) {
        for _ in 0..MOST {
            let Some(due) = self.next_due(ahead).filter(|due| due.order <= until) else {
                return;
            };
            on_time(self, due.at);
            self.take_step(&due);
        }
        tracing::error!("a clock of the sandbox's Stripe does not come to rest");
    }

    /// Whether anything is due, by everybody's clock or because a clock was told to go.
    pub(crate) fn is_due(&self, now: Seconds) -> bool {
        let wall = self.wall_customers();
        self.test_clocks.iter().any(|clock| clock.target.is_some())
            || self.next_due(&|id| wall.get(id).copied()).is_some_and(|due| due.order <= now)
    }

    /// The customers without a test clock, and how far ahead each of them is.
    fn wall_customers(&self) -> HashMap<String, Seconds> {
        let is_live = |customer: &&Customer| customer.test_clock.is_none() && !customer.deleted;
        self.customers.iter().filter(is_live).map(|customer| (customer.id.clone(), customer.ahead)).collect()
    }

    /// Does what is due.
    pub(crate) fn tick(&mut self, now: Seconds) {
        let wall = self.wall_customers();
        self.run(&|id| wall.get(id).copied(), now, |_, _| {});
        let going: Vec<_> =
            self.test_clocks.iter().filter_map(|clock| Some((clock.id.clone(), clock.target?))).collect();
        for (clock, target) in going {
            self.reach(&clock, target);
        }
    }

    /// Takes a test clock to where it was told to go.
    fn reach(&mut self, clock: &str, target: Seconds) {
        let theirs: Vec<_> = self
            .customers
            .iter()
            .filter(|customer| customer.test_clock.as_deref() == Some(clock))
            .map(|customer| customer.id.clone())
            .collect();
        let set = |book: &mut Self, at: Seconds| {
            if let Some(clock) = book.test_clocks.find_mut(clock) {
                clock.frozen_time = clock.frozen_time.max(at);
            }
        };
        self.run(&|id| theirs.iter().any(|customer| customer == id).then_some(0), target, set);
        set(self, target);
        if let Some(clock) = self.test_clocks.find_mut(clock) {
            clock.target = None;
            let shown = clock.json();
            self.emit("test_helpers.test_clock.ready", shown, target);
        }
    }

    /// Moves one customer ahead of everybody else.
    pub(crate) fn move_ahead(&mut self, customer: &str, by: Seconds, now: Seconds) {
        let Some(found) = self.customers.find_mut(customer).filter(|customer| customer.test_clock.is_none()) else {
            return;
        };
        let until = now + found.ahead + by;
        self.run(&|id| (id == customer).then_some(0), until, |book, at| {
            if let Some(customer) = book.customers.find_mut(customer) {
                customer.ahead = customer.ahead.max(at - now);
            }
        });
        if let Some(customer) = self.customers.find_mut(customer) {
            customer.ahead = until - now;
        }
    }
}
