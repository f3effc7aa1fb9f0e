//! What a customer does in a portal session, as its pages do it.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};

use crate::app::Shared;
use crate::control::answer::wrong;
use crate::control::input::Input;
use crate::control::stripe::{card as read_card, done_or_refused};
use crate::stripe::{Book, PortalChange, StripeError};

/// Another `price` or `quantity` of `subscription`; `preview` only says what it would cost.
pub(super) async fn change(State(app): State<Shared>, Path(id): Path<String>, input: Input) -> Response {
    let Ok(quantity) = input.number("quantity") else {
        return wrong("quantity must be a whole number");
    };
    let outcome = app.book.write(|book| {
        let (customer, configuration) = session(book, &id)?;
        let subscription = own(book, &customer, &input)?;
        let item = book.subscriptions.get(&subscription, "subscription")?.items.first().map(|item| item.id.clone());
        let change = PortalChange {
            configuration,
            subscription: subscription.clone(),
            item: item.unwrap_or_default(),
            price: input.text("price").map(str::to_owned),
            quantity: quantity.map(i64::from),
            date: None,
        };
        let at = book.time_of(&customer);
        if input.flag("preview").unwrap_or(false) {
            let waits = book.is_scheduled(&change);
            let mut preview = book.portal_preview(&change, at)?;
            preview["waits_for_period_end"] = waits.into();
            return Ok(preview);
        }
        book.portal_change(&change, at)?;
        shown(book, &subscription)
    });
    done_or_refused(&input, outcome)
}

/// Cancels `subscription`, with `feedback` and `comment`.
pub(super) async fn cancel(State(app): State<Shared>, Path(id): Path<String>, input: Input) -> Response {
    let outcome = app.book.write(|book| {
        let (customer, configuration) = session(book, &id)?;
        let subscription = own(book, &customer, &input)?;
        let at = book.time_of(&customer);
        let text = |name: &str| input.text(name).map(str::to_owned);
        book.portal_cancel(&configuration, &subscription, text("feedback"), text("comment"), at)?;
        shown(book, &subscription)
    });
    done_or_refused(&input, outcome)
}

/// Takes the cancellation of `subscription` back.
pub(super) async fn renew(State(app): State<Shared>, Path(id): Path<String>, input: Input) -> Response {
    let outcome = app.book.write(|book| {
        let (customer, _) = session(book, &id)?;
        let subscription = own(book, &customer, &input)?;
        let at = book.time_of(&customer);
        book.portal_renew(&subscription, at)?;
        shown(book, &subscription)
    });
    done_or_refused(&input, outcome)
}

/// Saves `card` and makes it the default.
pub(super) async fn card(State(app): State<Shared>, Path(id): Path<String>, input: Input) -> Response {
    let card = match read_card(&input) {
        Ok(Some(card)) => card,
        Ok(None) => return wrong("there must be a card"),
        Err(complaint) => return wrong(complaint),
    };
    let outcome = app.book.write(|book| {
        let (customer, _) = session(book, &id)?;
        let at = book.time_of(&customer);
        let method = book.portal_add_card(&customer, card, at)?;
        Ok(json!({"payment_method": method}))
    });
    done_or_refused(&input, outcome)
}

/// By its id, or by what its address ends with.
fn session(book: &Book, id: &str) -> Result<(String, String), StripeError> {
    let by_address = book.portal_sessions.iter().find(|session| session.secret == id);
    let session = by_address.map_or_else(|| book.portal_sessions.get(id, "id"), Ok)?;
    Ok((session.customer.clone(), session.configuration.clone()))
}

/// The subscription that is named, if it is the customer's.
fn own(book: &Book, customer: &str, input: &Input) -> Result<String, StripeError> {
    let id = input.text("subscription").ok_or_else(|| StripeError::missing("subscription"))?;
    let found = book.subscriptions.get(id, "subscription")?;
    if found.customer != customer {
        return Err(StripeError::no_such("subscription", id, "subscription"));
    }
    Ok(id.to_owned())
}

fn shown(book: &Book, subscription: &str) -> Result<Value, StripeError> {
    book.subscriptions.get(subscription, "subscription").map(|subscription| book.subscription_json(subscription))
}
