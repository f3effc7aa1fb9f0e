//! A change of plan, with what it costs, before and after it is confirmed.

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

use crate::portal::{Form, render};
use crate::stripe::PortalChange;
use crate::stripe::clock::{HOUR, Seconds, day};
use crate::stripe::pages::answer::unknown;
use crate::stripe::pages::challenge::{self, Outcome};
use crate::stripe::pages::fields::status;
use crate::stripe::pages::money::{every, money};
use crate::stripe::pages::portal::home::{card_name, plan_name};
use crate::stripe::pages::portal::plans::can_change;
use crate::stripe::pages::portal::visit::{Frame, Part, Refusal, Visit};
use crate::stripe::records::Subscription;

/// How old the amounts may be that are confirmed.
const FRESH: Seconds = HOUR;

#[derive(Template)]
#[template(path = "stripe_portal_confirm.html")]
struct Page {
    frame: Frame,
    action: String,
    /// The moment the amounts are of.
    date: Seconds,
    old: String,
    new: String,
    price: String,
    /// The day it begins, when it waits.
    begins: Option<String>,
    lines: Vec<(String, String)>,
    /// What is due, and when unless it is now.
    due: String,
    later: Option<String>,
    /// What is left of credit, when there is no end to it.
    credit: Option<String>,
    card: Option<String>,
    alert: Option<String>,
}

/// The subscription and the change of it that the address names.
fn find(visit: &Visit) -> Result<(Subscription, PortalChange), Refusal> {
    visit.may(Part::Plans)?;
    let subscription = visit.subscription()?;
    let price = visit.name(1);
    if !visit.configuration.offers(price) {
        return Err(Refusal::Unknown);
    }
    let Some(item) = subscription.items.first() else {
        return Err(Refusal::Unknown);
    };
    let mut change = PortalChange {
        configuration: visit.configuration.id.clone(),
        subscription: subscription.id.clone(),
        item: item.id.clone(),
        price: Some(price.to_owned()),
        quantity: Some(item.quantity),
        date: None,
    };
    match visit.flow_left().and_then(|flow| flow.item.as_ref()) {
        Some((item, wanted, quantity)) => {
            // A change that is to be confirmed is that one and no other.
            if wanted.as_deref().is_some_and(|wanted| wanted != price) {
                return Err(Refusal::Unknown);
            }
            item.clone_into(&mut change.item);
            change.quantity = quantity.or(change.quantity);
        }
        None if !can_change(&visit.configuration, &subscription) => return Err(Refusal::Unknown),
        None => {}
    }
    Ok((subscription, change))
}

/// What it would cost.
pub(super) async fn show(visit: Visit) -> Response {
    match find(&visit) {
        Ok((subscription, change)) => page(&visit, &subscription, change, None),
        Err(refusal) => refusal.into_response(),
    }
}

fn page(visit: &Visit, subscription: &Subscription, mut change: PortalChange, alert: Option<String>) -> Response {
    let app = &visit.app;
    let date = change.date.unwrap_or(visit.at);
    change.date = Some(date);
    let waits = app.book.read(|book| book.is_scheduled(&change));
    let preview = if waits { Ok(Value::Null) } else { app.book.read(|book| book.portal_preview(&change, visit.at)) };
    let (preview, alert) = match preview {
        Ok(preview) => (preview, alert),
        Err(refusal) => (Value::Null, Some(alert.unwrap_or(refusal.message))),
    };
    let currency = &subscription.currency;
    let amount = |name: &str| preview[name].as_i64().unwrap_or_default();
    let lines = preview["lines"]["data"].as_array().into_iter().flatten().map(|line| {
        let text = line["description"].as_str().unwrap_or_default().to_owned();
        (text, money(line["amount"].as_i64().unwrap_or_default(), currency))
    });
    let created = preview["created"].as_i64().filter(|created| *created > visit.at);
    let total = amount("total");
    let page = app.book.read(|book| {
        let price = change.price.as_deref().and_then(|id| book.prices.find(id))?;
        let product = book.products.find(&price.product)?;
        let quantity = change.quantity.unwrap_or(1);
        let whole = price.amount_in(currency)? * quantity;
        let method = book.method_for(&visit.customer.id, Some(&subscription.id), None);
        Some(Page {
            frame: visit.frame(),
            action: visit.path(&format!("/plans/{}/to/{}", subscription.id, price.id)),
            date,
            old: plan_name(book, subscription),
            new: if quantity == 1 { product.name.clone() } else { format!("{} × {quantity}", product.name) },
            price: format!("{} {}", money(whole, currency), every(price.rhythm())),
            begins: waits.then(|| day(subscription.period_end())),
            lines: lines.collect(),
            due: money(amount("amount_due"), currency),
            later: created.map(day),
            credit: (total < 0).then(|| money(-total, currency)),
            card: method.and_then(|id| book.payment_methods.find(&id).map(card_name)),
            alert,
        })
    });
    match page {
        Some(page) => visit.answer(render(status(page.alert.is_none()), &page)),
        None => unknown(),
    }
}

/// Does it.
pub(super) async fn change(visit: Visit, form: Form) -> Response {
    let (subscription, mut change) = match find(&visit) {
        Ok(found) => found,
        Err(refusal) => return refusal.into_response(),
    };
    // Pressed twice: it is done already.
    let item = subscription.items.iter().find(|item| item.id == change.item);
    if item.is_some_and(|item| change.price.as_ref() == Some(&item.price) && change.quantity == Some(item.quantity)) {
        return visit.finish("changed");
    }
    if challenge::outcome(&form) == Outcome::Failed {
        return page(&visit, &subscription, change, Some(challenge::FAILED.to_owned()));
    }
    // What was shown is what is charged.
    let period = subscription.period_start()..=subscription.period_end();
    let shown = form.get("date").parse().ok();
    change.date = shown.filter(|date| (visit.at - FRESH..=visit.at).contains(date) && period.contains(date));
    let waits = visit.app.book.read(|book| book.is_scheduled(&change));
    let customer = &visit.customer.id;
    let confirmed = challenge::outcome(&form) == Outcome::Confirmed;
    let done = visit.write(|book, at| {
        if confirmed {
            book.with_holder(customer, &subscription.id, |book| book.portal_change(&change, at))
        } else {
            book.portal_change(&change, at)
        }
    });
    match done {
        Ok(()) => visit.finish(if waits { "scheduled" } else { "changed" }),
        Err(refusal) if refusal.code == Some(challenge::ACTION) => {
            let action = visit.path(&format!("/plans/{}/to/{}", subscription.id, visit.name(1)));
            let last4 = visit.app.book.read(|book| {
                let method = book.method_for(customer, Some(&subscription.id), None)?;
                Some(book.payment_methods.find(&method)?.card.last4().to_owned())
            });
            visit.answer(challenge::ask(&action, &form, None, &last4.unwrap_or_default()))
        }
        Err(refusal) => page(&visit, &subscription, change, Some(refusal.message)),
    }
}
