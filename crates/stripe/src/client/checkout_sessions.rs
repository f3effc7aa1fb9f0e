//! Visits to the till. Ours are always for a subscription of a customer that exists.

use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second;
use serde::Serialize;

use super::terms::{AutomaticTax, TrialEnd, TrialSettings};
use super::{Pages, Paging, Stripe, expanding};
use crate::error::Error;
use crate::form::{Pairs, pairs};
use crate::idempotency::Idempotency;
use crate::types::{CheckoutSession, List, Metadata};
use crate::words::choices;

choices! {
    /// Whether a card is asked for when nothing is due.
    PaymentMethodCollection {
        /// Always.
        Always = "always",
        /// Only when something is due.
        IfRequired = "if_required",
    }
}

choices! {
    /// Whether an address is asked for.
    BillingAddressCollection {
        /// Where it matters.
        Auto = "auto",
        /// Always.
        Required = "required",
    }
}

choices! {
    /// Whether something is asked for.
    Requirement {
        /// No.
        None = "none",
        /// Yes.
        Required = "required",
    }
}

choices! {
    /// Whether what is entered becomes the customer's.
    Take {
        /// Yes.
        Auto = "auto",
        /// No.
        Never = "never",
    }
}

choices! {
    /// What the button says.
    SubmitType {
        /// What fits.
        Auto = "auto",
        /// Pay.
        Pay = "pay",
        /// Subscribe.
        Subscribe = "subscribe",
    }
}

choices! {
    /// Which visits to list.
    CheckoutStatusFilter {
        /// Somebody may still come.
        Open = "open",
        /// Bought.
        Complete = "complete",
        /// Over.
        Expired = "expired",
    }
}

choices! {
    /// What may come along with a visit.
    CheckoutExpand {
        /// What came of it.
        Subscription = "subscription",
    }
}

/// The till's language: `auto`, `de`, `pt-BR`, …
pub type Locale = String;

/// A visit to be made.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewCheckoutSession {
    /// `cus_…`
    pub customer: String,
    /// Ours.
    pub client_reference_id: Option<String>,
    /// What is subscribed to.
    pub line_items: Vec<LineItem>,
    /// Where to come back to; `{CHECKOUT_SESSION_ID}` becomes the visit's id.
    pub success_url: String,
    /// Where to go back to without buying.
    pub cancel_url: Option<String>,
    /// What the subscription is to have.
    pub subscription_data: Option<NewSubscriptionData>,
    /// Whether a card is asked for when nothing is due.
    pub payment_method_collection: Option<PaymentMethodCollection>,
    /// Whether codes can be entered.
    pub allow_promotion_codes: Option<bool>,
    /// Whether tax is reckoned.
    pub automatic_tax: Option<AutomaticTax>,
    /// Whether a number at a tax office is asked for.
    pub tax_id_collection: Option<TaxIdCollection>,
    /// What of what is entered becomes the customer's. Needed where tax or a number at a tax office is.
    pub customer_update: Option<CustomerUpdate>,
    /// Whether an address is asked for.
    pub billing_address_collection: Option<BillingAddressCollection>,
    /// More to be asked for.
    pub custom_fields: Vec<CustomField>,
    /// What is to be agreed to.
    pub consent_collection: Option<ConsentCollection>,
    /// When nobody may come any more: 30 minutes to 24 hours from now.
    #[serde(with = "second::optional")]
    pub expires_at: Option<Timestamp>,
    /// The till's language.
    pub locale: Option<Locale>,
    /// Words of ours beside the button.
    pub custom_text: Option<CustomText>,
    /// What the button says.
    pub submit_type: Option<SubmitType>,
    /// Ours.
    pub metadata: Metadata,
}

/// Something to subscribe to.
#[derive(Debug, Clone, Serialize)]
pub struct LineItem {
    /// `price_…`
    pub price: String,
    /// How many.
    pub quantity: u64,
}

/// What a subscription that comes of a visit is to have.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewSubscriptionData {
    /// Ours.
    pub metadata: Metadata,
    /// How long the trial is.
    pub trial_period_days: Option<u32>,
    /// Or when it ends.
    pub trial_end: Option<TrialEnd>,
    /// What happens at its end.
    pub trial_settings: Option<TrialSettings>,
}

/// Whether a number at a tax office is asked for.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct TaxIdCollection {
    /// Whether it is.
    pub enabled: bool,
}

/// What of what is entered becomes the customer's.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct CustomerUpdate {
    /// The address.
    pub address: Option<Take>,
    /// The name.
    pub name: Option<Take>,
    /// Where to send things.
    pub shipping: Option<Take>,
}

/// A text to be asked for, such as an order number.
#[derive(Debug, Clone)]
pub struct CustomField {
    /// What we find it by.
    pub key: String,
    /// What the customer reads.
    pub label: String,
    /// Whether it may be left empty.
    pub optional: bool,
}

impl Serialize for CustomField {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::json!({
            "key": self.key,
            "label": { "type": "custom", "custom": self.label },
            "type": "text",
            "optional": self.optional,
        })
        .serialize(serializer)
    }
}

/// What is to be agreed to.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ConsentCollection {
    /// The terms of service whose address the account has.
    pub terms_of_service: Requirement,
}

/// Words of ours.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CustomText {
    /// Beside the button.
    pub submit: Option<Words>,
    /// Beside the box to agree with.
    pub terms_of_service_acceptance: Option<Words>,
}

/// Some words, at most 1200 characters.
#[derive(Debug, Clone, Serialize)]
pub struct Words {
    /// The words.
    pub message: String,
}

/// Which visits to list.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CheckoutFilter {
    /// Of this customer.
    pub customer: Option<String>,
    /// What became of them.
    pub status: Option<CheckoutStatusFilter>,
    /// Which part of the list.
    #[serde(flatten)]
    pub paging: Paging,
}

impl Stripe {
    /// Makes a visit for a subscription; send the browser to its `url`.
    ///
    /// # Errors
    /// [`Error::is_missing`] when there is no such customer or price.
    pub async fn create_checkout_session(
        &self,
        key: &Idempotency,
        new: &NewCheckoutSession,
    ) -> Result<CheckoutSession, Error> {
        let mut pairs = pairs(new)?;
        pairs.push(("mode".to_owned(), "subscription".to_owned()));
        self.post(&["checkout", "sessions"], key, Ok(pairs)).await
    }

    /// One visit.
    ///
    /// # Errors
    /// [`Error::is_missing`] when there is none.
    pub async fn get_checkout_session(
        &self,
        session_id: &str,
        expand: &[CheckoutExpand],
    ) -> Result<CheckoutSession, Error> {
        let mut query = Pairs::new();
        expanding(&mut query, expand.iter().map(|what| what.as_str().to_owned()));
        self.get(&["checkout", "sessions", session_id], &query).await
    }

    /// A part of the visits.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_checkout_sessions(&self, filter: &CheckoutFilter) -> Result<List<CheckoutSession>, Error> {
        self.get(&["checkout", "sessions"], &pairs(filter)?).await
    }

    /// All visits, page after page.
    #[must_use]
    pub fn checkout_sessions(&self, filter: &CheckoutFilter) -> Pages<CheckoutSession> {
        Pages::new(self, &["checkout", "sessions"], pairs(filter))
    }

    /// Calls a visit off.
    ///
    /// # Errors
    /// [`Error::Api`] when it is not open any more.
    pub async fn expire_checkout_session(&self, session_id: &str, key: &Idempotency) -> Result<CheckoutSession, Error> {
        self.post(&["checkout", "sessions", session_id, "expire"], key, Ok(Pairs::new())).await
    }
}
