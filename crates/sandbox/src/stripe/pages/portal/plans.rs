//! The plans one may change to.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;

use crate::portal::render;
use crate::stripe::book::Book;
use crate::stripe::pages::answer::{see_other, unknown};
use crate::stripe::pages::money::{every, money};
use crate::stripe::pages::portal::home::plan_name;
use crate::stripe::pages::portal::visit::{Frame, Part, Visit};
use crate::stripe::records::{PortalConfiguration, Subscription};

#[derive(Template)]
#[template(path = "stripe_portal_plans.html")]
struct Page {
    frame: Frame,
    current: String,
    plans: Vec<Plan>,
}

struct Plan {
    name: String,
    description: Option<String>,
    price: String,
    /// Where it is confirmed; none of the one that runs.
    href: Option<String>,
}

/// Whether the portal can change a subscription at all.
pub(super) fn can_change(configuration: &PortalConfiguration, subscription: &Subscription) -> bool {
    let update = &configuration.features.subscription_update;
    update.enabled
        && update.allowed.iter().any(|allowed| allowed == "price")
        && !subscription.sends_invoices
        && subscription.items.len() == 1
}

/// The plans.
pub(super) async fn show(visit: Visit) -> Response {
    let subscription = match visit.may(Part::Plans).and_then(|()| visit.subscription()) {
        Ok(subscription) => subscription,
        Err(refusal) => return refusal.into_response(),
    };
    // Who is here to confirm one change does not choose another.
    if let Some(flow) = visit.flow_left().filter(|flow| flow.item.is_some()) {
        return see_other(&visit.flow_start(flow));
    }
    if !can_change(&visit.configuration, &subscription) {
        return unknown();
    }
    let page = visit.app.book.read(|book| Page {
        frame: visit.frame(),
        current: plan_name(book, &subscription),
        plans: plans(book, &visit, &subscription),
    });
    visit.answer(render(StatusCode::OK, &page))
}

fn plans(book: &Book, visit: &Visit, subscription: &Subscription) -> Vec<Plan> {
    let update = &visit.configuration.features.subscription_update;
    let offered = update.products.iter().flat_map(|product| &product.prices);
    let plan = |id: &String| {
        let price = book.prices.find(id).filter(|price| price.active)?;
        let product = book.products.find(&price.product)?;
        let amount = price.amount_in(&subscription.currency)?;
        let runs = subscription.items.iter().any(|item| item.price == *id);
        Some(Plan {
            name: product.name.clone(),
            description: product.description.clone(),
            price: format!("{} {}", money(amount, &subscription.currency), every(price.rhythm())),
            href: (!runs).then(|| visit.path(&format!("/plans/{}/to/{id}", subscription.id))),
        })
    };
    offered.filter_map(plan).collect()
}

/// Gives up a change that waits.
pub(super) async fn keep(visit: Visit) -> Response {
    let subscription = match visit.may(Part::Plans).and_then(|()| visit.subscription()) {
        Ok(subscription) => subscription,
        Err(refusal) => return refusal.into_response(),
    };
    let Some(schedule) = subscription.schedule else {
        return see_other(&visit.path(""));
    };
    match visit.write(|book, at| book.release_schedule(&schedule, at)) {
        Ok(()) => see_other(&visit.path("?done=kept")),
        Err(_) => unknown(),
    }
}
