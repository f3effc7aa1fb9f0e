//! The page of the card's bank, where its holder confirms or does not.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use crate::portal::{Form, render};

/// What is said when the holder did not confirm.
pub(super) const FAILED: &str =
    "We are unable to authenticate your payment method. Please choose a different payment method and try again.";

/// The field that says how it went.
const NAME: &str = "authentication";

/// What a card needs before it is good.
pub(super) const ACTION: &str = "invoice_payment_intent_requires_action";

#[derive(Template)]
#[template(path = "stripe_challenge.html")]
struct Page {
    action: String,
    /// What was typed before, which comes back with the answer.
    kept: Vec<(String, String)>,
    amount: Option<String>,
    last4: String,
}

/// How the bank's page was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    NotAsked,
    Confirmed,
    Failed,
}

/// What a form says of it.
pub(super) fn outcome(form: &Form) -> Outcome {
    match form.get(NAME) {
        "complete" => Outcome::Confirmed,
        "fail" => Outcome::Failed,
        _ => Outcome::NotAsked,
    }
}

/// Asks the holder; the form goes to `action` again with what was typed.
pub(super) fn ask(action: &str, form: &Form, amount: Option<String>, last4: &str) -> Response {
    let kept = form.pairs().into_iter().filter(|(name, _)| name != NAME).collect();
    render(StatusCode::OK, &Page { action: action.to_owned(), kept, amount, last4: last4.to_owned() })
}
