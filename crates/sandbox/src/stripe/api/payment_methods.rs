//! `/v1/payment_methods`, and those of a customer.

use crate::stripe::api::customers::live;
use crate::stripe::book::Book;
use crate::stripe::cards;
use crate::stripe::dispatch::{Ask, Endpoint, get, post};
use crate::stripe::errors::{Answer, StripeError};
use crate::stripe::list::page;
use crate::stripe::records::{Address, PaymentMethod};

const DETAILS: [&str; 3] = ["name", "email", "phone"];

/// The calls.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    get("/v1/payment_methods", &["customer", "type"], list),
    post(
        "/v1/payment_methods",
        &[
            "type",
            "card[number]",
            "card[exp_month]",
            "card[exp_year]",
            "card[cvc]",
            "card[token]",
            "billing_details[name]",
            "billing_details[email]",
            "billing_details[phone]",
            "billing_details[address][*]",
            "metadata[*]",
        ],
        create,
    ),
    get("/v1/payment_methods/{id}", &[], show),
    post(
        "/v1/payment_methods/{id}",
        &[
            "card[exp_month]",
            "card[exp_year]",
            "billing_details[name]",
            "billing_details[email]",
            "billing_details[phone]",
            "billing_details[address][*]",
            "metadata[*]",
        ],
        change,
    ),
    post("/v1/payment_methods/{id}/attach", &["customer"], attach),
    post("/v1/payment_methods/{id}/detach", &[], detach),
    get("/v1/customers/{id}/payment_methods", &["type"], of_customer),
    get("/v1/customers/{id}/payment_methods/{method}", &[], one_of_customer),
];

fn list(book: &Book, ask: &Ask) -> Answer {
    of(book, ask, &ask.params.required("customer")?, "customer")
}

fn of_customer(book: &Book, ask: &Ask) -> Answer {
    of(book, ask, ask.id(), "id")
}

fn of(book: &Book, ask: &Ask, customer: &str, param: &str) -> Answer {
    live(book, customer, param)?;
    let is_wanted = ask.params.text("type").is_none_or(|kind| kind == "card");
    let passes = |method: &&PaymentMethod| is_wanted && method.customer.as_deref() == Some(customer);
    page(ask, book.payment_methods.iter().filter(passes), PaymentMethod::json)
}

fn show(book: &Book, ask: &Ask) -> Answer {
    book.payment_methods.get(ask.id(), "id").map(PaymentMethod::json)
}

fn one_of_customer(book: &Book, ask: &Ask) -> Answer {
    let id = ask.ids.get(1).map_or("", String::as_str);
    let method = book.payment_methods.get(id, "id")?;
    if method.customer.as_deref() != Some(ask.id()) {
        return Err(StripeError::no_such("PaymentMethod", id, "id"));
    }
    Ok(method.json())
}

fn create(book: &mut Book, ask: &Ask) -> Answer {
    let params = &ask.params;
    if params.required("type")? != "card" {
        return Err(StripeError::param("type", "The sandbox has cards only."));
    }
    let data = params.group("card");
    let card = match data.text("token") {
        Some(token) => {
            cards::by_token(&token).ok_or_else(|| StripeError::no_such("token", &token, "card[token]"))?.card(12, 2040)
        }
        None => {
            let number = data.required("number")?;
            let (month, year) = expiry(&data)?;
            cards::by_number(&number)
                .ok_or_else(|| cards::declined("incorrect_number", None).about("card[number]"))?
                .card(
                    month.ok_or_else(|| StripeError::missing("card[exp_month]"))?,
                    year.ok_or_else(|| StripeError::missing("card[exp_year]"))?,
                )
        }
    };
    let mut method = PaymentMethod::new(card, ask.now);
    describe(ask, &mut method);
    method.metadata = params.metadata();
    let shown = method.json();
    book.payment_methods.put(method);
    Ok(shown)
}

fn change(book: &mut Book, ask: &Ask) -> Answer {
    let mut method = book.payment_methods.get(ask.id(), "id")?.clone();
    if method.customer.is_none() {
        return Err(StripeError::invalid("You must save this PaymentMethod to a customer before you can update it."));
    }
    let before = method.json();
    let (month, year) = expiry(&ask.params.group("card"))?;
    method.card.exp_month = month.unwrap_or(method.card.exp_month);
    method.card.exp_year = year.unwrap_or(method.card.exp_year);
    describe(ask, &mut method);
    ask.params.merge_metadata(&mut method.metadata);
    let after = method.json();
    let now = book.time_of(method.customer.as_deref().unwrap_or_default());
    *book.payment_methods.get_mut(ask.id(), "id")? = method;
    book.emit_change("payment_method.updated", &before, after.clone(), now);
    Ok(after)
}

fn describe(ask: &Ask, method: &mut PaymentMethod) {
    let details = ask.params.group("billing_details");
    for (name, field) in DETAILS.into_iter().zip([&mut method.name, &mut method.email, &mut method.phone]) {
        if let Some(text) = details.settable(name) {
            *field = text;
        }
    }
    if let Some(address) = Address::read(&details, "address") {
        method.address = address;
    }
}

fn expiry(data: &crate::stripe::form::Params) -> Result<(Option<i64>, Option<i64>), StripeError> {
    let (month, year) = (data.integer("exp_month")?, data.integer("exp_year")?);
    if month.is_some_and(|month| !(1..=12).contains(&month)) {
        return Err(StripeError::card("invalid_expiry_month", None, "Your card's expiration month is invalid.")
            .about("card[exp_month]"));
    }
    if year.is_some_and(|year| !(2000..=2100).contains(&year)) {
        return Err(StripeError::card("invalid_expiry_year", None, "Your card's expiration year is invalid.")
            .about("card[exp_year]"));
    }
    Ok((month, year))
}

fn attach(book: &mut Book, ask: &Ask) -> Answer {
    let customer = ask.params.required("customer")?;
    live(book, &customer, "customer")?;
    let now = book.time_of(&customer);
    let id = book.attach(ask.id(), &customer, "id", now)?;
    book.payment_methods.get(&id, "id").map(PaymentMethod::json)
}

fn detach(book: &mut Book, ask: &Ask) -> Answer {
    let method = book.payment_methods.get(ask.id(), "id")?;
    let Some(customer) = method.customer.clone() else {
        return Err(StripeError::invalid(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
        ));
    };
    let now = book.time_of(&customer);
    book.detach(ask.id(), now);
    show(book, ask)
}
