//! Payment methods: cards, and nothing else.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::ids;
use crate::stripe::book::Book;
use crate::stripe::cards::{self, Reaction};
use crate::stripe::clock::Seconds;
use crate::stripe::errors::StripeError;
use crate::stripe::form::Metadata;
use crate::stripe::records::{Address, Customer};
use crate::stripe::shelf::Record;

/// A card, as it was typed or named by its token.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Card {
    /// A number of a test card: what it does follows from it.
    pub(crate) number: String,
    pub(crate) brand: String,
    pub(crate) funding: String,
    pub(crate) country: String,
    pub(crate) exp_month: i64,
    pub(crate) exp_year: i64,
    /// Whether its holder has confirmed that it may be charged later without them.
    pub(crate) authenticated: bool,
    /// What became of it since.
    #[serde(default)]
    pub(crate) mood: Mood,
}

/// What a card does whatever its number.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mood {
    #[default]
    Plain,
    /// The next charge is declined.
    FailsOnce,
    /// Its month is over.
    Expired,
}

/// A payment method.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct PaymentMethod {
    pub(crate) id: String,
    pub(crate) customer: Option<String>,
    pub(crate) card: Card,
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) address: Option<Address>,
    pub(crate) metadata: Metadata,
    pub(crate) created: Seconds,
}

impl Record for PaymentMethod {
    const NAME: &'static str = "PaymentMethod";

    fn id(&self) -> &str {
        &self.id
    }
}

impl Card {
    /// The last four digits.
    pub(crate) fn last4(&self) -> &str {
        &self.number[self.number.len().saturating_sub(4)..]
    }
}

impl PaymentMethod {
    /// One that belongs to nobody yet.
    pub(crate) fn new(card: Card, now: Seconds) -> Self {
        Self {
            id: ids::fresh("pm_"),
            customer: None,
            card,
            name: None,
            email: None,
            phone: None,
            address: None,
            metadata: Metadata::new(),
            created: now,
        }
    }

    /// As the API shows it.
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": {
                "address": self.address.clone().unwrap_or_default(),
                "email": self.email,
                "name": self.name,
                "phone": self.phone,
                "tax_id": null,
            },
            "card": {
                "brand": self.card.brand,
                "checks": {"address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass"},
                "country": self.card.country,
                "display_brand": self.card.brand,
                "exp_month": self.card.exp_month,
                "exp_year": self.card.exp_year,
                "fingerprint": format!("sandbox{}", self.card.last4()),
                "funding": self.card.funding,
                "generated_from": null,
                "last4": self.card.last4(),
                "networks": {"available": [self.card.brand], "preferred": null},
                "regulated_status": "unregulated",
                "three_d_secure_usage": {"supported": true},
                "wallet": null,
            },
            "created": self.created,
            "customer": self.customer,
            "customer_account": null,
            "livemode": false,
            "metadata": self.metadata,
            "type": "card",
        })
    }
}

impl Book {
    /// Whether a payment method, or the token of a test card, can be given to somebody.
    pub(crate) fn may_attach(&self, id: &str, param: &str) -> Result<(), StripeError> {
        let reaction = match self.payment_methods.find(id) {
            Some(method) if method.customer.is_some() => return Ok(()),
            Some(method) => method.card.saved(),
            None => cards::by_token(id).ok_or_else(|| StripeError::no_such(PaymentMethod::NAME, id, param))?.saved,
        };
        match reaction {
            Reaction::Declines(code, decline_code) => Err(cards::declined(code, decline_code)),
            Reaction::Accepts | Reaction::Asks => Ok(()),
        }
    }

    /// Gives a payment method, or a new one made of a token, to a customer; answers with its id.
    pub(crate) fn attach(
        &mut self,
        id: &str,
        customer: &str,
        param: &str,
        now: Seconds,
    ) -> Result<String, StripeError> {
        self.may_attach(id, param)?;
        let mut method = match self.payment_methods.find(id) {
            Some(method) if method.customer.as_deref() == Some(customer) => return Ok(method.id.clone()),
            Some(method) if method.customer.is_some() => {
                return Err(StripeError::invalid(
                    "The payment method you provided has already been attached to a customer.",
                ));
            }
            Some(method) => method.clone(),
            None => {
                let card = cards::by_token(id).ok_or_else(|| StripeError::no_such(PaymentMethod::NAME, id, param))?;
                PaymentMethod::new(card.card(12, 2040), now)
            }
        };
        method.customer = Some(customer.to_owned());
        let (id, shown) = (method.id.clone(), method.json());
        match self.payment_methods.find_mut(&id) {
            Some(kept) => *kept = method,
            None => self.payment_methods.put(method),
        }
        self.emit("payment_method.attached", shown, now);
        Ok(id)
    }

    /// A payment method that is a customer's, or becomes theirs when it is the token of a test card.
    pub(crate) fn own_payment_method(
        &mut self,
        id: &str,
        customer: &str,
        param: &str,
        now: Seconds,
    ) -> Result<String, StripeError> {
        match self.payment_methods.find(id) {
            Some(method) if method.customer.as_deref() == Some(customer) => Ok(method.id.clone()),
            Some(_) => Err(StripeError::param(
                param,
                "The customer does not have a payment method with that ID. The payment method must be attached to the \
                 customer.",
            )),
            None => self.attach(id, customer, param, now),
        }
    }

    /// Whose card it is.
    pub(crate) fn customer_of_card(&self, id: &str) -> Option<&str> {
        self.payment_methods.find(id)?.customer.as_deref()
    }

    /// Whether something is charged to a card by itself: it is a default.
    pub(crate) fn is_charged(&self, id: &str) -> bool {
        let is_it = |default: &Option<String>| default.as_deref() == Some(id);
        self.customers.iter().any(|customer| is_it(&customer.default_payment_method))
            || self
                .subscriptions
                .iter()
                .any(|subscription| !subscription.status.is_over() && is_it(&subscription.default_payment_method))
    }

    /// Takes a payment method from its customer, for good.
    pub(crate) fn detach(&mut self, id: &str, now: Seconds) {
        let Some(method) = self.payment_methods.find_mut(id) else {
            return;
        };
        let Some(customer) = method.customer.take() else {
            return;
        };
        let shown = method.json();
        self.emit("payment_method.detached", shown, now);
        if let Some(before) = self.customers.find(&customer).map(Customer::json)
            && let Some(customer) = self.customers.find_mut(&customer)
            && customer.default_payment_method.as_deref() == Some(id)
        {
            customer.default_payment_method = None;
            let after = customer.json();
            self.emit_change("customer.updated", &before, after, now);
        }
    }
}
