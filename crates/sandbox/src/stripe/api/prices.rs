//! `/v1/prices`.

use crate::ids;
use crate::stripe::book::Book;
use crate::stripe::clock::{Interval, Rhythm};
use crate::stripe::dispatch::{Ask, Endpoint, get, post};
use crate::stripe::errors::{Answer, StripeError};
use crate::stripe::form::Params;
use crate::stripe::list::{Range, page};
use crate::stripe::records::{Price, Product, Recurring};

/// Lookup keys a list may ask for.
const KEYS: usize = 10;
/// The longest lookup key.
const LONGEST_KEY: usize = 200;
/// Longest period, in its interval.
const LONGEST: [(Interval, i64); 4] =
    [(Interval::Day, 1_095), (Interval::Week, 156), (Interval::Month, 36), (Interval::Year, 3)];

/// The calls.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    get(
        "/v1/prices",
        &["active", "currency", "product", "type", "lookup_keys[*]", "recurring[*]", "created", "created[*]"],
        list,
    ),
    post(
        "/v1/prices",
        &[
            "active",
            "currency",
            "currency_options[*][unit_amount]",
            "currency_options[*][tax_behavior]",
            "product",
            "product_data[name]",
            "product_data[metadata][*]",
            "unit_amount",
            "unit_amount_decimal",
            "recurring[interval]",
            "recurring[interval_count]",
            "recurring[usage_type]",
            "recurring[trial_period_days]",
            "billing_scheme",
            "lookup_key",
            "transfer_lookup_key",
            "tax_behavior",
            "nickname",
            "metadata[*]",
        ],
        create,
    ),
    get("/v1/prices/{id}", &[], show),
    post(
        "/v1/prices/{id}",
        &[
            "active",
            "currency_options[*][unit_amount]",
            "currency_options[*][tax_behavior]",
            "lookup_key",
            "transfer_lookup_key",
            "tax_behavior",
            "nickname",
            "metadata[*]",
        ],
        change,
    ),
];

fn list(book: &Book, ask: &Ask) -> Answer {
    let params = &ask.params;
    let active = params.flag("active")?;
    let (currency, product, kind) = (params.text("currency"), params.text("product"), params.text("type"));
    let interval = params.group("recurring").text("interval");
    let created = Range::read(params, "created")?;
    let keys = params.texts("lookup_keys");
    if keys.as_ref().is_some_and(|keys| keys.len() > KEYS) {
        return Err(StripeError::param("lookup_keys", format!("You may only specify up to {KEYS} lookup_keys.")));
    }
    let passes = |price: &&Price| {
        active.is_none_or(|active| price.active == active)
            && currency.as_ref().is_none_or(|currency| price.currency == *currency)
            && product.as_ref().is_none_or(|product| price.product == *product)
            && kind.as_ref().is_none_or(|kind| (kind == "recurring") == price.recurring.is_some())
            && interval.as_ref().is_none_or(|interval| {
                price.recurring.is_some_and(|recurring| recurring.rhythm.interval.as_str() == interval)
            })
            && keys.as_ref().is_none_or(|keys| price.lookup_key.as_ref().is_some_and(|key| keys.contains(key)))
            && created.has(price.created)
    };
    page(ask, book.prices.iter().filter(passes), Price::json)
}

fn show(book: &Book, ask: &Ask) -> Answer {
    book.prices.get(ask.id(), "id").map(Price::json)
}

fn create(book: &mut Book, ask: &Ask) -> Answer {
    let params = &ask.params;
    let currency = params.required("currency")?.to_ascii_lowercase();
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Err(StripeError::param("currency", format!("Invalid currency: {}.", currency.escape_default())));
    }
    let unit_amount = amount(params)?;
    if params.word("billing_scheme", &["per_unit", "tiered"])? == Some("tiered") {
        return Err(StripeError::param("billing_scheme", "The sandbox has per_unit prices only."));
    }
    let recurring = recurring(params)?;
    let mut price = Price {
        id: ids::fresh("price_"),
        active: params.flag("active")?.unwrap_or(true),
        product: String::new(),
        currency,
        unit_amount,
        recurring,
        lookup_key: None,
        nickname: params.text("nickname"),
        tax_behavior: "unspecified".to_owned(),
        currency_options: std::collections::BTreeMap::new(),
        metadata: params.metadata(),
        created: ask.now,
    };
    apply(params, &mut price)?;
    let key = lookup_key(book, params, None)?;
    price.product = product(book, ask)?;
    if let Some(key) = key {
        take_key(book, key.as_deref(), ask);
        price.lookup_key = key;
    }
    let shown = price.json();
    book.prices.put(price);
    book.emit("price.created", shown.clone(), ask.now);
    Ok(shown)
}

