//! `/v1/billing_portal/sessions`.

use crate::ids;
use crate::stripe::api::customers::live;
use crate::stripe::book::Book;
use crate::stripe::dispatch::{Ask, Endpoint, post};
use crate::stripe::errors::{Answer, StripeError};
use crate::stripe::form::Params;
use crate::stripe::records::{Flow, PortalConfiguration, PortalSession};

/// Letters of the address.
const SECRET: usize = 60;
const FLOWS: [&str; 5] = [
    "payment_method_update",
    "subscription_cancel",
    "subscription_update",
    "subscription_update_confirm",
    "customer_update",
];
const AFTER: [&str; 3] = ["portal_homepage", "redirect", "hosted_confirmation"];

/// The calls.
pub(super) const ENDPOINTS: &[Endpoint] = &[post(
    "/v1/billing_portal/sessions",
    &[
        "customer",
        "configuration",
        "return_url",
        "locale",
        "flow_data[type]",
        "flow_data[after_completion][type]",
        "flow_data[after_completion][redirect][return_url]",
        "flow_data[after_completion][hosted_confirmation][custom_message]",
        "flow_data[subscription_cancel][subscription]",
        "flow_data[subscription_update][subscription]",
        "flow_data[subscription_update_confirm][subscription]",
        "flow_data[subscription_update_confirm][items][*][id]",
        "flow_data[subscription_update_confirm][items][*][price]",
        "flow_data[subscription_update_confirm][items][*][quantity]",
    ],
    create,
)];

fn create(book: &mut Book, ask: &Ask) -> Answer {
    let params = &ask.params;
    let customer = params.required("customer")?;
    live(book, &customer, "customer")?;
    let configuration = match params.text("configuration") {
        Some(id) => book.portal_configurations.get(&id, "configuration")?,
        None => book.portal_configurations.iter().find(|configuration| configuration.is_default).ok_or_else(|| {
            StripeError::invalid(
                "You can't create a portal session in test mode until you save your customer portal settings in test \
                 mode. The sandbox has no default configuration: give the id of one.",
            )
        })?,
    };
    if !configuration.active {
        return Err(StripeError::param("configuration", "The configuration is not active."));
    }
    let flow = params
        .has("flow_data")
        .then(|| flow(book, &params.group("flow_data"), configuration, &customer))
        .transpose()?;
    let session = PortalSession {
        id: ids::fresh("bps_"),
        customer: customer.clone(),
        configuration: configuration.id.clone(),
        return_url: params.text("return_url").or_else(|| configuration.default_return_url.clone()),
        locale: params.text("locale"),
        flow,
        secret: format!("test_{}", ids::letters(SECRET)),
        created: ask.now,
        visited: None,
        flow_done: false,
    };
    let shown = book.portal_session_json(&session);
    book.portal_sessions.put(session);
    book.emit("billing_portal.session.created", shown.clone(), ask.now);
    Ok(shown)
}

fn flow(book: &Book, group: &Params, configuration: &PortalConfiguration, customer: &str) -> Result<Flow, StripeError> {
    let kind = group.word("type", &FLOWS)?.ok_or_else(|| StripeError::missing("flow_data[type]"))?;
    let features = &configuration.features;
    let is_enabled = match kind {
        "payment_method_update" => features.payment_method_update,
        "subscription_cancel" => features.subscription_cancel.enabled,
        "customer_update" => features.customer_update.is_some(),
        _ => features.subscription_update.enabled,
    };
    if !is_enabled {
        return Err(StripeError::param(
            "flow_data[type]",
            format!("This feature is not enabled in the portal configuration: {kind}."),
        ));
    }
    let own = group.group(kind);
    let mut subscription = None;
    if kind.starts_with("subscription_") {
        let id = own.required("subscription")?;
        let param = own.name("subscription");
        let found = book.subscriptions.get(&id, &param)?;
        if found.customer != customer {
            return Err(StripeError::no_such("subscription", &id, &param));
        }
        if found.status.is_over() {
            return Err(StripeError::param(param, format!("The subscription {id} is canceled.")));
        }
        if kind == "subscription_cancel" && found.is_ending() {
            return Err(StripeError::param(param, format!("The subscription {id} is already set to be canceled.")));
        }
        subscription = Some(id);
    }
    let item = (kind == "subscription_update_confirm")
        .then(|| item(book, &own, configuration, subscription.as_deref().unwrap_or_default()))
        .transpose()?;
    let after = group.group("after_completion");
    let redirect = after.group("redirect").text("return_url");
    let kind_after = after.word("type", &AFTER)?.unwrap_or(AFTER[0]);
    if kind_after == "redirect" && redirect.is_none() {
        return Err(StripeError::missing("flow_data[after_completion][redirect][return_url]"));
    }
    Ok(Flow {
        kind: kind.to_owned(),
        subscription,
        item,
        after: kind_after.to_owned(),
        after_url: redirect,
        after_message: after.group("hosted_confirmation").text("custom_message"),
    })
}

fn item(
    book: &Book,
    own: &Params,
    configuration: &PortalConfiguration,
    subscription: &str,
) -> Result<(String, Option<String>, Option<i64>), StripeError> {
    let items = own.groups("items");
    let [item] = items.as_slice() else {
        return Err(StripeError::param(own.name("items"), "Exactly one item can be updated."));
    };
    let found = book.subscriptions.get(subscription, &own.name("subscription"))?;
    if found.items.len() != 1 {
        return Err(StripeError::param(
            own.name("subscription"),
            "A subscription with several items cannot be updated.",
        ));
    }
    let id = item.required("id")?;
    if found.items.iter().all(|known| known.id != id) {
        return Err(StripeError::no_such("subscription_item", &id, &item.name("id")));
    }
    let price = item.text("price");
    if let Some(price) = &price {
        book.prices.get(price, &item.name("price"))?;
        if !configuration.offers(price) {
            return Err(StripeError::param(
                item.name("price"),
                format!("The price {price} is not in the portal configuration's products."),
            ));
        }
    }
    let quantity = item.integer("quantity")?;
    let is_same = price.as_ref().is_none_or(|price| *price == found.items[0].price)
        && quantity.is_none_or(|quantity| quantity == found.items[0].quantity);
    if is_same {
        return Err(StripeError::param(
            own.name("items"),
            "There is nothing to update: the subscription is as asked for.",
        ));
    }
    Ok((id, price, quantity))
}
