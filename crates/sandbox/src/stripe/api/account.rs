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
        "business_profile": {
            "mcc": null,
            "minority_owned_business_designation": null,
            "name": "Tenantry sandbox",
            "specified_commercial_transactions_act_url": null,
            "support_address": null,
            "support_email": null,
            "support_phone": null,
            "support_url": null,
            "url": null,
        },
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
        "settings": {
            "branding": {"icon": null, "logo": null, "primary_color": null, "secondary_color": null},
            "card_payments": {
                "statement_descriptor_prefix": null,
                "statement_descriptor_prefix_kana": null,
                "statement_descriptor_prefix_kanji": null,
            },
            "dashboard": {"display_name": "Tenantry sandbox", "timezone": "Etc/UTC"},
            "payments": {
                "statement_descriptor": null,
                "statement_descriptor_kana": null,
                "statement_descriptor_kanji": null,
                "statement_descriptor_prefix_kana": null,
                "statement_descriptor_prefix_kanji": null,
            },
        },
        "type": "standard",
    }))
}

#[expect(clippy::unnecessary_wraps, reason = "a call like the others")]
fn balance(_: &Book, _: &Ask) -> Answer {
    let nothing = json!([{"amount": 0, "currency": "eur", "source_types": {"card": 0}}]);
    Ok(json!({"object": "balance", "available": nothing, "livemode": false, "pending": nothing}))
}
