//! What the control page makes happen to customers and their cards.

use serde_json::{Value, json};

use super::account::{Account, DAY, HOUR, id, period_end};

#[tokio::test]
async fn the_next_charge_fails_and_the_one_after_it_does_not() {
    let account = Account::new().await;
    let made = account.subscribe(&account.team, &[]).await;
    let failing = account.control(&format!("/customers/{}/fail-next-charge", account.customer), json!({})).await;
    assert_eq!(failing["cards"], 1);
    let end = period_end(&made);
    account.advance(end + 2 * HOUR).await;
    assert_eq!(account.subscription(&id(&made)).await["status"], "past_due");
    account.advance(end + 4 * DAY).await;
    assert_eq!(account.subscription(&id(&made)).await["status"], "active", "the retry went through");
}

#[tokio::test]
async fn a_refused_update_is_a_failed_charge_too() {
    let account = Account::new().await;
    let made = account.subscribe(&account.team, &[]).await;
    account.control(&format!("/customers/{}/fail-next-charge", account.customer), json!({})).await;
    let path = format!("/subscriptions/{}", id(&made));
    let item = made["items"]["data"][0]["id"].as_str().unwrap();
    let form = [
        ("items[0][id]", item),
        ("items[0][price]", &account.business),
        ("proration_behavior", "always_invoice"),
        ("payment_behavior", "error_if_incomplete"),
    ];
    let (status, refused) = account.call(reqwest::Method::POST, &path, &form).await;
    assert_eq!((status, &refused["error"]["code"]), (402, &Value::from("card_declined")));
    let changed = account.post(&path, &form).await;
    assert_eq!(changed["items"]["data"][0]["price"]["id"], account.business);
}

#[tokio::test]
async fn an_expired_card_is_seen_and_declined() {
    let account = Account::new().await;
    let made = account.subscribe(&account.team, &[]).await;
    account.control(&format!("/customers/{}/expire-card", account.customer), json!({})).await;
    let customer = account.get(&format!("/customers/{}", account.customer)).await;
    let default = customer["invoice_settings"]["default_payment_method"].as_str().unwrap().to_owned();
    let method = account.get(&format!("/payment_methods/{default}")).await;
    assert_eq!((&method["card"]["exp_month"], &method["card"]["exp_year"]), (&json!(12), &json!(2025)));
    assert!(account.events_since("customer.subscription.created").await.contains(&"payment_method.updated".to_owned()));
    account.advance(period_end(&made) + 2 * HOUR).await;
    let intents = account.get(&format!("/payment_intents?customer={}", account.customer)).await;
    assert_eq!(intents["data"][0]["last_payment_error"]["code"], "expired_card", "{intents}");
}

#[tokio::test]
async fn a_customer_is_taken_to_the_end_of_the_trial_and_to_the_renewal() {
    let account = Account::new().await;
    let card = [("payment_method", "pm_card_visa"), ("invoice_settings[default_payment_method]", "pm_card_visa")];
    let customer = id(&account.post("/customers", &card).await);
    let form = [("customer", customer.as_str()), ("items[0][price]", &account.team), ("trial_period_days", "14")];
    let made = account.post("/subscriptions", &form).await;
    let path = format!("/subscriptions/{}", id(&made));
    account.control(&format!("{path}/advance"), json!({"to": "trial_end"})).await;
    let active = account.subscription(&id(&made)).await;
    assert_eq!(active["status"], "active");
    assert_eq!(active["items"]["data"][0]["current_period_start"], made["trial_end"]);
    account.control(&format!("{path}/advance"), json!({"to": "renewal"})).await;
    let renewed = account.subscription(&id(&made)).await;
    assert_eq!(renewed["items"]["data"][0]["current_period_start"], period_end(&active));
    let cancelled = account.control(&format!("{path}/cancel"), json!({"when": "period_end"})).await;
    assert_eq!(
        (&cancelled["cancel_at_period_end"], &cancelled["cancel_at"]),
        (&json!(true), &json!(period_end(&renewed)))
    );
    let ended = account.control(&format!("{path}/cancel"), json!({"when": "now"})).await;
    assert_eq!(ended["status"], "canceled");
}

#[tokio::test]
async fn the_page_has_a_button_for_each() {
    let account = Account::new().await;
    account.subscribe(&account.team, &[]).await;
    let page = account.instance.get(&account.instance.mailbox("/control")).await.text().await.unwrap();
    for text in
        ["visa 4242", "Team: active, renews 15 Feb 2026", "Fail next charge", "Expire card", "Cancel at period end"]
    {
        assert!(page.contains(text), "{text}");
    }
}
