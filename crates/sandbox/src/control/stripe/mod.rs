//! What can be made to happen at the sandbox's Stripe.

mod cards;
mod checkout;
mod clocks;
mod dump;
mod invoices;
mod portal;
mod section;
mod settings;
mod subscriptions;
mod webhooks;

pub(super) use section::Section;

use axum::Router;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::Value;

use crate::app::Shared;
use crate::control::answer::done;
use crate::control::input::Input;
use crate::stripe::{Card, StripeError, card_by_number, card_by_token};

/// Everything under `/control/stripe`.
pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route("/control/stripe/state.json", get(dump::show))
        .route("/control/stripe/dunning", post(settings::change))
        .route("/control/stripe/customers/{id}/advance", post(clocks::advance))
        .route("/control/stripe/customers/{id}/fail-next-charge", post(cards::fail_next))
        .route("/control/stripe/customers/{id}/expire-card", post(cards::expire))
        .route("/control/stripe/subscriptions/{id}/advance", post(subscriptions::advance))
        .route("/control/stripe/subscriptions/{id}/cancel", post(subscriptions::cancel))
        .route("/control/stripe/checkout/{id}/complete", post(checkout::complete))
        .route("/control/stripe/portal/{id}/change", post(portal::change))
        .route("/control/stripe/portal/{id}/cancel", post(portal::cancel))
        .route("/control/stripe/portal/{id}/renew", post(portal::renew))
        .route("/control/stripe/portal/{id}/card", post(portal::card))
        .route("/control/stripe/invoices/{id}/pay", post(invoices::pay))
        .route("/control/stripe/webhooks", post(webhooks::change))
        .route("/control/stripe/webhooks/release", post(webhooks::release))
        .route("/control/stripe/endpoints/{id}/secret", post(webhooks::rotate_secret))
        .route("/control/stripe/endpoints/{id}/secret/end-overlap", post(webhooks::end_overlap))
        .route("/control/stripe/deliveries/{id}/resend", post(webhooks::resend))
        .route("/control/stripe/deliveries/{id}/duplicate", post(webhooks::duplicate))
}

/// It is done, or Stripe would not do it either.
fn done_or_refused(input: &Input, outcome: Result<Value, StripeError>) -> Response {
    match outcome {
        Ok(answer) => done(input, answer),
        Err(refusal) => refusal.into_response(),
    }
}

/// The card of `card`, by its number or token; its holder has confirmed when `confirmed` says so.
fn card(input: &Input) -> Result<Option<Card>, &'static str> {
    let Some(text) = input.text("card") else {
        return Ok(None);
    };
    let known = card_by_number(text).or_else(|| card_by_token(text));
    let mut card = known.ok_or("card must be the number or token of a test card, such as pm_card_visa")?.card(12, 2040);
    card.authenticated = input.flag("confirmed").unwrap_or(false);
    Ok(Some(card))
}
