//! `/v1/billing_portal/configurations`.

use crate::ids;
use crate::stripe::api::subscriptions::FEEDBACK;
use crate::stripe::book::Book;
use crate::stripe::dispatch::{Ask, Endpoint, get, post};
use crate::stripe::errors::{Answer, StripeError};
use crate::stripe::form::{Metadata, Params};
use crate::stripe::list::page;
use crate::stripe::records::{Features, PortalConfiguration, PortalProduct};

/// The longest headline.
const HEADLINE: usize = 60;
/// Products customers may choose from.
const PRODUCTS: usize = 10;
const UPDATES: [&str; 6] = ["address", "email", "name", "phone", "shipping", "tax_id"];

const FIELDS: &[&str] = &[
    "name",
    "active",
    "business_profile[headline]",
    "business_profile[privacy_policy_url]",
    "business_profile[terms_of_service_url]",
    "default_return_url",
    "login_page[enabled]",
    "features[customer_update][enabled]",
    "features[customer_update][allowed_updates]",
    "features[customer_update][allowed_updates][*]",
    "features[invoice_history][enabled]",
    "features[payment_method_update][enabled]",
    "features[payment_method_update][payment_method_configuration]",
    "features[subscription_cancel][enabled]",
    "features[subscription_cancel][mode]",
    "features[subscription_cancel][proration_behavior]",
    "features[subscription_cancel][cancellation_reason][enabled]",
    "features[subscription_cancel][cancellation_reason][options][*]",
    "features[subscription_update][enabled]",
    "features[subscription_update][default_allowed_updates][*]",
    "features[subscription_update][products][*][product]",
    "features[subscription_update][products][*][prices][*]",
    "features[subscription_update][products][*][adjustable_quantity][enabled]",
    "features[subscription_update][products][*][adjustable_quantity][minimum]",
    "features[subscription_update][products][*][adjustable_quantity][maximum]",
    "features[subscription_update][proration_behavior]",
    "features[subscription_update][schedule_at_period_end][conditions][*][type]",
    "features[subscription_update][billing_cycle_anchor]",
    "features[subscription_update][trial_update_behavior]",
    "metadata[*]",
];

/// The calls.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    get("/v1/billing_portal/configurations", &["active", "is_default"], list),
    post("/v1/billing_portal/configurations", FIELDS, create),
    get("/v1/billing_portal/configurations/{id}", &[], show),
    post("/v1/billing_portal/configurations/{id}", FIELDS, change),
];

fn list(book: &Book, ask: &Ask) -> Answer {
    let (active, is_default) = (ask.params.flag("active")?, ask.params.flag("is_default")?);
    let passes = |configuration: &&PortalConfiguration| {
        active.is_none_or(|active| configuration.active == active)
            && is_default.is_none_or(|is_default| configuration.is_default == is_default)
    };
    page(ask, book.portal_configurations.iter().filter(passes), PortalConfiguration::json)
}

fn show(book: &Book, ask: &Ask) -> Answer {
    book.portal_configurations.get(ask.id(), "id").map(PortalConfiguration::json)
}

fn create(book: &mut Book, ask: &Ask) -> Answer {
    if !ask.params.has("features") {
        return Err(StripeError::missing("features"));
    }
    let mut configuration = PortalConfiguration {
        id: ids::fresh("bpc_"),
        name: None,
        active: true,
        is_default: false,
        headline: None,
        privacy_policy_url: None,
        terms_of_service_url: None,
        default_return_url: None,
        features: Features::default(),
        metadata: Metadata::new(),
        created: ask.now,
        updated: ask.now,
    };
    apply(book, &ask.params, &mut configuration)?;
    let shown = configuration.json();
    book.portal_configurations.put(configuration);
    book.emit("billing_portal.configuration.created", shown.clone(), ask.now);
    Ok(shown)
}

fn change(book: &mut Book, ask: &Ask) -> Answer {
    let mut configuration = book.portal_configurations.get(ask.id(), "id")?.clone();
    let before = configuration.json();
    apply(book, &ask.params, &mut configuration)?;
    configuration.updated = ask.now;
    let after = configuration.json();
    *book.portal_configurations.get_mut(ask.id(), "id")? = configuration;
    book.emit_change("billing_portal.configuration.updated", &before, after.clone(), ask.now);
    Ok(after)
}

fn apply(book: &Book, params: &Params, configuration: &mut PortalConfiguration) -> Result<(), StripeError> {
    if params.group("login_page").flag("enabled")?.unwrap_or(false) {
        return Err(StripeError::param("login_page[enabled]", "The sandbox's portal has no login page."));
    }
    let active = params.flag("active")?;
    if active == Some(false) && configuration.is_default {
        return Err(StripeError::param("active", "You cannot deactivate the default configuration."));
    }
    configuration.active = active.unwrap_or(configuration.active);
    let profile = params.group("business_profile");
    for (from, name, field) in [
        (params, "name", &mut configuration.name),
        (params, "default_return_url", &mut configuration.default_return_url),
        (&profile, "headline", &mut configuration.headline),
        (&profile, "privacy_policy_url", &mut configuration.privacy_policy_url),
        (&profile, "terms_of_service_url", &mut configuration.terms_of_service_url),
    ] {
        if let Some(text) = from.settable(name) {
            *field = text;
        }
    }
    if configuration.headline.as_ref().is_some_and(|headline| headline.chars().count() > HEADLINE) {
        return Err(StripeError::param("business_profile[headline]", "The headline must be 60 characters or less."));
    }
    params.merge_metadata(&mut configuration.metadata);
    features(book, &params.group("features"), &mut configuration.features)
}

