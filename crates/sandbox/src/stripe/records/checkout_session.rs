//! Checkout sessions: a page on which somebody buys a subscription, or saves a card.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::stripe::book::{Book, whole_list};
use crate::stripe::clock::Seconds;
use crate::stripe::form::Metadata;
use crate::stripe::records::WithoutCard;
use crate::stripe::shelf::Record;

/// Where a session stands.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SessionStatus {
    Open,
    Complete,
    Expired,
}

/// A session.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct CheckoutSession {
    /// Unguessable: whoever has it sees the page.
    pub(crate) id: String,
    pub(crate) customer: String,
    /// `subscription` or `setup`.
    pub(crate) mode: String,
    pub(crate) status: SessionStatus,
    /// Prices and quantities.
    pub(crate) line_items: Vec<(String, i64)>,
    pub(crate) currency: String,
    pub(crate) client_reference_id: Option<String>,
    /// May hold the literal `{CHECKOUT_SESSION_ID}`.
    pub(crate) success_url: Option<String>,
    pub(crate) cancel_url: Option<String>,
    pub(crate) expires_at: Seconds,
    pub(crate) trial_period_days: Option<i64>,
    pub(crate) trial_end: Option<Seconds>,
    pub(crate) without_card: WithoutCard,
    pub(crate) subscription_metadata: Metadata,
    pub(crate) subscription_description: Option<String>,
    /// Whether a card is asked for though nothing is due: `always` or `if_required`.
    pub(crate) payment_method_collection: String,
    pub(crate) allow_promotion_codes: bool,
    pub(crate) automatic_tax: bool,
    pub(crate) tax_id_collection: bool,
    /// `auto` or `required`.
    pub(crate) billing_address_collection: Option<String>,
    /// What is copied to the customer: address, name.
    pub(crate) customer_update: CustomerUpdate,
    pub(crate) custom_fields: Vec<CheckoutField>,
    pub(crate) terms_of_service: bool,
    /// Whether the terms were accepted.
    pub(crate) accepted_terms: bool,
    pub(crate) custom_text: Metadata,
    pub(crate) submit_type: Option<String>,
    pub(crate) locale: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) subscription: Option<String>,
    pub(crate) invoice: Option<String>,
    pub(crate) setup_intent: Option<String>,
    pub(crate) created: Seconds,
}

/// What of a session reaches the customer.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct CustomerUpdate {
    pub(crate) address: bool,
    pub(crate) name: bool,
}

/// A field of one's own on the page.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct CheckoutField {
    pub(crate) key: String,
    pub(crate) label: String,
    pub(crate) optional: bool,
    /// What was typed.
    pub(crate) value: Option<String>,
}

impl Record for CheckoutSession {
    const NAME: &'static str = "checkout.session";

    fn id(&self) -> &str {
        &self.id
    }
}

impl CheckoutSession {
    /// When the trial ends if the session is completed now.
    pub(crate) fn trial_end_at(&self, now: Seconds) -> Option<Seconds> {
        let days = self.trial_period_days.map(|days| now + days * crate::stripe::clock::DAY);
        self.trial_end.or(days).filter(|end| *end > now)
    }

    /// Where people are sent when it is complete.
    pub(crate) fn destination(&self) -> Option<String> {
        self.success_url.as_ref().map(|url| url.replace("{CHECKOUT_SESSION_ID}", &self.id))
    }
}

impl Book {
    /// What is paid when a session is completed.
    pub(crate) fn checkout_total(&self, session: &CheckoutSession) -> i64 {
        if session.trial_period_days.is_some() || session.trial_end.is_some() {
            0
        } else {
            self.checkout_price(session)
        }
    }

    /// What its prices come to in a period.
    pub(crate) fn checkout_price(&self, session: &CheckoutSession) -> i64 {
        let amount = |(price, quantity): &(String, i64)| {
            self.prices.find(price).and_then(|price| price.amount_in(&session.currency)).unwrap_or_default() * quantity
        };
        session.line_items.iter().map(amount).sum()
    }

    /// Its lines, as the API shows them.
    pub(crate) fn checkout_lines(&self, session: &CheckoutSession) -> Value {
        let lines = session.line_items.iter().enumerate().filter_map(|(index, (id, quantity))| {
            let price = self.prices.find(id)?;
            let amount = price.amount_in(&session.currency)? * quantity;
            let total = if self.checkout_total(session) == 0 { 0 } else { amount };
            Some(json!({
                "id": format!("li_{index}{}", session.id.trim_start_matches("cs_test_")),
                "object": "item",
                "adjustable_quantity": null,
                "amount_discount": 0,
                "amount_subtotal": total,
                "amount_tax": 0,
                "amount_total": total,
                "currency": session.currency,
                "description": self.products.find(&price.product).map(|product| product.name.clone()),
                "metadata": {},
                "price": price.json(),
                "quantity": quantity,
            }))
        });
        whole_list(lines.collect(), &format!("/v1/checkout/sessions/{}/line_items", session.id))
    }

