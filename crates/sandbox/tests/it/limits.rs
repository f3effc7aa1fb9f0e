//! The published rate limits, where they are wanted.

use reqwest::Method;
use serde_json::{Value, json};

use crate::instance::{Instance, SECRET_KEY, address};

const NONE: Value = Value::Null;

#[tokio::test]
async fn there_are_none_unless_they_are_asked_for() {
    let instance = Instance::start().await;
    let ada = instance.user("Ada").await;
    let path = format!("/users/{ada}/metadata");
    for number in 0..12 {
        instance.bapi(Method::PATCH, &path, json!({"public_metadata": {"n": number}})).await;
    }
    instance.control("/limits", json!({"on": true})).await;
    for _ in 0..10 {
        instance.bapi(Method::PATCH, &path, json!({})).await;
    }
    let (status, answer) = instance.try_bapi(Method::PATCH, &path, json!({})).await;
    assert_eq!((status, &answer["errors"][0]["code"]), (429, &json!("too_many_requests")));
    instance.control("/limits", json!({"on": false})).await;
    instance.bapi(Method::PATCH, &path, json!({})).await;
    assert_eq!(instance.try_control("/limits", json!({"on": "perhaps"})).await.0, 422);
}

#[tokio::test]
async fn a_development_instance_takes_100_calls_in_10_seconds() {
    let instance = Instance::with(&["--limits"]).await;
    let list = || instance.request(Method::GET, &instance.url("/bapi/v1/users")).bearer_auth(SECRET_KEY).send();
    for _ in 0..100 {
        assert_eq!(list().await.unwrap().status(), 200);
    }
    let refused = list().await.unwrap();
    assert_eq!(refused.status(), 429);
    let seconds: u32 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=10).contains(&seconds));
    let jwks = instance.request(Method::GET, &instance.url("/bapi/v1/jwks")).bearer_auth(SECRET_KEY).send();
    assert_eq!(jwks.await.unwrap().status(), 200, "the keys have no limit");
    let stranger = instance.request(Method::GET, &instance.url("/bapi/v1/users")).send().await.unwrap();
    assert_eq!(stranger.status(), 401, "who may not call learns nothing of limits");
}

#[tokio::test]
async fn signing_in_and_up_is_slow_for_those_who_guess() {
    let instance = Instance::with(&["--limits"]).await;
    instance.user("Ada").await;
    let browser = instance.browser().await;
    let form = [("identifier", &*address("Ada")), ("strategy", "email_code")];
    let begun = browser.call("POST", "/client/sign_ins", &form).await;
    let path = format!("/client/sign_ins/{}/attempt_first_factor", begun["response"]["id"].as_str().unwrap());
    let wrong = [("strategy", "email_code"), ("code", "000000")];
    for _ in 0..3 {
        assert_eq!(browser.send("POST", &path, &wrong).await.0, 422);
    }
    let (status, answer) = browser.send("POST", &path, &wrong).await;
    assert_eq!((status, &answer["errors"][0]["code"]), (429, &json!("too_many_requests")));
    for number in 0..5 {
        let form = [("email_address", &*address(&format!("x{number}")))];
        browser.call("POST", "/client/sign_ups", &form).await;
    }
    let form = [("email_address", &*address("x6"))];
    assert_eq!(browser.send("POST", "/client/sign_ups", &form).await.0, 429);
    assert_eq!(browser.send("GET", "/client", &[]).await.0, 200);
}

#[tokio::test]
async fn bulk_invitations_are_few() {
    let instance = Instance::with(&["--limits"]).await;
    let ada = instance.user("Ada").await;
    let acme = instance.organization("Acme", &ada).await["id"].as_str().unwrap().to_owned();
    let path = format!("/organizations/{acme}/invitations/bulk");
    for number in 0..50 {
        let one = json!([{"email_address": address(&format!("n{number}")), "role": "org:member"}]);
        instance.bapi(Method::POST, &path, one).await;
    }
    let one = json!([{"email_address": address("late"), "role": "org:member"}]);
    let refused = instance
        .request(Method::POST, &instance.url(&format!("/bapi/v1{path}")))
        .bearer_auth(SECRET_KEY)
        .json(&one)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 429);
    let seconds: u32 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((3_500..=3_600).contains(&seconds), "an hour, less what has passed: {seconds}");
    let listed = instance.bapi(Method::GET, &format!("/organizations/{acme}/invitations?limit=1"), NONE).await;
    assert_eq!(listed["total_count"], 50);
}
