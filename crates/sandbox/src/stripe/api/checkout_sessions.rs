//! `/v1/checkout/sessions`.

use crate::ids;
use crate::stripe::api::customers::live;
use crate::stripe::book::Book;
use crate::stripe::clock::{DAY, HOUR, Seconds};
use crate::stripe::dispatch::{Ask, Endpoint, get, post};
use crate::stripe::errors::{Answer, StripeError};
use crate::stripe::form::{Metadata, Params};
use crate::stripe::list::{Range, page};
use crate::stripe::records::{CheckoutField, CheckoutSession, CustomerUpdate, SessionStatus, WithoutCard};

/// The shortest and the longest life of a session.
const LIFE: (Seconds, Seconds) = (HOUR / 2, DAY);
/// Letters of a session's id: whoever has it sees the page.
const SECRET: usize = 58;
/// Fields of one's own.
const FIELDS: usize = 3;

/// The calls.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    get("/v1/checkout/sessions", &["customer", "status", "subscription", "created", "created[*]"], list),
    post(
        "/v1/checkout/sessions",
        &[
            "mode",
            "customer",
            "customer_email",
            "client_reference_id",
            "line_items[*][price]",
            "line_items[*][quantity]",
            "success_url",
            "cancel_url",
            "expires_at",
            "currency",
            "subscription_data[metadata][*]",
            "subscription_data[description]",
            "subscription_data[trial_period_days]",
            "subscription_data[trial_end]",
            "subscription_data[trial_settings][end_behavior][missing_payment_method]",
            "subscription_data[billing_mode][type]",
            "payment_method_collection",
            "allow_promotion_codes",
            "automatic_tax[enabled]",
            "tax_id_collection[enabled]",
            "customer_update[address]",
            "customer_update[name]",
            "customer_update[shipping]",
            "billing_address_collection",
            "custom_fields[*][key]",
            "custom_fields[*][label][type]",
            "custom_fields[*][label][custom]",
            "custom_fields[*][type]",
            "custom_fields[*][optional]",
            "consent_collection[terms_of_service]",
            "custom_text[submit][message]",
            "custom_text[after_submit][message]",
            "custom_text[terms_of_service_acceptance][message]",
            "submit_type",
            "locale",
            "ui_mode",
            "metadata[*]",
        ],
        create,
    ),
    get("/v1/checkout/sessions/{id}", &[], show),
    post("/v1/checkout/sessions/{id}", &["metadata[*]"], change),
    post("/v1/checkout/sessions/{id}/expire", &[], expire),
    get("/v1/checkout/sessions/{id}/line_items", &[], line_items),
];

fn list(book: &Book, ask: &Ask) -> Answer {
    let params = &ask.params;
    let (customer, subscription) = (params.text("customer"), params.text("subscription"));
    let status = match params.word("status", &["open", "complete", "expired"])? {
        None => None,
        Some("open") => Some(SessionStatus::Open),
        Some("complete") => Some(SessionStatus::Complete),
        Some(_) => Some(SessionStatus::Expired),
    };
    let created = Range::read(params, "created")?;
    let passes = |session: &&CheckoutSession| {
        customer.as_ref().is_none_or(|customer| session.customer == *customer)
            && subscription.as_ref().is_none_or(|subscription| session.subscription.as_ref() == Some(subscription))
            && status.is_none_or(|status| session.status == status)
            && created.has(session.created)
    };
    page(ask, book.checkout_sessions.iter().filter(passes), |session| book.checkout_session_json(session))
}

fn show(book: &Book, ask: &Ask) -> Answer {
    book.checkout_sessions.get(ask.id(), "id").map(|session| book.checkout_session_json(session))
}

