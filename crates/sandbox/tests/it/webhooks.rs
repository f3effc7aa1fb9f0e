//! Webhooks: signed, sent again until they are taken, held back and lost on request.

use reqwest::Method;
use serde_json::{Value, json};
use signatures::svix::{Headers, Secret, verify};

use crate::instance::{Instance, WEBHOOK_SECRET};
use crate::receiver::{Received, Receiver};

fn check(received: &Received) {
    let timestamp = received.header("svix-timestamp");
    let headers = Headers { id: received.header("svix-id"), timestamp, signature: received.header("svix-signature") };
    let secret = Secret::parse(WEBHOOK_SECRET).unwrap();
    verify(&[secret], headers, &received.body, timestamp.parse().unwrap()).unwrap();
}

async fn start(receiver: &Receiver) -> Instance {
    Instance::with(&["--webhook-url", &receiver.url, "--webhook-secret", WEBHOOK_SECRET, "--retry-scale=0.1"]).await
}

async fn mode(instance: &Instance, mode: &str) {
    assert_eq!(instance.control("/webhooks", json!({"mode": mode})).await["mode"], mode);
}

async fn state(instance: &Instance) -> Value {
    instance.get(&instance.mailbox("/control/state.json")).await.json().await.unwrap()
}

#[tokio::test]
async fn an_event_is_signed_and_sent_again_until_it_is_taken() {
    let mut receiver = Receiver::answering(&[500, 302]).await;
    let instance = start(&receiver).await;
    let ada = instance.user("Ada").await;
    let first = receiver.next().await;
    check(&first);
    let event = first.event();
    assert_eq!((&event["type"], &event["object"]), (&json!("user.created"), &json!("event")));
    assert_eq!(event["data"]["id"], ada);
    assert_eq!(event["data"]["private_metadata"], json!({}));
    assert!(event["instance_id"].as_str().unwrap().starts_with("ins_"));
    assert!(event["timestamp"].is_i64());
    for _ in 0..2 {
        let again = receiver.next().await;
        check(&again);
        assert_eq!(again.header("svix-id"), first.header("svix-id"));
        assert_eq!(again.body, first.body);
    }
    assert!(receiver.is_quiet().await);
    let delivery = &state(&instance).await["deliveries"][0];
    assert_eq!((&delivery["status"], &delivery["attempts"]), (&json!("delivered"), &json!(3)));
}

#[tokio::test]
async fn every_change_makes_its_event() {
    let mut receiver = Receiver::answering(&[]).await;
    let instance = start(&receiver).await;
    let ada = instance.user("Ada").await;
    let acme = instance.organization("Acme", &ada).await;
    let browser = instance.browser().await;
    browser.sign_in("Ada").await;
    browser.call("DELETE", "/client/sessions", &[]).await;
    let id = acme["id"].as_str().unwrap();
    let path = format!("/organizations/{id}");
    instance.bapi(Method::PATCH, &path, json!({"name": "Acme Ltd"})).await;
    instance.bapi(Method::DELETE, &path, Value::Null).await;
    instance.bapi(Method::DELETE, &format!("/users/{ada}"), Value::Null).await;
    let mut kinds = Vec::new();
    for _ in 0..9 {
        let received = receiver.next().await;
        check(&received);
        kinds.push(received.event()["type"].as_str().unwrap().to_owned());
    }
    // Sent side by side: no order is promised.
    kinds.sort();
    assert_eq!(
        kinds,
        [
            "organization.created",
            "organization.deleted",
            "organization.updated",
            "organizationMembership.created",
            "organizationMembership.deleted",
            "session.created",
            "session.removed",
            "user.created",
            "user.deleted",
        ]
    );
}

#[tokio::test]
async fn deliveries_can_be_held_lost_resent_and_doubled() {
    let mut receiver = Receiver::answering(&[]).await;
    let instance = start(&receiver).await;
    mode(&instance, "pause").await;
    instance.user("Ada").await;
    assert!(receiver.is_quiet().await);
    mode(&instance, "deliver").await;
    let first = receiver.next().await;
    mode(&instance, "drop").await;
    instance.user("Ben").await;
    mode(&instance, "deliver").await;
    assert!(receiver.is_quiet().await);

    let id = first.header("svix-id");
    let press = |what: &str| {
        let url = instance.mailbox(&format!("/control/deliveries/{id}/{what}"));
        instance.request(Method::POST, &url)
    };
    assert_eq!(press("resend").send().await.unwrap().status(), 303);
    let resent = receiver.next().await;
    assert_eq!((resent.header("svix-id"), &resent.body), (id, &first.body));
    assert_eq!(press("duplicate").send().await.unwrap().status(), 303);
    let doubled = receiver.next().await;
    assert_ne!(doubled.header("svix-id"), id);
    assert_eq!(doubled.body, first.body);

    let foreign = press("resend").header("origin", "http://evil.example").send().await.unwrap();
    assert_eq!(foreign.status(), 403);
}

