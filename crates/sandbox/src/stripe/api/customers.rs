//! `/v1/customers`, and the balance of each.

use serde_json::json;

use crate::ids;
use crate::stripe::api::search::Search;
use crate::stripe::book::Book;
use crate::stripe::dispatch::{Ask, Endpoint, delete, get, post};
use crate::stripe::errors::{Answer, StripeError};
use crate::stripe::form::Params;
use crate::stripe::list::{Range, limit, page};
use crate::stripe::records::{Address, BalanceTransaction, CustomField, Customer};

/// Custom fields an invoice has room for.
const CUSTOM_FIELDS: usize = 4;
/// The longest name or value of one.
const LONGEST_FIELD: (usize, usize) = (40, 140);

macro_rules! fields {
    ($($more:literal),*) => {
        &[
            "name", "business_name", "individual_name", "email", "phone", "description", "balance", "tax_exempt",
            "address", "address[city]", "address[country]", "address[line1]", "address[line2]",
            "address[postal_code]", "address[state]", "preferred_locales", "preferred_locales[*]", "metadata[*]",
            "shipping[name]", "shipping[phone]", "shipping[address][city]", "shipping[address][country]",
            "shipping[address][line1]", "shipping[address][line2]", "shipping[address][postal_code]",
            "shipping[address][state]", "invoice_settings[custom_fields]",
            "invoice_settings[custom_fields][*][name]", "invoice_settings[custom_fields][*][value]",
            "invoice_settings[default_payment_method]", "invoice_settings[footer]", "tax[validate_location]"
            $(, $more)*
        ]
    };
}

/// The calls.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    get("/v1/customers", &["email", "test_clock", "created", "created[*]"], list),
    post(
        "/v1/customers",
        fields!("test_clock", "payment_method", "tax_id_data[*][type]", "tax_id_data[*][value]", "invoice_prefix"),
        create,
    ),
    get("/v1/customers/search", &["query", "page"], search),
    get("/v1/customers/{id}", &[], show),
    post("/v1/customers/{id}", fields!(), change),
    delete("/v1/customers/{id}", &[], destroy),
    get("/v1/customers/{id}/balance_transactions", &["created", "created[*]", "invoice"], balance_transactions),
    post(
        "/v1/customers/{id}/balance_transactions",
        &["amount", "currency", "description", "metadata[*]"],
        adjust_balance,
    ),
];

fn list(book: &Book, ask: &Ask) -> Answer {
    let (email, test_clock) = (ask.params.text("email"), ask.params.text("test_clock"));
    let created = Range::read(&ask.params, "created")?;
    let passes = |customer: &&Customer| {
        !customer.deleted
            && email.as_ref().is_none_or(|email| customer.email.as_ref() == Some(email))
            // Those on a test clock are only shown to whoever asks for the clock.
            && customer.test_clock == test_clock
            && created.has(customer.created)
    };
    page(ask, book.customers.iter().filter(passes), Customer::json)
}

fn search(book: &Book, ask: &Ask) -> Answer {
    let search = Search::parse(&ask.params.required("query")?)?;
    let limit = limit(&ask.params)?;
    let from = match ask.params.text("page") {
        None => 0,
        Some(page) => page.parse().map_err(|_| StripeError::param("page", "Invalid page token"))?,
    };
    let found: Vec<_> = book
        .customers
        .iter()
        .rev()
        .filter(|customer| !customer.deleted)
        .map(Customer::json)
        .filter(|customer| search.finds(customer))
        .collect();
    let to = from + limit;
    let data: Vec<_> = found.iter().skip(from).take(limit).collect();
    let has_more = found.len() > to;
    Ok(json!({
        "object": "search_result",
        "data": data,
        "has_more": has_more,
        "next_page": has_more.then(|| to.to_string()),
        "url": ask.path,
    }))
}

fn show(book: &Book, ask: &Ask) -> Answer {
    book.customers.get(ask.id(), "id").map(Customer::json)
}