fn create(book: &mut Book, ask: &Ask) -> Answer {
    let params = &ask.params;
    let mode =
        params.word("mode", &["subscription", "setup", "payment"])?.ok_or_else(|| StripeError::missing("mode"))?;
    if mode == "payment" {
        return Err(StripeError::param("mode", "The sandbox has the modes subscription and setup only."));
    }
    if params.has("customer") && params.has("customer_email") {
        return Err(StripeError::invalid("You may only specify one of these parameters: customer, customer_email."));
    }
    let Some(customer) = params.text("customer") else {
        return Err(StripeError::missing("customer"));
    };
    let currency = live(book, &customer, "customer")?.currency.clone();
    let now = book.time_of(&customer);
    if params
        .word("ui_mode", &["hosted_page", "embedded_page", "elements", "form"])?
        .is_some_and(|mode| mode != "hosted_page")
    {
        return Err(StripeError::param("ui_mode", "The sandbox has hosted pages only."));
    }
    let mut line_items = Vec::new();
    let mut own = currency.clone();
    for (index, item) in params.groups("line_items").iter().enumerate() {
        let id = item.required("price")?;
        let price = book.price_for(&id, currency.as_deref(), &format!("line_items[{index}][price]"))?;
        own.get_or_insert_with(|| price.currency.clone());
        let quantity = item.integer("quantity")?.ok_or_else(|| StripeError::missing(&item.name("quantity")))?;
        line_items.push((id, quantity));
    }
    if mode == "subscription" && line_items.is_empty() {
        return Err(StripeError::missing("line_items"));
    }
    let expires_at = params.moment("expires_at")?.unwrap_or(now + LIFE.1);
    if !(now + LIFE.0..=now + LIFE.1).contains(&expires_at) {
        return Err(StripeError::param(
            "expires_at",
            "The `expires_at` timestamp must be at least 30 minutes and less than 24 hours from Checkout Session creation.",
        ));
    }
    let mut session = CheckoutSession {
        id: format!("cs_test_{}", ids::letters(SECRET)),
        customer,
        mode: mode.to_owned(),
        status: SessionStatus::Open,
        line_items,
        currency: own.unwrap_or_else(|| "eur".to_owned()),
        client_reference_id: params.text("client_reference_id"),
        success_url: Some(params.required("success_url")?),
        cancel_url: params.text("cancel_url"),
        expires_at,
        trial_period_days: None,
        trial_end: None,
        without_card: WithoutCard::CreateInvoice,
        subscription_metadata: Metadata::new(),
        subscription_description: None,
        payment_method_collection: params
            .word("payment_method_collection", &["always", "if_required"])?
            .unwrap_or("always")
            .to_owned(),
        allow_promotion_codes: params.flag("allow_promotion_codes")?.unwrap_or(false),
        automatic_tax: params.group("automatic_tax").flag("enabled")?.unwrap_or(false),
        tax_id_collection: params.group("tax_id_collection").flag("enabled")?.unwrap_or(false),
        billing_address_collection: params
            .word("billing_address_collection", &["auto", "required"])?
            .map(str::to_owned),
        customer_update: CustomerUpdate::default(),
        custom_fields: fields(params)?,
        terms_of_service: params.group("consent_collection").word("terms_of_service", &["none", "required"])?
            == Some("required"),
        accepted_terms: false,
        custom_text: text(params),
        submit_type: params.word("submit_type", &["auto", "book", "donate", "pay", "subscribe"])?.map(str::to_owned),
        locale: params.text("locale"),
        metadata: params.metadata(),
        subscription: None,
        invoice: None,
        setup_intent: None,
        created: now,
    };
    subscription_data(params, &mut session, now)?;
    customer_update(params, &mut session)?;
    let shown = book.checkout_session_json(&session);
    book.checkout_sessions.put(session);
    Ok(shown)
}

