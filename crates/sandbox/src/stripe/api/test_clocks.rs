//! `/v1/test_helpers/test_clocks`.

use serde_json::json;

use crate::ids;
use crate::stripe::book::Book;
use crate::stripe::clock::{DAY, Seconds};
use crate::stripe::dispatch::{Ask, Endpoint, delete, get, post};
use crate::stripe::errors::{Answer, StripeError};
use crate::stripe::list::page;
use crate::stripe::records::TestClock;

/// How far a clock without subscriptions may go at once.
const FARTHEST: Seconds = 2 * 366 * DAY;

/// The calls.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    get("/v1/test_helpers/test_clocks", &[], list),
    post("/v1/test_helpers/test_clocks", &["frozen_time", "name", "customer"], create),
    get("/v1/test_helpers/test_clocks/{id}", &[], show),
    delete("/v1/test_helpers/test_clocks/{id}", &[], destroy),
    post("/v1/test_helpers/test_clocks/{id}/advance", &["frozen_time"], advance),
];

fn list(book: &Book, ask: &Ask) -> Answer {
    page(ask, book.test_clocks.iter(), TestClock::json)
}

fn show(book: &Book, ask: &Ask) -> Answer {
    book.test_clocks.get(ask.id(), "id").map(TestClock::json)
}

fn create(book: &mut Book, ask: &Ask) -> Answer {
    let frozen_time = ask.params.moment("frozen_time")?.ok_or_else(|| StripeError::missing("frozen_time"))?;
    let clock = TestClock {
        id: ids::fresh("clock_"),
        name: ask.params.text("name"),
        frozen_time,
        target: None,
        created: ask.now,
    };
    if let Some(customer) = ask.params.text("customer") {
        let customer = book.customers.get_mut(&customer, "customer")?;
        if customer.test_clock.is_some() {
            return Err(StripeError::param("customer", "The customer is on a test clock already."));
        }
        customer.test_clock = Some(clock.id.clone());
    }
    let shown = clock.json();
    book.test_clocks.put(clock);
    book.emit("test_helpers.test_clock.created", shown.clone(), ask.now);
    Ok(shown)
}

fn destroy(book: &mut Book, ask: &Ask) -> Answer {
    let clock = book.test_clocks.get(ask.id(), "id")?.clone();
    let customers: Vec<_> = book
        .customers
        .iter()
        .filter(|customer| customer.test_clock.as_deref() == Some(ask.id()) && !customer.deleted)
        .map(|customer| customer.id.clone())
        .collect();
    for customer in customers {
        book.delete_customer(&customer, clock.frozen_time);
    }
    book.test_clocks.take(ask.id());
    book.emit("test_helpers.test_clock.deleted", clock.json(), ask.now);
    Ok(json!({"id": ask.id(), "object": "test_helpers.test_clock", "deleted": true}))
}

fn advance(book: &mut Book, ask: &Ask) -> Answer {
    let target = ask.params.moment("frozen_time")?.ok_or_else(|| StripeError::missing("frozen_time"))?;
    let clock = book.test_clocks.get(ask.id(), "id")?;
    if clock.target.is_some() {
        return Err(StripeError::invalid("The test clock is advancing already. Wait until its status is ready."));
    }
    if target <= clock.frozen_time {
        return Err(StripeError::param("frozen_time", "The frozen_time must be later than the clock's current one."));
    }
    let most = shortest(book, ask.id()).map_or(FARTHEST, |interval| 2 * interval);
    if target > clock.frozen_time + most {
        return Err(StripeError::param(
            "frozen_time",
            "You can advance a clock by at most two intervals of its shortest subscription, or two years without one.",
        ));
    }
    let at = clock.frozen_time;
    let clock = book.test_clocks.get_mut(ask.id(), "id")?;
    clock.target = Some(target);
    let shown = clock.json();
    book.emit("test_helpers.test_clock.advancing", shown.clone(), at);
    Ok(shown)
}

/// The shortest interval that is billed on a clock.
fn shortest(book: &Book, clock: &str) -> Option<Seconds> {
    let is_on_clock = |customer: &str| {
        book.customers.find(customer).is_some_and(|customer| customer.test_clock.as_deref() == Some(clock))
    };
    book.subscriptions
        .iter()
        .filter(|subscription| !subscription.status.is_over() && is_on_clock(&subscription.customer))
        .flat_map(|subscription| &subscription.items)
        .filter_map(|item| book.prices.find(&item.price))
        .map(|price| price.rhythm().longest())
        .min()
}