fn create(book: &mut Book, ask: &Ask) -> Answer {
    let params = &ask.params;
    let test_clock = params.text("test_clock");
    let now = match &test_clock {
        Some(clock) => book.test_clocks.get(clock, "test_clock")?.frozen_time,
        None => ask.now,
    };
    let mut customer = Customer {
        id: ids::fresh("cus_"),
        invoice_prefix: params.text("invoice_prefix").unwrap_or_else(|| ids::letters(8).to_ascii_uppercase()),
        next_invoice_sequence: 1,
        tax_exempt: "none".to_owned(),
        test_clock,
        metadata: params.metadata(),
        created: now,
        ..Customer::default()
    };
    apply(book, params, &mut customer)?;
    let balance = params.integer("balance")?.unwrap_or_default();
    let payment_method = params.text("payment_method");
    if let Some(token) = &payment_method {
        book.may_attach(token, "payment_method")?;
    }
    let tax_ids: Vec<_> = params
        .groups("tax_id_data")
        .iter()
        .map(|data| Ok((data.required("type")?, data.required("value")?)))
        .collect::<Result<_, StripeError>>()?;
    let id = customer.id.clone();
    let default_payment_method = customer.default_payment_method.take();
    book.customers.put(customer);
    if balance != 0 {
        book.move_balance(&id, balance, "initial", None, now);
    }
    let attached = match &payment_method {
        Some(token) => Some(book.attach(token, &id, "payment_method", now)?),
        None => None,
    };
    if let Some(token) = default_payment_method {
        // One token in both places is one card.
        let own = match attached.filter(|_| payment_method.as_ref() == Some(&token)) {
            Some(attached) => attached,
            None => book.own_payment_method(&token, &id, "invoice_settings[default_payment_method]", now)?,
        };
        book.customers.get_mut(&id, "id")?.default_payment_method = Some(own);
    }
    let shown = book.customers.get(&id, "id")?.json();
    book.emit("customer.created", shown.clone(), now);
    for (kind, value) in tax_ids {
        book.add_tax_id(&id, &kind, &value, now);
    }
    Ok(shown)
}

fn change(book: &mut Book, ask: &Ask) -> Answer {
    let id = ask.id();
    let mut customer = live(book, id, "id")?.clone();
    let now = book.time_of(id);
    let before = customer.json();
    apply(book, &ask.params, &mut customer)?;
    ask.params.merge_metadata(&mut customer.metadata);
    if let Some(token) =
        customer.default_payment_method.clone().filter(|token| book.payment_methods.find(token).is_none())
    {
        let own = book.own_payment_method(&token, id, "invoice_settings[default_payment_method]", now)?;
        customer.default_payment_method = Some(own);
    }
    let balance = ask.params.integer("balance")?;
    let old = customer.balance;
    *book.customers.get_mut(id, "id")? = customer;
    if let Some(balance) = balance.filter(|balance| *balance != old) {
        book.move_balance(id, balance - old, "adjustment", None, now);
    }
    let after = book.customers.get(id, "id")?.json();
    book.emit_change("customer.updated", &before, after.clone(), now);
    Ok(after)
}

fn apply(book: &Book, params: &Params, customer: &mut Customer) -> Result<(), StripeError> {
    for (name, field) in [
        ("name", &mut customer.name),
        ("business_name", &mut customer.business_name),
        ("individual_name", &mut customer.individual_name),
        ("email", &mut customer.email),
        ("phone", &mut customer.phone),
        ("description", &mut customer.description),
    ] {
        if let Some(text) = params.settable(name) {
            *field = text;
        }
    }
    if let Some(email) = customer.email.as_ref().filter(|_| params.has("email"))
        && !email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
    {
        return Err(StripeError::coded("email_invalid", format!("Invalid email address: {}", email.escape_default()))
            .about("email"));
    }
    if let Some(address) = Address::read(params, "address") {
        customer.address = address;
    }
    if params.has("shipping") {
        let group = params.group("shipping");
        customer.shipping = (!group.is_empty()).then(|| {
            json!({
                "address": Address::read(&group, "address").flatten(),
                "name": group.text("name"),
                "phone": group.text("phone"),
            })
        });
    }
    if let Some(word) = params.word("tax_exempt", &["none", "exempt", "reverse"])? {
        word.clone_into(&mut customer.tax_exempt);
    }
    if let Some(locales) = params.texts("preferred_locales") {
        customer.preferred_locales = locales;
    }
    apply_invoice_settings(book, params, customer)
}

