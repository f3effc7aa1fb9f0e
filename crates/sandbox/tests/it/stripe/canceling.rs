//! Ends: now, with and without a final invoice, and at the end of the period.

use reqwest::Method;
use serde_json::{Value, json};

use super::account::{Account, DAY, HOUR, START, amounts, id, summary};

const HALF: i64 = START + 31 * DAY / 2;

async fn half_way() -> (Account, String) {
    let account = Account::new().await;
    let made = account.subscribe(&account.team, &[]).await;
    account.advance(HALF).await;
    (account, id(&made))
}

async fn cancel(account: &Account, id: &str, more: &[(&str, &str)]) -> Value {
    let (status, answer) = account.call(Method::DELETE, &format!("/subscriptions/{id}"), more).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

#[tokio::test]
async fn a_final_invoice_needs_both_flags() {
    let (account, subscription) = half_way().await;
    let ended = cancel(&account, &subscription, &[("invoice_now", "true"), ("prorate", "true")]).await;
    assert_eq!((&ended["status"], &ended["ended_at"]), (&json!("canceled"), &json!(HALF)));
    assert_eq!(ended["cancellation_details"]["reason"], "cancellation_requested");
    let invoice = &account.invoices().await[0];
    assert_eq!((amounts(invoice), &invoice["status"]), (vec![-1_450], &json!("paid")));
    assert_eq!((account.balance().await, &invoice["ending_balance"]), (-1_450, &json!(-1_450)));
    // The credit is used by whatever is bought next.
    account.subscribe(&account.team, &[]).await;
    let next = &account.invoices().await[0];
    assert_eq!((&next["total"], &next["amount_paid"]), (&json!(2_900), &json!(1_450)));

    for more in [&[][..], &[("invoice_now", "true")]] {
        let (account, subscription) = half_way().await;
        cancel(&account, &subscription, more).await;
        assert_eq!(account.invoices().await.len(), 1, "{more:?}: nothing to bill for time that is paid");
        assert_eq!(account.balance().await, 0);
    }
}

#[tokio::test]
async fn what_is_over_cannot_be_changed() {
    let (account, subscription) = half_way().await;
    cancel(&account, &subscription, &[]).await;
    let path = format!("/subscriptions/{subscription}");
    let (status, answer) = account.call(Method::POST, &path, &[("cancel_at_period_end", "true")]).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!("invalid_canceled_subscription_fields")));
    account.post(&path, &[("metadata[note]", "gone"), ("cancellation_details[comment]", "Bye")]).await;
    let (status, answer) = account.call(Method::DELETE, &path, &[]).await;
    assert_eq!((status, &answer["error"]["code"]), (404, &json!("resource_missing")));
}

#[tokio::test]
async fn a_trial_ends_without_a_credit() {
    let account = Account::new().await;
    let made = account.subscribe(&account.team, &[("trial_period_days", "14")]).await;
    cancel(&account, &id(&made), &[("invoice_now", "true"), ("prorate", "true")]).await;
    assert_eq!(summary(&account.invoices().await), json!([["paid", 0, 0]]), "only that of the beginning");
}

#[tokio::test]
async fn a_cancellation_waits_for_the_end_of_the_period() {
    let (account, subscription) = half_way().await;
    let path = format!("/subscriptions/{subscription}");
    let leaving = account.post(&path, &[("cancel_at_period_end", "true")]).await;
    assert_eq!((&leaving["cancel_at"], &leaving["canceled_at"]), (&json!(START + 31 * DAY), &json!(HALF)));
    account.advance(START + 31 * DAY + 2 * HOUR).await;
    let ended = account.subscription(&subscription).await;
    assert_eq!((&ended["status"], &ended["ended_at"]), (&json!("canceled"), &json!(START + 31 * DAY)));
    assert_eq!(account.invoices().await.len(), 1, "no renewal");
}

#[tokio::test]
async fn a_debt_stays_and_nobody_collects_it_any_more() {
    let account = Account::with(Some("pm_card_chargeCustomerFail"), &[]).await;
    let made = account.subscribe(&account.team, &[("trial_period_days", "1")]).await;
    account.advance(START + DAY + HOUR).await;
    assert_eq!(account.subscription(&id(&made)).await["status"], "past_due");
    cancel(&account, &id(&made), &[]).await;
    let invoice = account.invoices().await[0].clone();
    assert_eq!(
        (&invoice["status"], &invoice["auto_advance"], &invoice["next_payment_attempt"]),
        (&json!("open"), &json!(false), &Value::Null)
    );
    account.advance(START + 40 * DAY).await;
    assert_eq!(account.invoices().await[0]["attempt_count"], 1);
}

#[tokio::test]
async fn a_deleted_customer_has_no_subscription() {
    let (account, subscription) = half_way().await;
    account.call(Method::DELETE, &format!("/customers/{}", account.customer), &[]).await;
    assert_eq!(account.subscription(&subscription).await["status"], "canceled");
    account.advance(START + 40 * DAY).await;
}