fn change(book: &mut Book, ask: &Ask) -> Answer {
    let mut price = book.prices.get(ask.id(), "id")?.clone();
    let before = price.json();
    let params = &ask.params;
    price.active = params.flag("active")?.unwrap_or(price.active);
    if let Some(nickname) = params.settable("nickname") {
        price.nickname = nickname;
    }
    apply(params, &mut price)?;
    params.merge_metadata(&mut price.metadata);
    if let Some(key) = lookup_key(book, params, Some(&price.id))? {
        take_key(book, key.as_deref(), ask);
        price.lookup_key = key;
    }
    let after = price.json();
    *book.prices.get_mut(ask.id(), "id")? = price;
    book.emit_change("price.updated", &before, after.clone(), ask.now);
    Ok(after)
}

fn amount(params: &Params) -> Result<i64, StripeError> {
    let amount = match (params.integer("unit_amount")?, params.text("unit_amount_decimal")) {
        (Some(amount), None) => amount,
        (None, Some(decimal)) => decimal
            .parse()
            .map_err(|_| StripeError::param("unit_amount_decimal", "The sandbox has whole minor units only."))?,
        _ => return Err(StripeError::missing("unit_amount")),
    };
    if amount < 0 {
        return Err(StripeError::param("unit_amount", "Invalid unit_amount: must be greater than or equal to 0"));
    }
    Ok(amount)
}

fn recurring(params: &Params) -> Result<Option<Recurring>, StripeError> {
    if !params.has("recurring") {
        return Ok(None);
    }
    let group = params.group("recurring");
    let word = group.required("interval")?;
    let interval = Interval::parse(&word).ok_or_else(|| {
        StripeError::param(
            "recurring[interval]",
            "Invalid recurring[interval]: must be one of month, year, week, or day",
        )
    })?;
    if group.word("usage_type", &["licensed", "metered"])? == Some("metered") {
        return Err(StripeError::param("recurring[usage_type]", "The sandbox has licensed prices only."));
    }
    let count = group.integer("interval_count")?.unwrap_or(1);
    let most = LONGEST.iter().find(|(of, _)| *of == interval).map_or(1, |(_, most)| *most);
    if !(1..=most).contains(&count) {
        return Err(StripeError::param("recurring[interval_count]", "The maximum period is three years."));
    }
    Ok(Some(Recurring { rhythm: Rhythm { interval, count }, trial_period_days: group.integer("trial_period_days")? }))
}

fn apply(params: &Params, price: &mut Price) -> Result<(), StripeError> {
    if let Some(word) = params.word("tax_behavior", &["exclusive", "inclusive", "unspecified"])? {
        word.clone_into(&mut price.tax_behavior);
    }
    let options = params.group("currency_options");
    let currencies: Vec<_> = ["eur", "usd", "gbp", "chf", "sek", "nok", "dkk", "pln", "czk", "jpy", "cad", "aud"]
        .into_iter()
        .filter(|currency| options.has(currency))
        .collect();
    for currency in currencies {
        match options.group(currency).integer("unit_amount")? {
            Some(amount) => price.currency_options.insert(currency.to_owned(), amount),
            None => price.currency_options.remove(currency),
        };
    }
    Ok(())
}

/// The lookup key that was sent: free, or to be taken from the price that has it.
fn lookup_key(book: &Book, params: &Params, own: Option<&str>) -> Result<Option<Option<String>>, StripeError> {
    let Some(key) = params.settable("lookup_key") else {
        return Ok(None);
    };
    let Some(text) = &key else {
        return Ok(Some(None));
    };
    if text.len() > LONGEST_KEY {
        return Err(StripeError::param(
            "lookup_key",
            format!("Invalid string: must be at most {LONGEST_KEY} characters"),
        ));
    }
    let holder = book.prices.iter().find(|price| price.lookup_key == key && Some(price.id.as_str()) != own);
    match holder {
        Some(holder) if !params.flag("transfer_lookup_key")?.unwrap_or(false) => {
            Err(StripeError::param("lookup_key", format!("A price (`{}`) already uses that lookup key.", holder.id)))
        }
        _ => Ok(Some(key)),
    }
}

fn take_key(book: &mut Book, key: Option<&str>, ask: &Ask) {
    let holder = book.prices.iter_mut().find(|price| price.lookup_key.is_some() && price.lookup_key.as_deref() == key);
    if let Some(holder) = holder.filter(|holder| holder.id != ask.id()) {
        let before = holder.json();
        holder.lookup_key = None;
        let after = holder.json();
        book.emit_change("price.updated", &before, after, ask.now);
    }
}

/// The product, which may be made along with its price.
fn product(book: &mut Book, ask: &Ask) -> Result<String, StripeError> {
    let params = &ask.params;
    if !params.has("product_data") {
        let id = params.required("product")?;
        return book.products.get(&id, "product").map(|product| product.id.clone());
    }
    let data = params.group("product_data");
    let product = Product {
        id: ids::fresh("prod_"),
        active: true,
        name: data.required("name")?,
        description: None,
        default_price: None,
        marketing_features: Vec::new(),
        tax_code: None,
        unit_label: None,
        statement_descriptor: None,
        url: None,
        metadata: data.metadata(),
        created: ask.now,
        updated: ask.now,
    };
    let id = product.id.clone();
    let shown = product.json();
    book.products.put(product);
    book.emit("product.created", shown, ask.now);
    Ok(id)
}