fn subscription_data(params: &Params, session: &mut CheckoutSession, now: Seconds) -> Result<(), StripeError> {
    if !params.has("subscription_data") {
        return Ok(());
    }
    if session.mode != "subscription" {
        return Err(StripeError::param("subscription_data", "You can not pass `subscription_data` in `setup` mode."));
    }
    let data = params.group("subscription_data");
    session.subscription_metadata = data.metadata();
    session.subscription_description = data.text("description");
    session.trial_period_days = data.integer("trial_period_days")?;
    session.trial_end = data.moment("trial_end")?;
    if session.trial_period_days.is_some() && session.trial_end.is_some() {
        return Err(StripeError::invalid(
            "You may only specify one of these parameters: trial_end, trial_period_days.",
        ));
    }
    if session.trial_period_days.is_some_and(|days| !(1..=730).contains(&days)) {
        return Err(StripeError::param(
            data.name("trial_period_days"),
            "The minimum number of trial period days is 1.",
        ));
    }
    if session.trial_end.is_some_and(|end| end < now + 2 * DAY) {
        return Err(StripeError::param(
            data.name("trial_end"),
            "The `trial_end` date has to be at least 2 days in the future.",
        ));
    }
    let behaviour = data.group("trial_settings").group("end_behavior");
    if let Some(word) = behaviour.word("missing_payment_method", &WithoutCard::WORDS)? {
        session.without_card = WithoutCard::parse(word);
    }
    if data.group("billing_mode").word("type", &["classic", "flexible"])? == Some("classic") {
        return Err(StripeError::param(data.name("billing_mode"), "The sandbox has flexible billing only."));
    }
    Ok(())
}

fn customer_update(params: &Params, session: &mut CheckoutSession) -> Result<(), StripeError> {
    let update = params.group("customer_update");
    let copies = |name: &str| Ok::<_, StripeError>(update.word(name, &["auto", "never"])? == Some("auto"));
    session.customer_update = CustomerUpdate { address: copies("address")?, name: copies("name")? };
    copies("shipping")?;
    if session.tax_id_collection && !session.customer_update.name {
        return Err(StripeError::param(
            "customer_update[name]",
            "Tax ID collection requires updating business name on the customer. To enable tax ID collection for an \
             existing customer, please set `customer_update[name]` to `auto`.",
        ));
    }
    if session.automatic_tax && !session.customer_update.address {
        return Err(StripeError::param(
            "customer_update[address]",
            "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a valid address to the \
             Customer or set `customer_update[address]` to 'auto' to save the address entered in Checkout to the Customer.",
        ));
    }
    Ok(())
}

fn fields(params: &Params) -> Result<Vec<CheckoutField>, StripeError> {
    let fields = params
        .groups("custom_fields")
        .iter()
        .map(|field| {
            if field.required("type")? != "text" {
                return Err(StripeError::param(field.name("type"), "The sandbox has text fields only."));
            }
            Ok(CheckoutField {
                key: field.required("key")?,
                label: field.group("label").required("custom")?,
                optional: field.flag("optional")?.unwrap_or(false),
                value: None,
            })
        })
        .collect::<Result<Vec<_>, StripeError>>()?;
    if fields.len() > FIELDS {
        return Err(StripeError::param("custom_fields", format!("At most {FIELDS} custom fields.")));
    }
    Ok(fields)
}

fn text(params: &Params) -> Metadata {
    let group = params.group("custom_text");
    ["submit", "after_submit", "terms_of_service_acceptance"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), group.group(name).text("message")?)))
        .collect()
}

fn change(book: &mut Book, ask: &Ask) -> Answer {
    let session = book.checkout_sessions.get_mut(ask.id(), "id")?;
    ask.params.merge_metadata(&mut session.metadata);
    show(book, ask)
}

fn expire(book: &mut Book, ask: &Ask) -> Answer {
    let session = book.checkout_sessions.get(ask.id(), "id")?;
    if session.status != SessionStatus::Open {
        return Err(StripeError::invalid(
            "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session cannot be expired.",
        ));
    }
    let at = book.time_of(&session.customer);
    book.expire_checkout(ask.id(), at);
    show(book, ask)
}

fn line_items(book: &Book, ask: &Ask) -> Answer {
    book.checkout_sessions.get(ask.id(), "id").map(|session| book.checkout_lines(session))
}