#[tokio::test]
async fn events_are_delayed_and_sent_in_reverse_order() {
    let mut receiver = Receiver::answering(&[]).await;
    let instance = start(&receiver).await;
    instance.control("/webhooks", json!({"delay_ms": 700})).await;
    instance.user("Ada").await;
    assert!(receiver.is_quiet().await);
    assert_eq!(receiver.next().await.event()["data"]["first_name"], "Ada");

    let hold = json!({"delay_ms": 0, "hold": 3});
    assert_eq!(instance.control("/webhooks", hold).await["hold"], 3);
    for name in ["Ben", "Eve"] {
        instance.user(name).await;
    }
    assert!(receiver.is_quiet().await);
    let held = &state(&instance).await["deliveries"][0];
    assert_eq!(held["status"], "held");
    for name in ["Joan", "Kay"] {
        instance.user(name).await;
    }
    let mut names = Vec::new();
    for _ in 0..4 {
        names.push(receiver.next().await.event()["data"]["first_name"].as_str().unwrap().to_owned());
    }
    let order = names.iter().filter(|name| *name != "Kay").collect::<Vec<_>>();
    assert_eq!(order, ["Joan", "Eve", "Ben"], "Kay came when all was as usual again");

    instance.control("/webhooks", json!({"hold": 9})).await;
    for name in ["Lea", "Max"] {
        instance.user(name).await;
    }
    assert!(receiver.is_quiet().await);
    instance.control("/webhooks/release", json!({})).await;
    for name in ["Max", "Lea"] {
        assert_eq!(receiver.next().await.event()["data"]["first_name"], name);
    }
    for wrong in [json!({"mode": "sideways"}), json!({"delay_ms": "soon"}), json!({})] {
        assert_eq!(instance.try_control("/webhooks", wrong).await.0, 422);
    }
}

#[tokio::test]
async fn a_rotated_secret_overlaps_with_the_old_one() {
    let mut receiver = Receiver::answering(&[]).await;
    let instance = start(&receiver).await;
    let rotated = instance.control("/webhooks/secret", json!({})).await;
    let fresh = rotated["secret"].as_str().unwrap();
    instance.user("Ada").await;
    let received = receiver.next().await;
    let of = |secret: &str| Secret::parse(secret).unwrap();
    let verified = |received: &Received, secret: &str| {
        let timestamp = received.header("svix-timestamp");
        let headers =
            Headers { id: received.header("svix-id"), timestamp, signature: received.header("svix-signature") };
        verify(&[of(secret)], headers, &received.body, timestamp.parse().unwrap()).is_ok()
    };
    assert_eq!(received.header("svix-signature").split(' ').count(), 2);
    assert!(verified(&received, fresh) && verified(&received, WEBHOOK_SECRET));
    assert_eq!(instance.control("/webhooks/secret/end-overlap", json!({})).await["signatures"], 1);
    instance.user("Ben").await;
    let received = receiver.next().await;
    assert!(verified(&received, fresh) && !verified(&received, WEBHOOK_SECRET));
    assert_eq!(instance.try_control("/webhooks/secret", json!({"secret": "whsec_"})).await.0, 422);
    let chosen = instance.control("/webhooks/secret", json!({"secret": WEBHOOK_SECRET})).await;
    assert_eq!(chosen["secret"], WEBHOOK_SECRET);
}

#[tokio::test]
async fn what_was_not_taken_survives_a_restart() {
    let mut receiver = Receiver::answering(&[]).await;
    let instance = start(&receiver).await;
    mode(&instance, "pause").await;
    instance.user("Ada").await;
    let instance = instance.restart().await;
    assert!(receiver.is_quiet().await);
    mode(&instance, "deliver").await;
    assert_eq!(receiver.next().await.event()["type"], "user.created");
}

#[tokio::test]
async fn the_control_page_ends_sessions() {
    let mut receiver = Receiver::answering(&[]).await;
    let instance = start(&receiver).await;
    let ada = instance.user("Ada").await;
    let browser = instance.browser().await;
    browser.sign_in("Ada").await;
    let url = instance.mailbox(&format!("/control/users/{ada}/end-sessions"));
    let answer = instance.request(Method::POST, &url).header("accept", "application/json").send().await;
    assert_eq!(answer.unwrap().json::<Value>().await.unwrap(), json!({"ended": 1}));
    let (status, _) = browser.send("GET", "/me", &[]).await;
    assert_eq!(status, 401);
    loop {
        let event = receiver.next().await.event();
        if event["type"] == "session.revoked" {
            assert_eq!(event["data"]["user"]["id"], ada);
            break;
        }
    }
    let page = instance.get(&instance.mailbox("/control")).await;
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("session.revoked"));
}
