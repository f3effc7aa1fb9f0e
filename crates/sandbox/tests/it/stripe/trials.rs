//! Trials: announced, and ended with a card and without one.

use serde_json::{Value, json};

use super::account::{Account, DAY, HOUR, START, id, period_end, summary};

const TRIAL: (&str, &str) = ("trial_period_days", "14");
const END: i64 = START + 14 * DAY;

#[tokio::test]
async fn with_a_card_a_trial_becomes_a_paid_month() {
    let account = Account::new().await;
    let made = account.subscribe(&account.team, &[TRIAL]).await;
    assert_eq!((&made["status"], &made["trial_end"], period_end(&made)), (&json!("trialing"), &json!(END), END));
    assert_eq!(summary(&account.invoices().await), json!([["paid", 0, 0]]));
    let preview = account.post("/invoices/create_preview", &[("subscription", &id(&made))]).await;
    assert_eq!(preview["total"], 2_900);
    account.advance(END - DAY).await;
    let events = account.events_since("test_helpers.test_clock.advancing").await;
    assert_eq!(events, ["customer.subscription.trial_will_end", "test_helpers.test_clock.ready"]);
    account.advance(END + HOUR).await;
    let active = account.subscription(&id(&made)).await;
    assert_eq!((&active["status"], &active["billing_cycle_anchor"]), (&json!("active"), &json!(END)));
    assert_eq!(period_end(&active), END + 30 * DAY, "29 January and a month is 28 February");
    assert_eq!(summary(&account.invoices().await), json!([["paid", 2_900, 0], ["paid", 0, 0]]));
}

#[tokio::test]
async fn without_a_card_it_ends_as_it_was_agreed() {
    let name = "trial_settings[end_behavior][missing_payment_method]";
    for (behaviour, status) in [("cancel", "canceled"), ("pause", "paused"), ("create_invoice", "past_due")] {
        let account = Account::with(None, &[]).await;
        let made = account.subscribe(&account.team, &[TRIAL, (name, behaviour)]).await;
        account.advance(END + HOUR).await;
        let ended = account.subscription(&id(&made)).await;
        assert_eq!(ended["status"], status, "{behaviour}");
        let open = account.invoices().await.iter().filter(|invoice| invoice["status"] == "open").count();
        assert_eq!(open, usize::from(behaviour == "create_invoice"), "{behaviour}");
    }
}

#[tokio::test]
async fn a_paused_subscription_is_resumed_with_a_card() {
    let account = Account::with(None, &[]).await;
    let pause = ("trial_settings[end_behavior][missing_payment_method]", "pause");
    let made = account.subscribe(&account.team, &[TRIAL, pause]).await;
    account.advance(END + 20 * DAY).await;
    let paused = account.subscription(&id(&made)).await;
    assert_eq!(paused["status_details"]["paused"]["transitioned_at"], END);
    let form = [("invoice_settings[default_payment_method]", "pm_card_visa")];
    account.post(&format!("/customers/{}", account.customer), &form).await;
    let resumed = account.post(&format!("/subscriptions/{}/resume", id(&made)), &[]).await;
    assert_eq!((&resumed["status"], resumed.get("status_details")), (&json!("active"), None));
    assert_eq!(resumed["billing_cycle_anchor"], END + 20 * DAY);
    assert_eq!(summary(&account.invoices().await), json!([["paid", 2_900, 0], ["paid", 0, 0]]));
}

#[tokio::test]
async fn a_trial_can_be_cut_short_and_made_longer() {
    let account = Account::new().await;
    let made = account.subscribe(&account.team, &[TRIAL]).await;
    let path = format!("/subscriptions/{}", id(&made));
    let longer = account.post(&path, &[("trial_end", &(END + DAY).to_string())]).await;
    assert_eq!((&longer["trial_end"], period_end(&longer)), (&json!(END + DAY), END + DAY));
    account.advance(START + DAY).await;
    let over = account.post(&path, &[("trial_end", "now")]).await;
    assert_eq!((&over["status"], &over["trial_end"]), (&json!("active"), &json!(START + DAY)));
    assert_eq!(summary(&account.invoices().await), json!([["paid", 2_900, 0], ["paid", 0, 0]]));
}

#[tokio::test]
async fn a_first_invoice_is_paid_within_a_day_or_never() {
    let account = Account::with(Some("pm_card_chargeCustomerFail"), &[]).await;
    let made = account.subscribe(&account.team, &[]).await;
    assert_eq!(made["status"], "incomplete");
    assert_eq!(summary(&account.invoices().await), json!([["open", 2_900, 2_900]]));
    account.advance(START + 22 * HOUR).await;
    let other = account.subscribe(&account.team, &[("payment_behavior", "default_incomplete")]).await;
    let invoice = other["latest_invoice"].as_str().unwrap().to_owned();
    account.post(&format!("/invoices/{invoice}/pay"), &[("payment_method", "pm_card_visa")]).await;
    assert_eq!(account.subscription(&id(&other)).await["status"], "active");
    account.advance(START + 24 * HOUR).await;
    let expired = account.subscription(&id(&made)).await;
    assert_eq!((&expired["status"], &expired["ended_at"]), (&json!("incomplete_expired"), &json!(START + 23 * HOUR)));
    assert_eq!(account.invoices().await[1]["status"], "void");
    assert_eq!(expired["canceled_at"], Value::Null);
}
