//! `/v1/account`: the account itself, and its balance.

use serde_json::json;

use crate::stripe::book::Book;
use crate::stripe::dispatch::{Ask, Endpoint, get};
use crate::stripe::errors::Answer;

/// The calls.
pub(super) const ENDPOINTS: &[Endpoint] = &[get("/v1/account", &[], show), get("/v1/balance", &[], balance)];

#[expect(clippy::unnecessary_wraps, reason = "a call like the others")]
fn show(_: &Book, _: &Ask) -> Answer {
    Ok(json!({
        "id": "acct_sandbox",
        "object": "account",
        "business_profile": {"name": "Tenantry sandbox", "support_email": null, "url": null},
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": true,
        "country": "DE",
        "created": 1_735_689_600,
        "default_currency": "eur",
        "details_submitted": true,
        "email": "sandbox@example.com",
        "metadata": {},
        "payouts_enabled": true,
        "settings": {"dashboard": {"display_name": "Tenantry sandbox", "timezone": "Etc/UTC"}},
        "type": "standard",
    }))
}

#[expect(clippy::unnecessary_wraps, reason = "a call like the others")]
fn balance(_: &Book, _: &Ask) -> Answer {
    let nothing = json!([{"amount": 0, "currency": "eur", "source_types": {"card": 0}}]);
    Ok(json!({"object": "balance", "available": nothing, "livemode": false, "pending": nothing}))
}
