//! Moving a subscription's customer to where something happens, and cancelling as the dashboard does.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::json;

use crate::app::Shared;
use crate::clock::{SECOND, now};
use crate::control::answer::{done, unknown, wrong};
use crate::control::input::Input;
use crate::control::stripe::done_or_refused;
use crate::stripe::{Ending, StripeError};

/// Takes the customer's time `to` the `trial_end` or the `renewal`; what is due is done on the way.
pub(super) async fn advance(State(app): State<Shared>, Path(id): Path<String>, input: Input) -> Response {
    let to = input.text("to");
    if !matches!(to, Some("trial_end" | "renewal")) {
        return wrong("to must be trial_end or renewal");
    }
    let time = app.book.write(|book| {
        let found = book.subscriptions.find(&id).filter(|found| !found.status.is_over())?;
        let customer = book.customers.find(&found.customer).filter(|customer| customer.test_clock.is_none())?;
        let customer = customer.id.clone();
        let end = if to == Some("trial_end") { found.trial_end? } else { found.period_end() };
        let by = end - book.time_of(&customer);
        (by > 0).then(|| {
            book.move_ahead(&customer, by, now() / SECOND);
            book.time_of(&customer)
        })
    });
    match time {
        Some(time) => done(&input, json!({"now": time})),
        None => unknown("end to come of a subscription without a test clock"),
    }
}

/// Cancels: `when` is `period_end`, which sets the flag the portal does not, or `now`.
pub(super) async fn cancel(State(app): State<Shared>, Path(id): Path<String>, input: Input) -> Response {
    let when = input.text("when");
    if !matches!(when, Some("period_end" | "now")) {
        return wrong("when must be period_end or now");
    }
    let outcome = app.book.write(|book| {
        let found = book.subscriptions.get(&id, "id")?;
        if found.status.is_over() {
            return Err(StripeError::no_such("subscription", &id, "id"));
        }
        let at = book.time_of(&found.customer);
        if when == Some("now") {
            book.end(&id, &Ending::default(), "cancellation_requested", at)?;
        } else {
            book.change_subscription(&id, at, |subscription| {
                subscription.cancel_at_period_end = true;
                subscription.cancel_at = Some(subscription.last_period_end());
                subscription.canceled_at = Some(at);
                subscription.reason = Some("cancellation_requested".to_owned());
            });
        }
        book.subscriptions.get(&id, "id").map(|subscription| book.subscription_json(subscription))
    });
    done_or_refused(&input, outcome)
}