    /// As the API shows it.
    pub(crate) fn checkout_session_json(&self, session: &CheckoutSession) -> Value {
        let customer = self.customers.find(&session.customer);
        let total = self.checkout_total(session);
        let is_subscription = session.mode == "subscription";
        let tax_ids = self.tax_ids.iter().filter(|tax_id| tax_id.customer == session.customer);
        let tax_ids: Vec<_> = tax_ids.map(|tax_id| json!({"type": tax_id.kind, "value": tax_id.value})).collect();
        let text = |name: &str| session.custom_text.get(name).map(|message| json!({"message": message}));
        json!({
            "id": session.id,
            "object": "checkout.session",
            "adaptive_pricing": null,
            "after_expiration": null,
            "allow_promotion_codes": session.allow_promotion_codes.then_some(true),
            "allowed_payment_method_types": null,
            "amount_subtotal": is_subscription.then_some(total),
            "amount_total": is_subscription.then_some(total),
            "automatic_tax": {
                "enabled": session.automatic_tax,
                "liability": session.automatic_tax.then(|| json!({"type": "self"})),
                "provider": null,
                "status": session.automatic_tax.then_some("complete"),
            },
            "billing_address_collection": session.billing_address_collection,
            "cancel_url": session.cancel_url,
            "client_reference_id": session.client_reference_id,
            "client_secret": null,
            "collected_information": null,
            "consent": session.terms_of_service.then(|| json!({
                "promotions": null,
                "terms_of_service": session.accepted_terms.then_some("accepted"),
            })),
            "consent_collection": session.terms_of_service.then(|| json!({
                "payment_method_reuse_agreement": null, "promotions": "none", "terms_of_service": "required",
            })),
            "created": session.created,
            "currency": is_subscription.then_some(&session.currency),
            "currency_conversion": null,
            "custom_fields": session.custom_fields.iter().map(CheckoutField::json).collect::<Vec<_>>(),
            "custom_text": {
                "after_submit": text("after_submit"),
                "shipping_address": null,
                "submit": text("submit"),
                "terms_of_service_acceptance": text("terms_of_service_acceptance"),
            },
            "customer": session.customer,
            "customer_account": null,
            "customer_creation": null,
            "customer_details": customer.map(|customer| json!({
                "address": customer.address,
                "business_name": customer.business_name,
                "email": customer.email,
                "individual_name": customer.individual_name,
                "name": customer.name,
                "phone": customer.phone,
                "tax_exempt": customer.tax_exempt,
                "tax_ids": tax_ids,
            })),
            "customer_email": null,
            "discounts": [],
            "expires_at": session.expires_at,
            "integration_identifier": null,
            "invoice": session.invoice,
            "invoice_creation": null,
            "livemode": false,
            "locale": session.locale,
            "managed_payments": null,
            "metadata": session.metadata,
            "mode": session.mode,
            "origin_context": null,
            "payment_intent": null,
            "payment_link": null,
            "payment_method_collection": is_subscription.then_some(&session.payment_method_collection),
            "payment_method_configuration_details": null,
            "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
            "payment_method_types": ["card"],
            "payment_status": match session.status {
                _ if total == 0 => "no_payment_required",
                SessionStatus::Complete => "paid",
                SessionStatus::Open | SessionStatus::Expired => "unpaid",
            },
            "permissions": null,
            "phone_number_collection": {"enabled": false},
            "recovered_from": null,
            "saved_payment_method_options": {
                "allow_redisplay_filters": ["always"], "payment_method_remove": "disabled", "payment_method_save": null,
            },
            "setup_intent": session.setup_intent,
            "shipping_address_collection": null,
            "shipping_cost": null,
            "shipping_options": [],
            "status": session.status,
            "submit_type": session.submit_type,
            "subscription": session.subscription,
            "success_url": session.success_url,
            "tax_id_collection": {"enabled": session.tax_id_collection, "required": "never"},
            "total_details": is_subscription.then(|| json!({
                "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0,
            })),
            "ui_mode": "hosted_page",
            "url": (session.status == SessionStatus::Open).then(|| format!("{}/c/pay/{}", self.origin, session.id)),
            "wallet_options": null,
        })
    }
}

impl CheckoutField {
    fn json(&self) -> Value {
        json!({
            "key": self.key,
            "label": {"custom": self.label, "type": "custom"},
            "optional": self.optional,
            "text": {"default_value": null, "maximum_length": null, "minimum_length": null, "value": self.value},
            "type": "text",
        })
    }
}
