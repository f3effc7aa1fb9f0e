//! What happens with the holder of a card there.

use crate::stripe::book::Book;

impl Book {
    /// Does something while the holder of the card that will be charged is there and has confirmed.
    pub(crate) fn with_holder<R>(&mut self, customer: &str, subscription: &str, act: impl FnOnce(&mut Self) -> R) -> R {
        let method = self.method_for(customer, Some(subscription), None);
        if let Some(method) = method.as_deref().and_then(|id| self.payment_methods.find_mut(id)) {
            method.card.authenticated = true;
        }
        let result = act(self);
        if let Some(method) = method.as_deref().and_then(|id| self.payment_methods.find_mut(id)) {
            method.card.leave_holder();
        }
        result
    }
}
