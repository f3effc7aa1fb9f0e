//! `/v1/subscription_items`.

use serde_json::json;

use crate::stripe::api::subscription_params::{on_failure, prorating};
use crate::stripe::billing::{Change, ItemChange};
use crate::stripe::book::{Book, whole_list};
use crate::stripe::dispatch::{Ask, Endpoint, delete, get, post};
use crate::stripe::errors::{Answer, StripeError};
use crate::stripe::records::{Item, Subscription};

/// The calls.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    get("/v1/subscription_items", &["subscription"], list),
    post(
        "/v1/subscription_items",
        &[
            "subscription",
            "price",
            "quantity",
            "proration_behavior",
            "proration_date",
            "payment_behavior",
            "metadata[*]",
        ],
        create,
    ),
    get("/v1/subscription_items/{id}", &[], show),
    post(
        "/v1/subscription_items/{id}",
        &[
            "price",
            "quantity",
            "proration_behavior",
            "proration_date",
            "payment_behavior",
            "off_session",
            "metadata[*]",
        ],
        change,
    ),
    delete("/v1/subscription_items/{id}", &["proration_behavior", "proration_date"], destroy),
];

fn list(book: &Book, ask: &Ask) -> Answer {
    let subscription = book.subscriptions.get(&ask.params.required("subscription")?, "subscription")?;
    let items = subscription.items.iter().map(|item| book.subscription_item_json(item, &subscription.id));
    Ok(whole_list(items.collect(), &ask.path))
}

fn found<'a>(book: &'a Book, id: &str) -> Result<(&'a Subscription, &'a Item), StripeError> {
    let of = |subscription: &'a Subscription| {
        subscription.items.iter().find(|item| item.id == id).map(|item| (subscription, item))
    };
    book.subscriptions.iter().find_map(of).ok_or_else(|| StripeError::no_such("subscription_item", id, "id"))
}

fn show(book: &Book, ask: &Ask) -> Answer {
    let (subscription, item) = found(book, ask.id())?;
    Ok(book.subscription_item_json(item, &subscription.id))
}

fn create(book: &mut Book, ask: &Ask) -> Answer {
    let id = ask.params.required("subscription")?;
    let known = book.subscriptions.get(&id, "subscription")?.items.clone();
    let item = read(ask, None, false)?;
    apply(book, ask, &id, item)?;
    let subscription = book.subscriptions.get(&id, "subscription")?;
    let new = subscription.items.iter().find(|item| known.iter().all(|known| known.id != item.id));
    let new = new.ok_or_else(|| StripeError::invalid("The item waits for a payment."))?;
    Ok(book.subscription_item_json(new, &id))
}

fn change(book: &mut Book, ask: &Ask) -> Answer {
    let id = found(book, ask.id())?.0.id.clone();
    let item = read(ask, Some(ask.id()), false)?;
    apply(book, ask, &id, item)?;
    show(book, ask)
}

fn destroy(book: &mut Book, ask: &Ask) -> Answer {
    let id = found(book, ask.id())?.0.id.clone();
    let item = read(ask, Some(ask.id()), true)?;
    apply(book, ask, &id, item)?;
    Ok(json!({"id": ask.id(), "object": "subscription_item", "deleted": true}))
}

fn read(ask: &Ask, id: Option<&str>, deleted: bool) -> Result<ItemChange, StripeError> {
    Ok(ItemChange {
        id: id.map(str::to_owned),
        price: ask.params.text("price"),
        quantity: ask.params.integer("quantity")?,
        deleted,
        metadata: ask.params.has("metadata").then(|| ask.params.metadata()),
        name: "item".to_owned(),
    })
}

fn apply(book: &mut Book, ask: &Ask, subscription: &str, item: ItemChange) -> Result<(), StripeError> {
    let params = &ask.params;
    let at = book.time_of(&book.subscriptions.get(subscription, "subscription")?.customer);
    let change = Change {
        items: vec![item],
        prorating: prorating(params)?,
        proration_date: params.moment("proration_date")?,
        on_failure: on_failure(params)?,
        ..Change::default()
    };
    book.change_plan(subscription, &change, at)
}
