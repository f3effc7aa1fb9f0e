//! How subscriptions end: at once with what is left given back, for want of payment, and with their customer.

use std::io::Write;

use serde_json::Value;

use super::account::{Account, members, of_kind, text};
use super::catalogue::Catalogue;
use super::transcript::Transcript;

/// What is asked for where somebody closes their account.
const AT_ONCE: [(&str, &str); 2] = [("invoice_now", "true"), ("prorate", "true")];

pub(super) async fn look(
    account: &Account,
    catalogue: &Catalogue,
    transcript: &mut Transcript<impl Write>,
) -> anyhow::Result<()> {
    paid(account, catalogue, transcript).await?;
    trialing(account, catalogue, transcript).await?;
    owing(account, catalogue, transcript).await?;
    paused(account, catalogue, transcript).await?;
    scheduled(account, catalogue, transcript).await?;
    retried(account, catalogue, transcript).await?;
    with_customer(account, catalogue, transcript).await
}

async fn subscribe(account: &Account, customer: &str, more: &[(&str, &str)], price: &str) -> anyhow::Result<String> {
    let mut form = vec![("customer", customer), ("items[0][price]", price)];
    form.extend(more);
    Ok(text(&account.make("subscriptions", &form).await?["id"]))
}

async fn invoices(account: &Account, customer: &str) -> anyhow::Result<Vec<Value>> {
    let all = account.get(&format!("invoices?customer={customer}&limit=100")).await?;
    Ok(all["data"].as_array().cloned().unwrap_or_default())
}

async fn pays_with(account: &Account, customer: &str, card: &str) -> anyhow::Result<()> {
    let method = account.make(&format!("payment_methods/{card}/attach"), &[("customer", customer)]).await?;
    let form = [("invoice_settings[default_payment_method]", &*text(&method["id"]))];
    account.make(&format!("customers/{customer}"), &form).await.map(drop)
}

async fn paid(account: &Account, catalogue: &Catalogue, transcript: &mut Transcript<impl Write>) -> anyhow::Result<()> {
    let (customer, clock) = account.customer(Some("pm_card_visa")).await?;
    let id = subscribe(account, &customer, &[], &catalogue.small).await?;
    account.days(&clock, 10).await?;
    let ended = account.end(&format!("subscriptions/{id}"), &AT_ONCE).await?;
    let why = ["status", "cancellation_details/reason"];
    transcript.expect(2, "ended at once", "canceled cancellation_requested", members(&ended, &why))?;
    let all = invoices(account, &customer).await?;
    transcript.expect(2, "its invoices", 2, all.len())?;
    let last = all.first().cloned().unwrap_or_default();
    let total = last["total"].as_i64().unwrap_or_default();
    transcript.expect(2, "the last one is paid at once", "paid", text(&last["status"]))?;
    transcript.expect(2, "and gives something back", true, (-2_900..0).contains(&total))?;
    transcript.expect(2, "and is a file too", true, last["invoice_pdf"].is_string())?;
    let after = account.get(&format!("customers/{customer}")).await?;
    transcript.expect(2, "what is given back is the customer's balance", total, text(&after["balance"]))?;
    let events = account.events(&customer, "customer.subscription.deleted").await?;
    let paid = events.iter().filter(|event| *event == "invoice.paid").count();
    transcript.expect(2, "an invoice that gives back is paid by event", 2, paid)?;
    let again = account.delete(&format!("subscriptions/{id}"), &[]).await?;
    transcript.expect(2, "what is ended is not there", "404 invalid_request_error resource_missing id", again.refusal())
}

async fn trialing(
    account: &Account,
    catalogue: &Catalogue,
    transcript: &mut Transcript<impl Write>,
) -> anyhow::Result<()> {
    let (customer, _) = account.customer(Some("pm_card_visa")).await?;
    let id = subscribe(account, &customer, &[("trial_period_days", "14")], &catalogue.small).await?;
    let ended = account.end(&format!("subscriptions/{id}"), &AT_ONCE).await?;
    transcript.expect(3, "a trial ended at once", "canceled", text(&ended["status"]))?;
    let totals: Vec<String> = invoices(account, &customer).await?.iter().map(|one| text(&one["total"])).collect();
    transcript.expect(3, "costs nothing and gives nothing", true, totals.iter().all(|total| total == "0"))
}

async fn owing(
    account: &Account,
    catalogue: &Catalogue,
    transcript: &mut Transcript<impl Write>,
) -> anyhow::Result<()> {
    let (customer, clock) = account.customer(Some("pm_card_visa")).await?;
    let id = subscribe(account, &customer, &[], &catalogue.small).await?;
    pays_with(account, &customer, "pm_card_chargeCustomerFail").await?;
    account.days(&clock, 32).await?;
    let path = format!("subscriptions/{id}");
    transcript.expect(3, "a renewal that is not paid", "past_due", text(&account.get(&path).await?["status"]))?;
    let ended = account.end(&path, &AT_ONCE).await?;
    transcript.expect(3, "ended at once", "canceled", text(&ended["status"]))?;
    let open = account.get(&format!("invoices?customer={customer}&status=open")).await?;
    let shown = open["data"].get(0).map(|one| members(one, &["status", "auto_advance"]));
    transcript.expect(3, "what was owed stays open, and is collected no more", "open false", shown.unwrap_or_default())
}

