//! `/v1/customers/…/tax_ids`.

use serde_json::json;

use crate::stripe::api::customers::live;
use crate::stripe::book::Book;
use crate::stripe::dispatch::{Ask, Endpoint, delete, get, post};
use crate::stripe::errors::{Answer, StripeError};
use crate::stripe::list::page;
use crate::stripe::records::TaxId;

/// The calls.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    get("/v1/customers/{id}/tax_ids", &[], list),
    post("/v1/customers/{id}/tax_ids", &["type", "value"], create),
    get("/v1/customers/{id}/tax_ids/{tax_id}", &[], show),
    delete("/v1/customers/{id}/tax_ids/{tax_id}", &[], destroy),
];

fn list(book: &Book, ask: &Ask) -> Answer {
    live(book, ask.id(), "id")?;
    page(ask, book.tax_ids.iter().filter(|tax_id| tax_id.customer == ask.id()), TaxId::json)
}

fn create(book: &mut Book, ask: &Ask) -> Answer {
    live(book, ask.id(), "id")?;
    let (kind, value) = (ask.params.required("type")?, ask.params.required("value")?);
    if kind == "eu_vat" && !value.get(..2).is_some_and(|country| country.bytes().all(|byte| byte.is_ascii_alphabetic()))
    {
        return Err(StripeError::coded("tax_id_invalid", "Invalid value for eu_vat.").about("value"));
    }
    let now = book.time_of(ask.id());
    let id = book.add_tax_id(ask.id(), &kind, &value, now);
    book.tax_ids.get(&id, "id").map(TaxId::json)
}

fn show(book: &Book, ask: &Ask) -> Answer {
    found(book, ask).map(TaxId::json)
}

fn found<'a>(book: &'a Book, ask: &Ask) -> Result<&'a TaxId, StripeError> {
    let id = ask.ids.get(1).map_or("", String::as_str);
    book.tax_ids
        .get(id, "id")
        .ok()
        .filter(|tax_id| tax_id.customer == ask.id())
        .ok_or_else(|| StripeError::no_such("tax id", id, "id"))
}

fn destroy(book: &mut Book, ask: &Ask) -> Answer {
    let tax_id = found(book, ask)?.clone();
    let now = book.time_of(ask.id());
    book.remove_tax_id(&tax_id.id, now);
    Ok(json!({"id": tax_id.id, "object": "tax_id", "deleted": true}))
}
