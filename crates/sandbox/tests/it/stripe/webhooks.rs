//! Stripe's webhooks: signed, sent again, lost, doubled and out of order.

use serde_json::{Value, json};

use super::account::Account;
use crate::receiver::{Received, Receiver};

const SECRET: &str = "whsec_of_the_tests";

async fn start(receiver: &mut Receiver) -> Account {
    let url = format!("--stripe-webhook-url={}", receiver.url);
    let secret = format!("--stripe-webhook-secrets={SECRET}");
    let account = Account::with(None, &[&url, &secret, "--retry-scale=0.1"]).await;
    for _ in 0..8 {
        receiver.next().await;
    }
    account
}

async fn customer(account: &Account, name: &str) {
    account.post("/customers", &[("name", name)]).await;
}

fn name(received: &Received) -> String {
    received.event()["data"]["object"]["name"].as_str().unwrap().to_owned()
}

fn signatures(received: &Received) -> Vec<String> {
    let header = received.header("stripe-signature");
    header.split(',').filter_map(|part| part.strip_prefix("v1=")).map(str::to_owned).collect()
}

#[tokio::test]
async fn events_are_signed_and_sent_again_until_they_are_taken() {
    let mut receiver = Receiver::answering(&[204, 204, 204, 204, 204, 204, 204, 204, 500, 302]).await;
    let account = start(&mut receiver).await;
    customer(&account, "Ada").await;
    let first = receiver.next().await;
    let event = first.event();
    assert_eq!((&event["type"], &event["api_version"]), (&json!("customer.created"), &json!("2026-09-30.endive")));
    assert_eq!(event["data"]["object"]["name"], "Ada");
    assert!(event["request"]["id"].as_str().unwrap().starts_with("req_"));
    assert_eq!(signatures(&first).len(), 1);
    for _ in 0..2 {
        assert_eq!(receiver.next().await.event()["id"], event["id"], "not taken, so it comes again");
    }
    assert!(receiver.is_quiet().await, "taken");
    let kept = account.get(&format!("/events/{}", event["id"].as_str().unwrap())).await;
    assert_eq!(kept["pending_webhooks"], 0);
}

#[tokio::test]
async fn a_secret_that_rolls_signs_beside_the_new_one() {
    let mut receiver = Receiver::answering(&[]).await;
    let account = start(&mut receiver).await;
    let rolled = account.control("/endpoints/we_commandline/secret", json!({})).await;
    assert_eq!(rolled["signatures"], 2);
    customer(&account, "Ada").await;
    assert_eq!(signatures(&receiver.next().await).len(), 2);
    account.control("/endpoints/we_commandline/secret/end-overlap", json!({})).await;
    customer(&account, "Ben").await;
    assert_eq!(signatures(&receiver.next().await).len(), 1);
    assert_eq!(account.instance.try_control("/stripe/endpoints/we_nobody/secret", json!({})).await.0, 404);
    assert!(rolled["secret"].as_str().unwrap().starts_with("whsec_") && rolled["secret"] != SECRET);
}

#[tokio::test]
async fn events_are_lost_held_back_doubled_delayed_and_sent_again() {
    let mut receiver = Receiver::answering(&[]).await;
    let account = start(&mut receiver).await;
    account.control("/webhooks", json!({"mode": "drop"})).await;
    customer(&account, "Lost").await;
    assert!(receiver.is_quiet().await);
    account.control("/webhooks", json!({"mode": "deliver", "hold": 2})).await;
    customer(&account, "First").await;
    assert!(receiver.is_quiet().await);
    customer(&account, "Second").await;
    assert_eq!([name(&receiver.next().await), name(&receiver.next().await)], ["Second", "First"]);
    account.control("/webhooks", json!({"double": 1})).await;
    customer(&account, "Twice").await;
    let (one, two) = (receiver.next().await, receiver.next().await);
    assert_eq!(one.event()["id"], two.event()["id"], "the same event");
    account.control("/webhooks", json!({"delay_ms": 500})).await;
    customer(&account, "Late").await;
    assert!(receiver.is_quiet().await);
    assert_eq!(name(&receiver.next().await), "Late");
    account.control("/webhooks", json!({"delay_ms": 0, "shuffle": true})).await;
    for index in 0..6 {
        customer(&account, &index.to_string()).await;
    }
    let mut names = Vec::new();
    for _ in 0..6 {
        names.push(name(&receiver.next().await));
    }
    names.sort();
    assert_eq!(names, ["0", "1", "2", "3", "4", "5"], "all of them, in whatever order");
    account.control("/webhooks", json!({"shuffle": false})).await;
    let dump: Value =
        account.instance.get(&account.instance.mailbox("/control/stripe/state.json")).await.json().await.unwrap();
    let lost = dump["deliveries"].as_array().unwrap().iter().find(|one| one["status"] == "dropped").unwrap();
    account.control(&format!("/deliveries/{}/resend", lost["id"].as_str().unwrap()), json!({})).await;
    assert_eq!(name(&receiver.next().await), "Lost");
    account.control(&format!("/deliveries/{}/duplicate", lost["id"].as_str().unwrap()), json!({})).await;
    assert_eq!(name(&receiver.next().await), "Lost");
    assert_eq!(account.instance.try_control("/stripe/webhooks", json!({})).await.0, 422);
}

#[tokio::test]
async fn an_endpoint_hears_what_it_asked_for() {
    let mut receiver = Receiver::answering(&[]).await;
    let account = Account::with(None, &[]).await;
    let form = [("url", receiver.url.as_str()), ("enabled_events[0]", "customer.deleted")];
    let endpoint = account.post("/webhook_endpoints", &form).await;
    assert!(endpoint["secret"].as_str().unwrap().starts_with("whsec_"));
    customer(&account, "Ada").await;
    assert!(receiver.is_quiet().await);
    account.call(reqwest::Method::DELETE, &format!("/customers/{}", account.customer), &[]).await;
    assert_eq!(receiver.next().await.event()["type"], "customer.deleted");
}