async fn paused(
    account: &Account,
    catalogue: &Catalogue,
    transcript: &mut Transcript<impl Write>,
) -> anyhow::Result<()> {
    let (customer, clock) = account.customer(None).await?;
    let trial = [("trial_period_days", "1"), ("trial_settings[end_behavior][missing_payment_method]", "pause")];
    let id = subscribe(account, &customer, &trial, &catalogue.small).await?;
    account.days(&clock, 2).await?;
    let path = format!("subscriptions/{id}");
    let shown = ["status", "status_details/paused/subscription/type"];
    let resting = account.get(&path).await?;
    let expected = "paused trial_end_without_payment_method";
    transcript.expect(3, "a trial that ended without a card", expected, members(&resting, &shown))?;
    pays_with(account, &customer, "pm_card_visa").await?;
    transcript.expect(3, "a card alone does not wake it", "paused", text(&account.get(&path).await?["status"]))?;
    account.make(&format!("{path}/resume"), &[]).await?;
    transcript.expect(3, "resumed", "active", text(&account.get(&path).await?["status"]))
}

async fn scheduled(
    account: &Account,
    catalogue: &Catalogue,
    transcript: &mut Transcript<impl Write>,
) -> anyhow::Result<()> {
    let (customer, _) = account.customer(Some("pm_card_visa")).await?;
    let id = subscribe(account, &customer, &[], &catalogue.small).await?;
    let schedule = text(&account.make("subscription_schedules", &[("from_subscription", &*id)]).await?["id"]);
    let path = format!("subscriptions/{id}");
    transcript.expect(
        3,
        "a schedule is the subscription's",
        &schedule,
        text(&account.get(&path).await?["schedule"]),
    )?;
    let released = account.make(&format!("subscription_schedules/{schedule}/release"), &[]).await?;
    transcript.expect(3, "released", "released", text(&released["status"]))?;
    transcript.expect(
        3,
        "it lives on without",
        "active null",
        members(&account.get(&path).await?, &["status", "schedule"]),
    )?;
    let ended = account.end(&path, &AT_ONCE).await?;
    transcript.expect(3, "and can be ended", "canceled", text(&ended["status"]))
}

async fn retried(
    account: &Account,
    catalogue: &Catalogue,
    transcript: &mut Transcript<impl Write>,
) -> anyhow::Result<()> {
    let (customer, clock) = account.customer(Some("pm_card_visa")).await?;
    let id = subscribe(account, &customer, &[], &catalogue.small).await?;
    pays_with(account, &customer, "pm_card_chargeCustomerFail").await?;
    account.days(&clock, 32).await?;
    let path = format!("subscriptions/{id}");
    for _ in 0..9 {
        if account.get(&path).await?["status"] != "past_due" {
            break;
        }
        account.days(&clock, 7).await?;
    }
    let ended = account.get(&path).await?;
    let why = ["status", "cancellation_details/reason"];
    transcript.expect(
        11,
        "after the last retry (a setting of the account)",
        "canceled payment_failed",
        members(&ended, &why),
    )?;
    let last = invoices(account, &customer).await?.into_iter().next().unwrap_or_default();
    let shown = members(&last, &["status", "auto_advance"]);
    transcript.expect(11, "what was owed stays open, and is collected no more", "open false", shown)?;
    let events = account.events(&customer, "invoice.payment_failed").await?;
    let ends = events.iter().filter(|event| *event == "customer.subscription.deleted").count();
    transcript.expect(11, "the end is told once", 1, ends)
}

async fn with_customer(
    account: &Account,
    catalogue: &Catalogue,
    transcript: &mut Transcript<impl Write>,
) -> anyhow::Result<()> {
    let (customer, _) = account.customer(Some("pm_card_visa")).await?;
    let id = subscribe(account, &customer, &[], &catalogue.small).await?;
    let gone = account.end(&format!("customers/{customer}"), &[]).await?;
    transcript.expect(12, "a customer is deleted", "true", text(&gone["deleted"]))?;
    let left = account.get(&format!("customers/{customer}")).await?;
    transcript.expect(
        12,
        "and what is left says so",
        format!("{customer} true"),
        members(&left, &["id", "deleted"]),
    )?;
    let ended = account.get(&format!("subscriptions/{id}")).await?;
    transcript.expect(12, "what they had ends with them", "canceled", text(&ended["status"]))?;
    let events = account.events(&customer, "customer.deleted").await?;
    let told = of_kind(&events, &["customer.deleted", "customer.subscription.deleted"]);
    transcript.expect(12, "both are told", "customer.deleted, customer.subscription.deleted", told)
}
