//! Renewals that are not paid: the retries, what ends them, and what comes after them.

use serde_json::{Value, json};

use super::account::{Account, DAY, HOUR, START, id};

/// The first attempt: an hour after a trial of a day.
const FIRST: i64 = START + DAY + HOUR;

async fn failing(settings: Value) -> (Account, String) {
    let account = Account::with(Some("pm_card_chargeCustomerFail"), &[]).await;
    if settings != json!({}) {
        account.control("/dunning", settings).await;
    }
    let made = account.subscribe(&account.team, &[("trial_period_days", "1")]).await;
    account.advance(FIRST).await;
    (account, id(&made))
}

#[tokio::test]
async fn four_retries_in_two_weeks_and_then_it_ends() {
    let (account, subscription) = failing(json!({})).await;
    assert_eq!(account.subscription(&subscription).await["status"], "past_due");
    let events = account.events_since("invoice.finalized").await;
    for kind in ["payment_intent.payment_failed", "invoice.payment_failed", "invoice.updated", "customer.updated"] {
        assert!(events.iter().any(|other| other == kind), "{kind}: {events:?}");
    }
    for (attempts, days) in (1..).zip([3, 5, 7, 14]) {
        let invoice = account.invoices().await[0].clone();
        assert_eq!((&invoice["attempt_count"], &invoice["status"]), (&json!(attempts), &json!("open")));
        assert_eq!(invoice["next_payment_attempt"], FIRST + days * DAY);
        account.advance(FIRST + days * DAY).await;
    }
    let ended = account.subscription(&subscription).await;
    assert_eq!(
        (&ended["status"], &ended["cancellation_details"]["reason"]),
        (&json!("canceled"), &json!("payment_failed"))
    );
    assert_eq!(ended["ended_at"], FIRST + 14 * DAY);
    let invoice = account.invoices().await[0].clone();
    assert_eq!((&invoice["attempt_count"], &invoice["auto_advance"]), (&json!(5), &json!(false)));
    assert_eq!(invoice["next_payment_attempt"], Value::Null);
}

#[tokio::test]
async fn a_better_card_is_found_by_the_next_retry() {
    let (account, subscription) = failing(json!({})).await;
    let form = [("invoice_settings[default_payment_method]", "pm_card_visa")];
    account.post(&format!("/customers/{}", account.customer), &form).await;
    assert_eq!(account.subscription(&subscription).await["status"], "past_due", "a card alone pays nothing");
    account.advance(FIRST + 3 * DAY).await;
    assert_eq!(account.subscription(&subscription).await["status"], "active");
    let customer = account.get(&format!("/customers/{}", account.customer)).await;
    assert_eq!(customer["delinquent"], false);
}

#[tokio::test]
async fn the_account_decides_what_comes_after_the_retries() {
    let (account, subscription) = failing(json!({"retry_days": "1,2", "after_retries": "unpaid"})).await;
    account.advance(FIRST + 3 * DAY).await;
    assert_eq!(account.subscription(&subscription).await["status"], "unpaid");
    account.advance(START + 33 * DAY).await;
    let renewal = account.invoices().await[0].clone();
    assert_eq!((&renewal["status"], &renewal["auto_advance"]), (&json!("draft"), &json!(false)), "not collected");
    account.post(&format!("/invoices/{}/pay", id(&renewal)), &[("payment_method", "pm_card_visa")]).await;
    assert_eq!(account.subscription(&subscription).await["status"], "active");

    let settings = json!({"retry_days": "1", "after_retries": "past_due", "marks_uncollectible": true});
    let (account, subscription) = failing(settings).await;
    account.advance(FIRST + 2 * DAY).await;
    assert_eq!(account.subscription(&subscription).await["status"], "past_due");
    assert_eq!(account.invoices().await[0]["status"], "uncollectible");
    for wrong in [json!({"retry_days": "3,1"}), json!({"retry_days": "0"}), json!({"after_retries": "shrug"})] {
        assert_eq!(account.instance.try_control("/stripe/dunning", wrong).await.0, 422);
    }
}

#[tokio::test]
async fn a_card_that_asks_is_paid_with_its_holder_there() {
    let account = Account::with(Some("pm_card_authenticationRequired"), &[]).await;
    let made = account.subscribe(&account.team, &[("trial_period_days", "1")]).await;
    account.advance(FIRST).await;
    assert_eq!(account.subscription(&id(&made)).await["status"], "past_due");
    let invoice = id(&account.invoices().await[0]);
    let pay = |body: Value| {
        let path = format!("/stripe/invoices/{invoice}/pay");
        let account = &account;
        async move { account.instance.try_control(&path, body).await }
    };
    assert_eq!(pay(json!({"card": "pm_card_authenticationRequired"})).await.0, 402);
    assert_eq!(pay(json!({"card": "4000002760003184", "confirmed": true})).await.0, 200);
    assert_eq!(account.subscription(&id(&made)).await["status"], "active");
    assert_eq!(pay(json!({"card": "pm_card_visa"})).await.0, 400, "paid already");
    assert_eq!(pay(json!({"card": "a nice one"})).await.0, 422);
}
