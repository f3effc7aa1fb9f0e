//! Ports: one that is taken is named, and every one answers.

use clap::Parser as _;
use sandbox::{Options, PortTaken, start};
use serde_json::Value;

use crate::instance::{Instance, SECRET_KEY};

#[tokio::test]
async fn a_taken_port_is_named_with_the_way_out() {
    let instance = Instance::start().await;
    let directory = tempfile::tempdir().unwrap();
    let port = instance.clerk_port().to_string();
    let options = Options::parse_from([
        "tenantry-sandbox",
        "--clerk-port",
        &port,
        "--secret-key",
        SECRET_KEY,
        "--data-dir",
        directory.path().to_str().unwrap(),
    ]);
    let error = start(options).await.err().unwrap();
    assert!(error.downcast_ref::<PortTaken>().is_some());
    let text = error.to_string();
    assert!(text.contains(&port) && text.contains("--base-port"), "{text}");
}

#[tokio::test]
async fn stripe_refuses_an_address_it_does_not_have_in_its_own_form() {
    let instance = Instance::start().await;
    let answer = instance.get(&instance.stripe("/v2/customers?limit=1")).await;
    assert_eq!(answer.status(), 404);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"]["type"], "invalid_request_error");
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("Unrecognized request URL (GET: /v2/customers)."), "{message}");
}

#[test]
fn there_is_no_way_to_listen_elsewhere() {
    let usual = ["tenantry-sandbox", "--secret-key", SECRET_KEY, "--data-dir", "x"];
    assert!(Options::try_parse_from(usual).is_ok());
    for elsewhere in ["--host=0.0.0.0", "--listen=0.0.0.0:3001", "--bind=::", "--clerk-port=0.0.0.0:3001"] {
        assert!(Options::try_parse_from(usual.into_iter().chain([elsewhere])).is_err(), "{elsewhere}");
    }
}

#[tokio::test]
async fn both_loopback_addresses_answer() {
    let instance = Instance::start().await;
    for host in ["127.0.0.1", "[::1]"] {
        let url = format!("http://{host}:{}/v1/health", instance.clerk_port());
        assert_eq!(instance.get(&url).await.status(), 200, "{host}");
    }
}
