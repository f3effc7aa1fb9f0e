//! `/v1/webhook_endpoints`.

use serde_json::json;

use crate::ids;
use crate::stripe::VERSION;
use crate::stripe::book::Book;
use crate::stripe::dispatch::{Ask, Endpoint, delete, get, post};
use crate::stripe::errors::{Answer, StripeError};
use crate::stripe::list::page;
use crate::stripe::records::{Secret, WebhookEndpoint};

/// Endpoints an account may have.
const MOST: usize = 16;
/// Letters of a secret.
const SECRET: usize = 32;

/// The calls.
pub(super) const ENDPOINTS: &[Endpoint] = &[
    get("/v1/webhook_endpoints", &[], list),
    post(
        "/v1/webhook_endpoints",
        &["url", "enabled_events[*]", "api_version", "description", "metadata[*]", "connect"],
        create,
    ),
    get("/v1/webhook_endpoints/{id}", &[], show),
    post("/v1/webhook_endpoints/{id}", &["url", "enabled_events[*]", "disabled", "description", "metadata[*]"], change),
    delete("/v1/webhook_endpoints/{id}", &[], destroy),
];

fn list(book: &Book, ask: &Ask) -> Answer {
    page(ask, book.webhook_endpoints.iter(), WebhookEndpoint::json)
}

fn show(book: &Book, ask: &Ask) -> Answer {
    book.webhook_endpoints.get(ask.id(), "id").map(WebhookEndpoint::json)
}

fn create(book: &mut Book, ask: &Ask) -> Answer {
    let params = &ask.params;
    if book.webhook_endpoints.len() >= MOST {
        return Err(StripeError::invalid(format!("You have reached the maximum of {MOST} test webhook endpoints.")));
    }
    let version = params.text("api_version").unwrap_or_else(|| VERSION.to_owned());
    if version != VERSION {
        return Err(StripeError::param(
            "api_version",
            format!("Invalid API version: {}. The sandbox is {VERSION} and nothing else.", version.escape_default()),
        ));
    }
    let secret = Secret { text: format!("whsec_{}", ids::letters(SECRET)), ends_at: None };
    let endpoint = WebhookEndpoint {
        id: ids::fresh("we_"),
        url: url(&params.required("url")?)?,
        enabled_events: events(ask)?.ok_or_else(|| StripeError::missing("enabled_events"))?,
        api_version: Some(version),
        description: params.text("description"),
        disabled: false,
        secrets: vec![secret.clone()],
        metadata: params.metadata(),
        created: ask.now,
    };
    let mut shown = endpoint.json();
    shown["secret"] = json!(secret.text);
    book.webhook_endpoints.put(endpoint);
    Ok(shown)
}

fn change(book: &mut Book, ask: &Ask) -> Answer {
    let params = &ask.params;
    let address = params.text("url").map(|text| url(&text)).transpose()?;
    let events = events(ask)?;
    let disabled = params.flag("disabled")?;
    let endpoint = book.webhook_endpoints.get_mut(ask.id(), "id")?;
    endpoint.url = address.unwrap_or_else(|| endpoint.url.clone());
    endpoint.enabled_events = events.unwrap_or_else(|| endpoint.enabled_events.clone());
    endpoint.disabled = disabled.unwrap_or(endpoint.disabled);
    if let Some(description) = params.settable("description") {
        endpoint.description = description;
    }
    params.merge_metadata(&mut endpoint.metadata);
    Ok(endpoint.json())
}

fn destroy(book: &mut Book, ask: &Ask) -> Answer {
    book.webhook_endpoints.get(ask.id(), "id")?;
    book.webhook_endpoints.take(ask.id());
    Ok(json!({"id": ask.id(), "object": "webhook_endpoint", "deleted": true}))
}

fn url(text: &str) -> Result<String, StripeError> {
    url::Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .map(|_| text.to_owned())
        .ok_or_else(|| StripeError::coded("url_invalid", "Not a valid URL").about("url"))
}

fn events(ask: &Ask) -> Result<Option<Vec<String>>, StripeError> {
    let Some(events) = ask.params.texts("enabled_events") else {
        return Ok(None);
    };
    let is_known = |kind: &String| kind == "*" || kind.contains('.');
    match events.iter().find(|kind| !is_known(kind)) {
        Some(kind) => Err(StripeError::param(
            "enabled_events",
            format!("Invalid enabled_events: {} is not an event type.", kind.escape_default()),
        )),
        None if events.is_empty() => Err(StripeError::missing("enabled_events")),
        None => Ok(Some(events)),
    }
}
