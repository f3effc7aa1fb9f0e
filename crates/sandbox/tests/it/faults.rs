//! Faults on demand and the list of calls, on the control page.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::instance::{APP, Instance, SECRET_KEY};

const NONE: Value = Value::Null;

async fn fault(instance: &Instance, fault: Value) -> String {
    let answer = instance.control("/faults", fault).await;
    answer["id"].as_str().unwrap().to_owned()
}

fn code(answer: &Value) -> &str {
    answer["errors"][0]["code"].as_str().unwrap()
}

#[tokio::test]
async fn the_next_calls_are_refused_and_then_all_is_well() {
    let instance = Instance::start().await;
    let ada = instance.user("Ada").await;
    let path = format!("/users/{ada}");
    for (kind, status, wanted) in [
        ("too_many_requests", 429, "too_many_requests"),
        ("error", 500, "internal_clerk_error"),
        ("refuse", 409, "resource_locked"),
        ("refuse", 400, "duplicate_record"),
        ("refuse", 409, "role_migration_in_progress"),
        ("refuse", 422, "personal_accounts_not_allowed"),
        ("refuse", 422, "exclusive_organization_membership"),
        ("refuse", 409, "organization_membership_managed_by_scim"),
        ("refuse", 400, "organization_member_limit_managed_by_billing"),
        ("refuse", 401, "session_refresh_expired_session_token_consumed"),
    ] {
        let wish = json!({"kind": kind, "code": wanted, "api": "backend", "method": "patch", "path": "/v1/users/*", "times": 2});
        fault(&instance, wish).await;
        assert_eq!(instance.bapi(Method::GET, &path, NONE).await["id"], ada, "another method");
        for _ in 0..2 {
            let (answered, answer) = instance.try_bapi(Method::PATCH, &path, json!({"first_name": wanted})).await;
            assert_eq!((answered, code(&answer)), (status, wanted));
        }
        let user = instance.bapi(Method::GET, &path, NONE).await;
        assert_ne!(user["first_name"], wanted, "not done");
        let user = instance.bapi(Method::PATCH, &path, json!({"first_name": wanted})).await;
        assert_eq!(user["first_name"], wanted);
    }
    fault(&instance, json!({"kind": "too_many_requests", "retry_after": 7, "times": 1})).await;
    let refused =
        instance.request(Method::GET, &instance.url("/bapi/v1/users")).bearer_auth(SECRET_KEY).send().await.unwrap();
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (429, &"7".parse().unwrap()));
}

#[tokio::test]
async fn calls_are_answered_late_or_with_garbage() {
    let instance = Instance::start().await;
    let browser = instance.browser().await;
    fault(&instance, json!({"kind": "wait", "wait_ms": 300, "api": "frontend", "path": "/v1/client", "times": 1}))
        .await;
    let begun = Instant::now();
    instance.user("Ada").await;
    assert_eq!(browser.call("GET", "/client", &[]).await["response"], NONE);
    assert!(begun.elapsed() >= Duration::from_millis(300));

    fault(&instance, json!({"kind": "garbage", "path": "/v1/environment", "times": 1})).await;
    let url = instance.url("/v1/environment");
    let answer = instance.request(Method::GET, &url).header("origin", APP).send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"application/json".parse().unwrap())
    );
    assert_eq!(answer.headers()["access-control-allow-origin"], APP, "the page can read it");
    assert!(answer.json::<Value>().await.is_err());
    browser.call("GET", "/environment", &[]).await;

    fault(&instance, json!({"kind": "error", "path": "/.well-known/*", "times": 1})).await;
    let keys = instance.url("/.well-known/jwks.json");
    assert_eq!(instance.get(&keys).await.status(), 500);
    assert_eq!(instance.get(&keys).await.status(), 200);
}

