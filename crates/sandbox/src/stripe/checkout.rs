//! The end of a Checkout session: bought, or run out.

use serde_json::json;

use crate::ids;
use crate::stripe::billing::{Charged, NewSubscription, OnFailure};
use crate::stripe::book::Book;
use crate::stripe::cards::{Reaction, declined};
use crate::stripe::clock::Seconds;
use crate::stripe::errors::StripeError;
use crate::stripe::form::Metadata;
use crate::stripe::records::{Address, Card, PaymentMethod, SessionStatus};

/// What was typed on the page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Typed {
    /// A card; none when none is asked for. Its `authenticated` says whether its holder has confirmed.
    pub(crate) card: Option<Card>,
    /// The card the customer has already, instead.
    pub(crate) saved_method: Option<String>,
    pub(crate) name: Option<String>,
    /// Of a customer who has none.
    pub(crate) email: Option<String>,
    /// Asked for with a tax id.
    pub(crate) business_name: Option<String>,
    pub(crate) address: Option<Address>,
    /// Type and value.
    pub(crate) tax_id: Option<(String, String)>,
    /// By the field's key.
    pub(crate) fields: Metadata,
    pub(crate) accepts_terms: bool,
}

impl Book {
    /// Whether a card has to be given.
    pub(crate) fn checkout_asks_for_card(&self, id: &str) -> bool {
        self.checkout_sessions.find(id).is_some_and(|session| {
            session.mode == "setup" || session.payment_method_collection == "always" || self.checkout_total(session) > 0
        })
    }

    /// Completes a session: the card is saved, the subscription made and paid, and everything told in its order. When
    /// the card is declined or has to be confirmed, nothing is made and the session stays open.
    pub(crate) fn complete_checkout(&mut self, id: &str, typed: Typed, at: Seconds) -> Result<(), StripeError> {
        let session = self.checkout_sessions.get(id, "id")?.clone();
        if session.status != SessionStatus::Open {
            return Err(StripeError::invalid(format!("This Checkout Session is not open: {id}")));
        }
        let needs_card = self.checkout_asks_for_card(id);
        if needs_card && typed.card.is_none() && typed.saved_method.is_none() {
            return Err(StripeError::missing("card"));
        }
        if session.terms_of_service && !typed.accepts_terms {
            return Err(StripeError::missing("terms_of_service"));
        }
        if let Some(field) = session
            .custom_fields
            .iter()
            .find(|field| !field.optional && typed.fields.get(&field.key).is_none_or(|value| value.trim().is_empty()))
        {
            return Err(StripeError::missing(&field.key));
        }
        let total = self.checkout_total(&session);
        if let Some(card) = &typed.card {
            accept(card, total)?;
        }
        self.in_order(|book| book.buy(&session, typed, at))
    }

