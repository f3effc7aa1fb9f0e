//! When webhooks are sent again, and when they are given up: Clerk's published schedule, on a faster clock.

use std::time::{Duration, Instant};

use clap::Parser as _;
use sandbox::Options;
use serde_json::{Value, json};

use crate::instance::{Instance, SECRET_KEY, WEBHOOK_SECRET};
use crate::receiver::{Receiver, Reply};

/// Seconds between one attempt and the next.
const PUBLISHED: [f64; 7] = [5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 36_000.0];

async fn start(receiver: &Receiver, more: &[&str]) -> Instance {
    let usual = ["--webhook-url", &receiver.url, "--webhook-secret", WEBHOOK_SECRET];
    Instance::with(&[&usual, more].concat()).await
}

async fn state(instance: &Instance) -> Value {
    instance.get(&instance.mailbox("/control/state.json")).await.json().await.unwrap()
}

/// The newest delivery, once it is no longer waiting.
async fn settled(instance: &Instance) -> Value {
    for _ in 0..100 {
        let delivery = state(instance).await["deliveries"][0].clone();
        if delivery["status"] != "pending" {
            return delivery;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the delivery still waits");
}

#[tokio::test]
async fn the_published_schedule_has_eight_attempts() {
    let scale = 0.000_01;
    let mut receiver = Receiver::answering(&[500; 9]).await;
    let instance = start(&receiver, &["--retry-schedule=hosted", "--retry-scale=0.00001"]).await;
    instance.user("Ada").await;
    let begun = Instant::now();
    let id = receiver.next().await.header("svix-id").to_owned();
    let mut last = Instant::now();
    for delay in PUBLISHED {
        assert_eq!(receiver.next().await.header("svix-id"), id);
        // Whole milliseconds of the sender's clock, whose wait begins with the answer before.
        let least = Duration::from_secs_f64(delay * scale).saturating_sub(Duration::from_millis(2));
        assert!(last.elapsed() >= least, "{:?} after {delay} s on the faster clock", last.elapsed());
        last = Instant::now();
    }
    assert!(begun.elapsed() < Duration::from_secs(8), "about a second on the faster clock: {:?}", begun.elapsed());
    let delivery = settled(&instance).await;
    assert_eq!((&delivery["status"], &delivery["attempts"]), (&json!("failed"), &json!(8)));
    assert_eq!(delivery["last_answer"], "500");
    assert!(receiver.is_quiet().await, "given up");
}

#[tokio::test]
async fn a_receiver_can_ask_not_to_be_tried_again() {
    let mut receiver = Receiver::giving([Reply::Abort]).await;
    let instance = start(&receiver, &["--retry-scale=0.1"]).await;
    instance.user("Ada").await;
    receiver.next().await;
    let delivery = settled(&instance).await;
    assert_eq!((&delivery["status"], &delivery["attempts"]), (&json!("failed"), &json!(1)));
    assert!(receiver.is_quiet().await);
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_none() {
    let usual = Options::parse_from(["tenantry-sandbox", "--secret-key", SECRET_KEY, "--data-dir", "x"]);
    assert!((usual.webhook_timeout - 15.0).abs() < f64::EPSILON);
    let mut receiver = Receiver::giving([Reply::Never]).await;
    let instance = start(&receiver, &["--retry-scale=0.1", "--webhook-timeout=0.3"]).await;
    instance.user("Ada").await;
    let first = receiver.next().await;
    let begun = Instant::now();
    let again = receiver.next().await;
    assert!(begun.elapsed() >= Duration::from_millis(290));
    assert_eq!(again.header("svix-id"), first.header("svix-id"));
    let delivery = settled(&instance).await;
    assert_eq!((&delivery["status"], &delivery["attempts"]), (&json!("delivered"), &json!(2)));
}

#[tokio::test]
async fn an_address_that_takes_nothing_for_five_days_is_disabled() {
    let mut receiver = Receiver::answering(&[500; 2_000]).await;
    let instance = start(&receiver, &["--retry-schedule=hosted", "--retry-scale=0.000002"]).await;
    let mut number = 0;
    while state(&instance).await["webhooks_disabled_at"].is_null() {
        number += 1;
        assert!(number < 200, "still enabled");
        instance.user(&format!("User{number}")).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(number > 1, "not at the first failure");
    let waiting = |state: &Value| {
        state["deliveries"].as_array().unwrap().iter().filter(|delivery| delivery["status"] == "pending").count()
    };
    for _ in 0..40 {
        if waiting(&state(&instance).await) == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(waiting(&state(&instance).await), 0, "what waited is given up");
    while !receiver.is_quiet().await {}
    instance.user("Late").await;
    assert!(receiver.is_quiet().await);
    assert_eq!(state(&instance).await["deliveries"][0]["status"], "dropped");

    instance.control("/webhooks/enable", json!({})).await;
    instance.user("Ada").await;
    assert_eq!(receiver.next().await.event()["data"]["first_name"], "Ada");
}

#[test]
fn nonsense_is_no_option() {
    for wrong in [
        "--webhook-timeout=0",
        "--webhook-timeout=-1",
        "--retry-scale=0",
        "--stripe-secret-key=sk_live_1",
        "--stripe-webhook-url=http://localhost:1/",
        "--stripe-webhook-url=ftp://localhost:1/",
        "--stripe-webhook-secrets=secret",
    ] {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().to_str().unwrap();
        let ports =
            ["--clerk-port=0", "--stripe-port=0", "--mailbox-port=0", "--secret-key", SECRET_KEY, "--data-dir", data];
        let options = Options::parse_from(std::iter::once("tenantry-sandbox").chain(ports).chain([wrong]));
        let error = runtime.block_on(sandbox::start(options)).err().unwrap().to_string();
        assert!(error.contains(wrong.split('=').next().unwrap()), "{error}");
    }
}