#[tokio::test]
async fn a_call_is_done_and_never_answered() {
    let instance = Instance::start().await;
    let ada = instance.user("Ada").await;
    fault(&instance, json!({"kind": "silence", "api": "backend", "method": "DELETE", "path": "/v1/users/**"})).await;
    let gone = instance
        .request(Method::DELETE, &instance.url(&format!("/bapi/v1/users/{ada}")))
        .bearer_auth(SECRET_KEY)
        .timeout(Duration::from_millis(400))
        .send()
        .await;
    assert!(gone.unwrap_err().is_timeout());
    let (status, _) = instance.try_bapi(Method::GET, &format!("/users/{ada}"), NONE).await;
    assert_eq!(status, 404, "it was done");
    let received = instance.get(&instance.mailbox("/control/received")).await.json::<Value>().await.unwrap();
    let silent = received["received"].as_array().unwrap().iter().find(|call| call["method"] == "DELETE").unwrap();
    assert_eq!((&silent["status"], &silent["fault"]), (&NONE, &json!("silence")));

    let faults = || async { instance.get(&instance.mailbox("/control/faults")).await.json::<Value>().await.unwrap() };
    let waiting = faults().await["faults"][0].clone();
    assert_eq!((&waiting["left"], &waiting["kind"]), (&NONE, &json!("silence")), "until it is cleared");
    let id = waiting["id"].as_str().unwrap();
    assert_eq!(instance.control(&format!("/faults/{id}/clear"), json!({})).await, json!({"cleared": 1}));
    fault(&instance, json!({"kind": "error"})).await;
    assert_eq!(instance.control("/faults/clear", json!({})).await, json!({"cleared": 1}));
    assert_eq!(faults().await, json!({"faults": []}));
}

#[tokio::test]
async fn a_wrong_wish_is_told_what_is_wrong() {
    let instance = Instance::start().await;
    for (wish, word) in [
        (json!({}), "kind"),
        (json!({"kind": "explode"}), "kind"),
        (json!({"kind": "refuse", "code": "no_such_code"}), "code"),
        (json!({"kind": "error", "api": "sideways"}), "api"),
        (json!({"kind": "error", "method": "not one"}), "method"),
        (json!({"kind": "error", "times": "some"}), "times"),
        (json!({"kind": "error", "times": 0}), "times"),
        (json!({"kind": "wait", "wait_ms": -1}), "wait_ms"),
    ] {
        let (status, answer) = instance.try_control("/faults", wish.clone()).await;
        assert_eq!(status, 422, "{wish}");
        assert!(answer["error"].as_str().unwrap().starts_with(word), "{answer}");
    }
    assert_eq!(instance.try_control("/faults/fault_nobody/clear", json!({})).await.0, 404);
}

#[tokio::test]
async fn received_calls_are_listed_without_what_one_could_sign_in_with() {
    let instance = Instance::start().await;
    instance.user("Ada").await;
    let browser = instance.browser().await;
    browser.sign_in("Ada").await;
    let (status, _) = instance.try_bapi(Method::GET, "/users/user_nobody", NONE).await;
    assert_eq!(status, 404);
    instance.get(&instance.url("/sign-in")).await;
    let answer = instance.get(&instance.mailbox("/control/received")).await;
    let text = answer.text().await.unwrap();
    for secret in [SECRET_KEY, browser.id.as_str(), "424242", "__clerk_db_jwt"] {
        assert!(!text.contains(secret), "{secret}");
    }
    let received: Value = serde_json::from_str(&text).unwrap();
    let calls: Vec<_> = received["received"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| {
            assert!(call["at"].is_i64() && call["number"].is_u64());
            let text = |name: &str| call[name].as_str().unwrap();
            format!(
                "{} {} {} {}",
                text("api"),
                text("method"),
                call["status"],
                text("path").split("/sia_").next().unwrap()
            )
        })
        .collect();
    assert_eq!(
        calls,
        [
            "backend GET 404 /v1/users/user_nobody",
            "frontend POST 200 /v1/client/sign_ins",
            "frontend POST 200 /v1/client/sign_ins",
            "frontend POST 200 /v1/dev_browser",
            "backend POST 200 /v1/users",
        ]
    );
    let page = instance.get(&instance.mailbox("/control")).await.text().await.unwrap();
    assert!(page.contains("/v1/users/user_nobody"));
    instance.control("/received/clear", json!({})).await;
    let received = instance.get(&instance.mailbox("/control/received")).await.json::<Value>().await.unwrap();
    assert_eq!(received, json!({"received": []}));
}

#[tokio::test]
async fn the_list_of_calls_is_bounded() {
    let instance = Instance::start().await;
    for _ in 0..510 {
        instance.get(&instance.url("/v1/health")).await;
    }
    let received = instance.get(&instance.mailbox("/control/received")).await.json::<Value>().await.unwrap();
    let received = received["received"].as_array().unwrap();
    assert_eq!((received.len(), &received[0]["number"]), (500, &json!(510)));
}
