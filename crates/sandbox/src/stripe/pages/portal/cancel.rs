//! Cancelling a plan, and taking that back.

use askama::Template;
use axum::response::{IntoResponse as _, Response};

use crate::portal::{Form, render};
use crate::stripe::clock::day;
use crate::stripe::pages::answer::{see_other, unknown};
use crate::stripe::pages::fields::status;
use crate::stripe::pages::portal::home::plan_name;
use crate::stripe::pages::portal::visit::{Frame, Part, Visit};
use crate::stripe::records::Subscription;

/// The longest comment.
const COMMENT: usize = 1_000;

#[derive(Template)]
#[template(path = "stripe_portal_cancel.html")]
struct Page {
    frame: Frame,
    action: String,
    plan: String,
    /// When it ends; none when it ends at once.
    end: Option<String>,
    credited: bool,
    /// Values and their words.
    reasons: Vec<(String, &'static str)>,
    alert: Option<String>,
}

/// The words of a reason.
fn words(reason: &str) -> &'static str {
    match reason {
        "too_expensive" => "It's too expensive",
        "missing_features" => "Some features are missing",
        "switched_service" => "I'm switching to another service",
        "unused" => "I don't use it enough",
        "customer_service" => "Customer service was less than expected",
        "too_complex" => "Ease of use was less than expected",
        "low_quality" => "Quality was less than expected",
        _ => "Other reason",
    }
}

/// Asks whether that is meant, and why.
pub(super) async fn show(visit: Visit) -> Response {
    match visit.may(Part::Cancel).and_then(|()| visit.subscription()) {
        Ok(subscription) if subscription.is_ending() => see_other(&visit.path("")),
        Ok(subscription) => page(&visit, &subscription, None),
        Err(refusal) => refusal.into_response(),
    }
}

fn page(visit: &Visit, subscription: &Subscription, alert: Option<String>) -> Response {
    let cancel = &visit.configuration.features.subscription_cancel;
    let reasons = cancel.reasons.clone().unwrap_or_default();
    let page = Page {
        frame: visit.frame(),
        action: visit.path(&format!("/plans/{}/cancel", subscription.id)),
        plan: visit.app.book.read(|book| plan_name(book, subscription)),
        end: (!cancel.immediately).then(|| day(subscription.last_period_end())),
        credited: cancel.immediately && cancel.prorates,
        reasons: reasons.into_iter().map(|reason| (reason.clone(), words(&reason))).collect(),
        alert,
    };
    visit.answer(render(status(page.alert.is_none()), &page))
}

/// Cancels.
pub(super) async fn cancel(visit: Visit, form: Form) -> Response {
    let subscription = match visit.may(Part::Cancel).and_then(|()| visit.subscription()) {
        Ok(subscription) => subscription,
        Err(refusal) => return refusal.into_response(),
    };
    // Pressed twice: it is cancelled already.
    if subscription.is_ending() {
        return visit.finish("cancelled");
    }
    let offered = visit.configuration.features.subscription_cancel.reasons.clone().unwrap_or_default();
    let feedback = offered.into_iter().find(|reason| reason == form.get("reason"));
    let comment: String = form.get("comment").chars().take(COMMENT).collect();
    let comment = Some(comment).filter(|comment| !comment.is_empty());
    let configuration = &visit.configuration.id;
    match visit.write(|book, at| book.portal_cancel(configuration, &subscription.id, feedback, comment, at)) {
        Ok(()) => visit.finish("cancelled"),
        Err(refusal) => page(&visit, &subscription, Some(refusal.message)),
    }
}

/// Takes it back.
pub(super) async fn renew(visit: Visit) -> Response {
    let subscription = match visit.may(Part::Cancel).and_then(|()| visit.subscription()) {
        Ok(subscription) => subscription,
        Err(refusal) => return refusal.into_response(),
    };
    match visit.write(|book, at| book.portal_renew(&subscription.id, at)) {
        Ok(()) => see_other(&visit.path("?done=renewed")),
        Err(_) => unknown(),
    }
}
