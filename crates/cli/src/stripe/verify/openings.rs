//! How subscriptions begin.

use std::io::Write;

use jiff::Timestamp;

use super::account::{Account, members, of_kind, text};
use super::catalogue::Catalogue;
use super::transcript::Transcript;

pub(super) async fn look(
    account: &Account,
    catalogue: &Catalogue,
    transcript: &mut Transcript<impl Write>,
) -> anyhow::Result<()> {
    let (customer, _) = account.customer(Some("pm_card_visa")).await?;
    let form = [("customer", &*customer), ("items[0][price]", &catalogue.small), ("expand[0]", "latest_invoice")];
    let paid = account.make("subscriptions", &form).await?;
    let invoice = ["latest_invoice/status", "latest_invoice/billing_reason", "latest_invoice/total"];
    transcript.expect(1, "paid at once", "active flexible", members(&paid, &["status", "billing_mode/type"]))?;
    transcript.expect(1, "its invoice", "paid subscription_create 2900", members(&paid, &invoice))?;
    let events = account.events(&customer, "invoice.paid").await?;
    transcript.expect(
        1,
        "its events",
        "customer.subscription.created, invoice.created, invoice.finalized, invoice.paid, invoice.payment_succeeded",
        of_kind(&events, &["customer.subscription.", "invoice."]),
    )?;

    let (customer, _) = account.customer(Some("pm_card_visa")).await?;
    let form = [
        ("customer", &*customer),
        ("items[0][price]", &catalogue.small),
        ("trial_period_days", "14"),
        ("expand[0]", "latest_invoice"),
    ];
    let trial = account.make("subscriptions", &form).await?;
    transcript.expect(1, "a trial", "trialing", members(&trial, &["status"]))?;
    transcript.expect(1, "its invoice of nothing", "paid subscription_create 0", members(&trial, &invoice))?;
    let events = account.events(&customer, "invoice.paid").await?;
    transcript.expect(
        1,
        "its events",
        "customer.subscription.created, invoice.created, invoice.finalized, invoice.paid, invoice.payment_succeeded",
        of_kind(&events, &["customer.subscription.", "invoice."]),
    )?;

    let (customer, _) = account.customer(Some("pm_card_chargeCustomerFail")).await?;
    let form = [("customer", &*customer), ("items[0][price]", &*catalogue.small)];
    let unpaid = account.make("subscriptions", &form).await?;
    transcript.expect(1, "with a card that is declined", "incomplete", members(&unpaid, &["status"]))?;

    let (customer, _) = account.customer(None).await?;
    let expires_at = (Timestamp::now().as_second() + 2_400).to_string();
    let form = [
        ("mode", "subscription"),
        ("customer", &*customer),
        ("line_items[0][price]", &*catalogue.small),
        ("line_items[0][quantity]", "1"),
        ("success_url", "https://tenantry.example.com/?checkout={CHECKOUT_SESSION_ID}"),
        ("expires_at", &*expires_at),
    ];
    let session = account.make("checkout/sessions", &form).await?;
    let shown = ["status", "payment_status", "mode", "subscription", "invoice"];
    transcript.expect(1, "a visit to the till", "open unpaid subscription null null", members(&session, &shown))?;
    transcript.expect(1, "until when it was asked for", &expires_at, text(&session["expires_at"]))?;
    let path = format!("checkout/sessions/{}/expire", text(&session["id"]));
    let expired = account.make(&path, &[]).await?;
    transcript.expect(1, "closed", "expired null", members(&expired, &["status", "url"]))?;
    let again = account.post(&path, &[]).await?;
    transcript.expect(1, "closed twice is refused", 400, again.status)
}