    fn buy(
        &mut self,
        session: &crate::stripe::records::CheckoutSession,
        typed: Typed,
        at: Seconds,
    ) -> Result<(), StripeError> {
        let customer = session.customer.clone();
        let before = self.customers.get(&customer, "customer")?.json();
        let method = match (typed.card, typed.saved_method) {
            (Some(card), _) => {
                let mut method = PaymentMethod::new(card, at);
                method.name = typed.name.clone();
                method.address = typed.address.clone();
                let id = method.id.clone();
                self.payment_methods.put(method);
                match self.attach(&id, &customer, "card", at) {
                    Ok(id) => Some(id),
                    Err(refusal) => {
                        self.payment_methods.take(&id);
                        return Err(refusal);
                    }
                }
            }
            (None, Some(saved)) => Some(self.own_payment_method(&saved, &customer, "card", at)?),
            (None, None) => None,
        };
        let holder = method.clone();
        let mut subscription = None;
        if session.mode == "subscription" {
            let new = NewSubscription {
                customer: customer.clone(),
                items: session
                    .line_items
                    .iter()
                    .map(|(price, quantity)| (price.clone(), *quantity, Metadata::new()))
                    .collect(),
                trial_end: session.trial_end_at(at),
                without_card: session.without_card,
                default_payment_method: method.clone(),
                description: session.subscription_description.clone(),
                automatic_tax: session.automatic_tax,
                on_failure: OnFailure::Refuse,
                metadata: session.subscription_metadata.clone(),
                ..NewSubscription::default()
            };
            subscription = Some(self.subscribe(new, at)?);
        }
        if let Some(method) = holder.and_then(|id| self.payment_methods.find_mut(&id)) {
            method.card.leave_holder();
        }
        let invoice =
            subscription.as_ref().and_then(|id| self.subscriptions.find(id)).and_then(|new| new.latest_invoice.clone());
        if let Some(kept) = self.customers.find_mut(&customer) {
            if session.customer_update.name {
                // Who is asked for the business's name has not said with the card's what the customer is called.
                let name = if session.tax_id_collection { typed.business_name } else { typed.name };
                kept.name = name.or_else(|| kept.name.take());
            }
            kept.email = kept.email.take().or(typed.email);
            if session.customer_update.address {
                kept.address = typed.address.or_else(|| kept.address.take());
            }
        }
        if let Some((kind, value)) = typed.tax_id.filter(|_| session.tax_id_collection) {
            self.add_tax_id(&customer, &kind, &value, at);
        }
        let setup_intent = (session.mode == "setup" || (session.trial_end_at(at).is_some() && method.is_some()))
            .then(|| ids::fresh("seti_"));
        if let Some(id) = &setup_intent {
            let shown = json!({
                "id": id, "object": "setup_intent", "created": at, "customer": customer, "livemode": false,
                "metadata": {}, "payment_method": method, "payment_method_types": ["card"], "status": "succeeded",
                "usage": "off_session",
            });
            self.emit("setup_intent.succeeded", shown, at);
        }
        if let Some(after) = self.customers.find(&customer).map(|customer| customer.json()) {
            self.take_back("customer.updated");
            self.emit_change("customer.updated", &before, after, at);
        }
        if let Some(kept) = self.checkout_sessions.find_mut(&session.id) {
            kept.status = SessionStatus::Complete;
            kept.subscription = subscription;
            kept.invoice = invoice;
            kept.setup_intent = setup_intent.filter(|_| session.mode == "setup");
            kept.accepted_terms = typed.accepts_terms;
            for field in &mut kept.custom_fields {
                field.value = typed.fields.get(&field.key).filter(|value| !value.trim().is_empty()).cloned();
            }
        }
        self.tell_of_checkout("checkout.session.completed", &session.id, at);
        Ok(())
    }

    /// Ends a session nobody completed.
    pub(crate) fn expire_checkout(&mut self, id: &str, at: Seconds) {
        if let Some(session) = self.checkout_sessions.find_mut(id) {
            session.status = SessionStatus::Expired;
        }
        self.tell_of_checkout("checkout.session.expired", id, at);
    }

    fn tell_of_checkout(&mut self, kind: &str, id: &str, at: Seconds) {
        if let Some(shown) = self.checkout_sessions.find(id).map(|session| self.checkout_session_json(session)) {
            self.emit(kind, shown, at);
        }
    }
}

/// Whether a card is good for what it is to pay, with its holder there.
fn accept(card: &Card, total: i64) -> Result<(), StripeError> {
    if let Reaction::Declines(code, decline_code) = card.saved() {
        return Err(declined(code, decline_code));
    }
    let refusal = match card.charged() {
        // Confirming on the page is enough, for every card that asks.
        Reaction::Asks if card.authenticated => None,
        Reaction::Asks => Charged::NeedsAction.refusal(),
        Reaction::Declines(code, decline_code) if total > 0 => Some(declined(code, decline_code)),
        Reaction::Declines(..) | Reaction::Accepts => None,
    };
    refusal.map_or(Ok(()), Err)
}
