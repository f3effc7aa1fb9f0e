//! The portal as far as it can be seen without a browser, and ends that wait for their date.

use std::io::Write;

use super::account::{Account, members, text};
use super::catalogue::Catalogue;
use super::transcript::Transcript;

pub(super) async fn look(
    account: &Account,
    catalogue: &Catalogue,
    transcript: &mut Transcript<impl Write>,
) -> anyhow::Result<()> {
    let (customer, _) = account.customer(Some("pm_card_visa")).await?;
    let form = [("customer", &*customer), ("items[0][price]", &*catalogue.small)];
    let made = account.make("subscriptions", &form).await?;
    let (id, item) = (text(&made["id"]), text(&made["items"]["data"][0]["id"]));
    let path = format!("subscriptions/{id}");
    let period_end = text(&made["items"]["data"][0]["current_period_end"]);
    let shown = ["cancel_at", "cancel_at_period_end"];
    let ending = account.make(&path, &[("cancel_at", "min_period_end")]).await?;
    transcript.expect(4, "to end with the period, by date", format!("{period_end} false"), members(&ending, &shown))?;
    let taken_back = account.make(&path, &[("cancel_at", "")]).await?;
    transcript.expect(4, "taken back", "null false", members(&taken_back, &shown))?;
    let ending = account.make(&path, &[("cancel_at_period_end", "true")]).await?;
    transcript.expect(4, "to end with the period, by flag", format!("{period_end} true"), members(&ending, &shown))?;
    let taken_back = account.make(&path, &[("cancel_at_period_end", "false")]).await?;
    transcript.expect(4, "taken back", "null false", members(&taken_back, &shown))?;

    let update = |setting: &str| format!("features[subscription_update]{setting}");
    let named = [
        update("[enabled]"),
        update("[default_allowed_updates][0]"),
        update("[proration_behavior]"),
        update("[products][0][product]"),
        update("[products][0][prices][0]"),
        update("[products][0][prices][1]"),
        update("[products][0][adjustable_quantity][enabled]"),
        update("[schedule_at_period_end][conditions][0][type]"),
    ];
    let values = [
        "true",
        "price",
        "always_invoice",
        &catalogue.product,
        &catalogue.small,
        &catalogue.large,
        "false",
        "decreasing_item_amount",
    ];
    let form: Vec<(&str, &str)> = named.iter().map(String::as_str).zip(values).collect();
    let configuration = account.make("billing_portal/configurations", &form).await?;
    let bpc = text(&configuration["id"]);
    account.is_set_aside(&format!("billing_portal/configurations/{bpc}"));
    let features = &configuration["features"];
    let is_off = [
        "customer_update/enabled",
        "invoice_history/enabled",
        "payment_method_update/enabled",
        "subscription_cancel/enabled",
    ];
    transcript.expect(5, "what is not asked for is off", "false false false false", members(features, &is_off))?;
    transcript.expect(5, "a login by email is off", "false", text(&configuration["login_page"]["enabled"]))?;
    let products = |of: &serde_json::Value| of["features"]["subscription_update"].get("products").is_some();
    transcript.expect(5, "its products are left out", false, products(&configuration))?;
    let asked = format!("billing_portal/configurations/{bpc}?expand[0]=features.subscription_update.products");
    let expanded = account.get(&asked).await?;
    let first = &expanded["features"]["subscription_update"]["products"][0];
    let seen = members(first, &["product", "adjustable_quantity/enabled"]);
    transcript.expect(5, "unless they are asked for", format!("{} false", catalogue.product), seen)?;
    let form = [
        ("customer", &*customer),
        ("configuration", &*bpc),
        ("return_url", "https://tenantry.example.com/"),
        ("flow_data[type]", "subscription_update_confirm"),
        ("flow_data[subscription_update_confirm][subscription]", &*id),
        ("flow_data[subscription_update_confirm][items][0][id]", &*item),
        ("flow_data[subscription_update_confirm][items][0][price]", &*catalogue.large),
        ("flow_data[subscription_update_confirm][items][0][quantity]", "1"),
    ];
    let session = account.make("billing_portal/sessions", &form).await?;
    transcript.expect(5, "straight to a change", "subscription_update_confirm", text(&session["flow"]["type"]))?;
    transcript.expect(5, "by an address of its own", true, session["url"].is_string())
}