fn apply_invoice_settings(book: &Book, params: &Params, customer: &mut Customer) -> Result<(), StripeError> {
    let settings = params.group("invoice_settings");
    if settings.has("custom_fields") {
        customer.custom_fields = settings
            .groups("custom_fields")
            .iter()
            .map(|field| Ok(CustomField { name: field.required("name")?, value: field.required("value")? }))
            .collect::<Result<_, StripeError>>()?;
        let (name, value) = LONGEST_FIELD;
        let is_long = |field: &CustomField| field.name.chars().count() > name || field.value.chars().count() > value;
        if customer.custom_fields.len() > CUSTOM_FIELDS || customer.custom_fields.iter().any(is_long) {
            return Err(StripeError::param(
                "invoice_settings[custom_fields]",
                format!(
                    "At most {CUSTOM_FIELDS} custom fields, with names of {name} and values of {value} characters."
                ),
            ));
        }
    }
    if let Some(footer) = settings.settable("footer") {
        customer.footer = footer;
    }
    if let Some(method) = settings.settable("default_payment_method") {
        if let Some(method) = &method {
            book.may_attach(method, "invoice_settings[default_payment_method]")?;
            let owner = book.payment_methods.find(method).map(|method| method.customer.as_ref());
            if owner.is_some_and(|owner| owner != Some(&customer.id)) {
                return Err(StripeError::param(
                    "invoice_settings[default_payment_method]",
                    "The customer does not have a payment method with that ID. The payment method must be attached to \
                     the customer.",
                ));
            }
        }
        customer.default_payment_method = method;
    }
    Ok(())
}

fn destroy(book: &mut Book, ask: &Ask) -> Answer {
    live(book, ask.id(), "id")?;
    let now = book.time_of(ask.id());
    book.delete_customer(ask.id(), now);
    show(book, ask)
}

fn balance_transactions(book: &Book, ask: &Ask) -> Answer {
    live(book, ask.id(), "id")?;
    let created = Range::read(&ask.params, "created")?;
    let invoice = ask.params.text("invoice");
    let passes = |transaction: &&BalanceTransaction| {
        transaction.customer == ask.id()
            && created.has(transaction.created)
            && invoice.as_ref().is_none_or(|invoice| transaction.invoice.as_ref() == Some(invoice))
    };
    page(ask, book.balance_transactions.iter().filter(passes), BalanceTransaction::json)
}

fn adjust_balance(book: &mut Book, ask: &Ask) -> Answer {
    let customer = live(book, ask.id(), "id")?;
    let amount = ask.params.integer("amount")?.ok_or_else(|| StripeError::missing("amount"))?;
    let currency = ask.params.required("currency")?;
    if customer.currency.as_ref().is_some_and(|own| *own != currency) {
        return Err(other_currency(customer.currency.as_deref().unwrap_or_default(), &currency));
    }
    let before = customer.json();
    let now = book.time_of(ask.id());
    book.customers.get_mut(ask.id(), "id")?.currency = Some(currency);
    let transaction = book.move_balance(ask.id(), amount, "adjustment", None, now);
    if let Some(kept) = book.balance_transactions.find_mut(&transaction) {
        kept.description = ask.params.text("description");
    }
    let after = book.customers.get(ask.id(), "id")?.json();
    book.emit_change("customer.updated", &before, after, now);
    book.balance_transactions.get(&transaction, "id").map(BalanceTransaction::json)
}

/// A customer that is not deleted.
pub(super) fn live<'a>(book: &'a Book, id: &str, param: &str) -> Result<&'a Customer, StripeError> {
    book.customers
        .get(id, param)
        .ok()
        .filter(|customer| !customer.deleted)
        .ok_or_else(|| StripeError::no_such("customer", id, param))
}

/// 400: a customer is billed in one currency only.
pub(super) fn other_currency(own: &str, other: &str) -> StripeError {
    StripeError::invalid(format!(
        "You cannot combine currencies on a single customer. This customer has an active subscription, subscription \
         schedule, discount, quote, or invoice item with currency {own}; {other} cannot be used.",
    ))
}
