//! `/v1/products`.

use serde_json::json;

use crate::ids;
use crate::stripe::book::Book;
use crate::stripe::dispatch::{Ask, Endpoint, delete, get, post};
use crate::stripe::errors::{Answer, StripeError};
use crate::stripe::list::{Range, page};
use crate::stripe::records::Product;

const FIELDS: &[&str] = &[
    "active",
    "name",
    "description",
    "default_price",
    "marketing_features[*][name]",
    "tax_code",
    "unit_label",
    "statement_descriptor",
    "url",
    "metadata[*]",
];

/// The calls.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    get("/v1/products", &["active", "ids[*]", "created", "created[*]", "url", "type"], list),
    post(
        "/v1/products",
        &[
            "id",
            "active",
            "name",
            "description",
            "marketing_features[*][name]",
            "tax_code",
            "unit_label",
            "statement_descriptor",
            "url",
            "type",
            "metadata[*]",
        ],
        create,
    ),
    get("/v1/products/{id}", &[], show),
    post("/v1/products/{id}", FIELDS, change),
    delete("/v1/products/{id}", &[], destroy),
];

fn list(book: &Book, ask: &Ask) -> Answer {
    let (active, ids) = (ask.params.flag("active")?, ask.params.texts("ids"));
    let created = Range::read(&ask.params, "created")?;
    let passes = |product: &&Product| {
        active.is_none_or(|active| product.active == active)
            && ids.as_ref().is_none_or(|ids| ids.contains(&product.id))
            && created.has(product.created)
    };
    page(ask, book.products.iter().filter(passes), Product::json)
}

fn show(book: &Book, ask: &Ask) -> Answer {
    book.products.get(ask.id(), "id").map(Product::json)
}

fn create(book: &mut Book, ask: &Ask) -> Answer {
    let id = ask.params.text("id").unwrap_or_else(|| ids::fresh("prod_"));
    if book.products.find(&id).is_some() {
        return Err(
            StripeError::coded("resource_already_exists", format!("Product already exists. ({id})")).about("id")
        );
    }
    let mut product = Product {
        id,
        active: true,
        name: ask.params.required("name")?,
        description: None,
        default_price: None,
        marketing_features: Vec::new(),
        tax_code: None,
        unit_label: None,
        statement_descriptor: None,
        url: None,
        metadata: ask.params.metadata(),
        created: ask.now,
        updated: ask.now,
    };
    apply(book, ask, &mut product)?;
    let shown = product.json();
    book.products.put(product);
    book.emit("product.created", shown.clone(), ask.now);
    Ok(shown)
}

fn change(book: &mut Book, ask: &Ask) -> Answer {
    let mut product = book.products.get(ask.id(), "id")?.clone();
    let before = product.json();
    apply(book, ask, &mut product)?;
    ask.params.merge_metadata(&mut product.metadata);
    product.updated = ask.now;
    let after = product.json();
    *book.products.get_mut(ask.id(), "id")? = product;
    book.emit_change("product.updated", &before, after.clone(), ask.now);
    Ok(after)
}

fn apply(book: &Book, ask: &Ask, product: &mut Product) -> Result<(), StripeError> {
    let params = &ask.params;
    if params.has("name") {
        product.name = params.required("name")?;
    }
    product.active = params.flag("active")?.unwrap_or(product.active);
    if let Some(price) = params.settable("default_price") {
        if let Some(price) = &price {
            book.prices.get(price, "default_price")?;
        }
        product.default_price = price;
    }
    if params.has("marketing_features") {
        product.marketing_features =
            params.groups("marketing_features").iter().filter_map(|feature| feature.text("name")).collect();
    }
    for (name, field) in [
        ("description", &mut product.description),
        ("tax_code", &mut product.tax_code),
        ("unit_label", &mut product.unit_label),
        ("statement_descriptor", &mut product.statement_descriptor),
        ("url", &mut product.url),
    ] {
        if let Some(text) = params.settable(name) {
            *field = text;
        }
    }
    Ok(())
}

fn destroy(book: &mut Book, ask: &Ask) -> Answer {
    let id = ask.id();
    book.products.get(id, "id")?;
    if book.prices.iter().any(|price| price.product == id) {
        return Err(StripeError::invalid(
            "This product cannot be deleted because it has one or more user-created prices.",
        ));
    }
    if let Some(product) = book.products.take(id) {
        book.emit("product.deleted", product.json(), ask.now);
    }
    Ok(json!({"id": id, "object": "product", "deleted": true}))
}
