//! Faults of Stripe's API, asked for at the control page.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::account::Account;

async fn fault(account: &Account, mut wish: Value) {
    wish["api"] = json!("stripe");
    wish["times"] = json!(1);
    account.instance.control("/faults", wish).await;
}

async fn create(account: &Account, key: &str) -> reqwest::Response {
    let url = account.instance.stripe("/v1/customers");
    account
        .instance
        .request(Method::POST, &url)
        .bearer_auth("sk_test_sandbox")
        .header("idempotency-key", key)
        .form(&[("name", "Once")])
        .send()
        .await
        .unwrap()
}

async fn count(account: &Account) -> usize {
    account.get("/customers?limit=100").await["data"].as_array().unwrap().len()
}

#[tokio::test]
async fn refusals_come_in_stripes_form() {
    let account = Account::new().await;
    fault(&account, json!({"kind": "too_many_requests", "retry_after": 7})).await;
    let refused = create(&account, "a").await;
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (429, &"7".parse().unwrap()));
    assert_eq!(refused.json::<Value>().await.unwrap()["error"]["code"], "rate_limit");
    fault(&account, json!({"kind": "locked"})).await;
    let refused = create(&account, "a").await;
    assert_eq!((refused.status().as_u16(), &refused.headers()["stripe-should-retry"]), (409, &"true".parse().unwrap()));
    assert_eq!(refused.json::<Value>().await.unwrap()["error"]["code"], "lock_timeout");
    fault(&account, json!({"kind": "error"})).await;
    let refused = create(&account, "a").await;
    assert_eq!(refused.status(), 500);
    assert!(refused.headers()["request-id"].to_str().unwrap().starts_with("req_"));
    fault(&account, json!({"kind": "garbage"})).await;
    assert!(create(&account, "a").await.json::<Value>().await.is_err());
    assert_eq!(count(&account).await, 0, "none of them did anything");
    assert_eq!(create(&account, "a").await.status(), 200, "and none of them used the key");
}

#[tokio::test]
async fn a_stored_error_is_given_again_though_it_was_done() {
    let account = Account::new().await;
    fault(&account, json!({"kind": "stored_error"})).await;
    assert_eq!(create(&account, "k").await.status(), 500);
    let again = create(&account, "k").await;
    assert_eq!((again.status().as_u16(), &again.headers()["idempotent-replayed"]), (500, &"true".parse().unwrap()));
    assert_eq!(count(&account).await, 1, "done, and once");
}

#[tokio::test]
async fn a_call_is_done_and_never_answered_and_its_key_finds_out() {
    let account = Account::new().await;
    fault(&account, json!({"kind": "silence", "method": "POST"})).await;
    let gone = account
        .instance
        .request(Method::POST, &account.instance.stripe("/v1/customers"))
        .bearer_auth("sk_test_sandbox")
        .header("idempotency-key", "k")
        .form(&[("name", "Once")])
        .timeout(Duration::from_millis(400))
        .send()
        .await;
    assert!(gone.unwrap_err().is_timeout());
    let found = create(&account, "k").await;
    assert_eq!((found.status().as_u16(), &found.headers()["idempotent-replayed"]), (200, &"true".parse().unwrap()));
    assert_eq!(count(&account).await, 1);
}

#[tokio::test]
async fn older_and_foreign_objects_are_answered() {
    let account = Account::new().await;
    let path = format!("/customers/{}", account.customer);
    assert_eq!(account.get(&path).await["name"], "Acme");
    account.post(&path, &[("name", "Newer")]).await;
    fault(&account, json!({"kind": "stale", "method": "GET"})).await;
    assert_eq!(account.get(&path).await["name"], "Acme", "as it was");
    assert_eq!(account.get(&path).await["name"], "Newer");
    account.post("/customers", &[("name", "Somebody else")]).await;
    fault(&account, json!({"kind": "foreign", "method": "GET"})).await;
    assert_eq!(account.get(&path).await["name"], "Somebody else");
}

#[tokio::test]
async fn limits_and_received_calls_are_seen() {
    let account = Account::new().await;
    account.instance.control("/limits", json!({"on": true})).await;
    let mut refused = 0;
    for _ in 0..40 {
        refused += u32::from(account.call(Method::GET, "/account", &[]).await.0 == 429);
    }
    assert!(refused > 0, "25 calls a second");
    account.instance.control("/limits", json!({"on": false})).await;
    let url = account.instance.mailbox("/control/received");
    let received: Value = account.instance.get(&url).await.json().await.unwrap();
    let call = &received["received"][0];
    assert_eq!((&call["api"], &call["path"]), (&json!("stripe"), &json!("/v1/account")));
}

#[tokio::test]
async fn another_version_is_not_spoken() {
    let account = Account::new().await;
    let url = account.instance.stripe("/v1/account");
    for (version, status) in [("2026-09-30.endive", 200), ("2020-08-27", 400)] {
        let request = account.instance.request(Method::GET, &url).bearer_auth("sk_test_sandbox");
        let answer = request.header("stripe-version", version).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{version}");
    }
}
