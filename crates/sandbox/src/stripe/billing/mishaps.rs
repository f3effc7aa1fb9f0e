//! What happens to cards when the control page wants it: the next charge fails, or the card expires.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use crate::stripe::book::Book;
use crate::stripe::clock::Seconds;
use crate::stripe::records::Mood;

impl Book {
    /// The cards a customer's subscriptions are charged to; the default when there is no subscription.
    pub(crate) fn cards_in_use(&self, customer: &str) -> Vec<String> {
        let running =
            self.subscriptions.iter().filter(|one| one.customer == customer && !one.status.is_over()).map(Some);
        let mut cards: Vec<_> = running
            .chain([None])
            .filter_map(|subscription| self.method_for(customer, subscription.map(|one| one.id.as_str()), None))
            .collect();
        cards.sort();
        cards.dedup();
        cards
    }

    /// The next charge of each of a customer's cards is declined; answers with how many there are.
    pub(crate) fn fail_next_charge(&mut self, customer: &str) -> usize {
        let cards = self.cards_in_use(customer);
        for card in &cards {
            if let Some(method) = self.payment_methods.find_mut(card) {
                method.card.mood = Mood::FailsOnce;
            }
        }
        cards.len()
    }

    /// The month of a customer's cards is over, and no bank accepts them any more; answers with how many there are.
    pub(crate) fn expire_cards(&mut self, customer: &str, at: Seconds) -> usize {
        let cards = self.cards_in_use(customer);
        let now = Timestamp::from_second(at).unwrap_or_default().to_zoned(TimeZone::UTC);
        let before = now.checked_sub(1.month()).unwrap_or(now);
        for card in &cards {
            if let Some(method) = self.payment_methods.find_mut(card) {
                let old = method.json();
                method.card.mood = Mood::Expired;
                (method.card.exp_month, method.card.exp_year) = (before.month().into(), before.year().into());
                let new = method.json();
                self.emit_change("payment_method.updated", &old, new, at);
            }
        }
        cards.len()
    }

    /// A charge was tried: a card that fails once has failed.
    pub(super) fn recover(&mut self, method: Option<&str>) {
        let failed = method.and_then(|id| self.payment_methods.find_mut(id));
        if let Some(method) = failed.filter(|method| method.card.mood == Mood::FailsOnce) {
            method.card.mood = Mood::Plain;
        }
    }
}