fn features(book: &Book, group: &Params, features: &mut Features) -> Result<(), StripeError> {
    let customer = group.group("customer_update");
    if let Some(allowed) = customer.texts("allowed_updates") {
        let unknown = allowed.iter().find(|name| !UPDATES.contains(&name.as_str()));
        if let Some(unknown) = unknown {
            return Err(StripeError::param(
                customer.name("allowed_updates"),
                format!("Invalid allowed update: {unknown}"),
            ));
        }
        features.customer_update = Some(allowed);
    }
    match customer.flag("enabled")? {
        Some(true) => drop(features.customer_update.get_or_insert_with(Vec::new)),
        Some(false) => features.customer_update = None,
        None => {}
    }
    features.invoice_history = group.group("invoice_history").flag("enabled")?.unwrap_or(features.invoice_history);
    features.payment_method_update =
        group.group("payment_method_update").flag("enabled")?.unwrap_or(features.payment_method_update);
    cancel(&group.group("subscription_cancel"), features)?;
    update(book, &group.group("subscription_update"), features)
}

fn cancel(group: &Params, features: &mut Features) -> Result<(), StripeError> {
    let cancel = &mut features.subscription_cancel;
    cancel.enabled = group.flag("enabled")?.unwrap_or(cancel.enabled);
    if let Some(mode) = group.word("mode", &["at_period_end", "immediately"])? {
        cancel.immediately = mode == "immediately";
    }
    if let Some(word) = group.word("proration_behavior", &["none", "create_prorations"])? {
        cancel.prorates = word == "create_prorations";
    }
    if cancel.prorates && !cancel.immediately {
        return Err(StripeError::param(
            group.name("proration_behavior"),
            "Prorations can only be created when subscriptions are canceled immediately.",
        ));
    }
    let reason = group.group("cancellation_reason");
    if let Some(options) = reason.texts("options") {
        if let Some(unknown) = options.iter().find(|option| !FEEDBACK.contains(&option.as_str())) {
            return Err(StripeError::param(reason.name("options"), format!("Invalid option: {unknown}")));
        }
        cancel.reasons = Some(options);
    }
    match reason.flag("enabled")? {
        Some(true) => drop(cancel.reasons.get_or_insert_with(|| FEEDBACK.map(str::to_owned).to_vec())),
        Some(false) => cancel.reasons = None,
        None => {}
    }
    Ok(())
}

fn update(book: &Book, group: &Params, features: &mut Features) -> Result<(), StripeError> {
    let update = &mut features.subscription_update;
    update.enabled = group.flag("enabled")?.unwrap_or(update.enabled);
    if let Some(allowed) = group.texts("default_allowed_updates") {
        update.allowed = allowed;
    }
    if group.has("products") {
        update.products =
            group.groups("products").iter().map(|product| read_product(book, product)).collect::<Result<_, _>>()?;
        if update.products.len() > PRODUCTS {
            return Err(StripeError::param(group.name("products"), "You can only specify up to 10 products."));
        }
    }
    if update.enabled && (update.products.is_empty() || update.allowed.is_empty()) {
        return Err(StripeError::missing(&group.name(if update.products.is_empty() {
            "products"
        } else {
            "default_allowed_updates"
        })));
    }
    if let Some(word) = group.word("proration_behavior", &["none", "create_prorations", "always_invoice"])? {
        word.clone_into(&mut update.proration_behavior);
    }
    let schedule = group.group("schedule_at_period_end");
    if schedule.has("conditions") {
        let words = ["decreasing_item_amount", "shortening_interval"];
        let read = |condition: &Params| {
            condition
                .word("type", &words)?
                .map(str::to_owned)
                .ok_or_else(|| StripeError::missing(&condition.name("type")))
        };
        update.schedule_conditions = schedule.groups("conditions").iter().map(read).collect::<Result<_, _>>()?;
    }
    if let Some(word) = group.word("billing_cycle_anchor", &["now", "unchanged"])? {
        update.anchor_now = word == "now";
    }
    if let Some(word) = group.word("trial_update_behavior", &["continue_trial", "end_trial"])? {
        update.ends_trial = word == "end_trial";
    }
    Ok(())
}

fn read_product(book: &Book, group: &Params) -> Result<PortalProduct, StripeError> {
    let product = group.required("product")?;
    book.products.get(&product, &group.name("product"))?;
    let prices = group.texts("prices").unwrap_or_default();
    for price in &prices {
        if book.prices.get(price, &group.name("prices"))?.product != product {
            return Err(StripeError::param(group.name("prices"), format!("The price {price} is not of the product.")));
        }
    }
    let adjustable = group.group("adjustable_quantity");
    let quantity = match adjustable.flag("enabled")? {
        Some(true) => Some((adjustable.integer("minimum")?.unwrap_or(1), adjustable.integer("maximum")?)),
        _ => None,
    };
    Ok(PortalProduct { product, prices, quantity })
}
