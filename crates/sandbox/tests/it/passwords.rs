//! Passwords, and what people do with their own account.

use reqwest::Method;
use serde_json::{Value, json};

use crate::instance::{Browser, Instance, address};

const NONE: Value = Value::Null;
const PASSWORD: &str = "correct horse";

fn code((status, answer): (u16, Value)) -> (u16, String) {
    (status, answer["errors"][0]["code"].as_str().unwrap().to_owned())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

async fn sign_up(browser: &Browser<'_>, name: &str) -> Value {
    let form = [("email_address", &*address(name)), ("password", PASSWORD), ("first_name", name)];
    let begun = browser.call("POST", "/client/sign_ups", &form).await;
    assert_eq!(
        (&begun["response"]["status"], &begun["response"]["password_enabled"]),
        (&json!("missing_requirements"), &json!(true))
    );
    let path = format!("/client/sign_ups/{}", begun["response"]["id"].as_str().unwrap());
    browser.call("POST", &format!("{path}/prepare_verification"), &[("strategy", "email_code")]).await;
    let form = [("strategy", "email_code"), ("code", "424242")];
    browser.call("POST", &format!("{path}/attempt_verification"), &form).await["client"]["sessions"][0].clone()
}

async fn sign_in(browser: &Browser<'_>, name: &str, password: &str) -> (u16, Value) {
    browser.send("POST", "/client/sign_ins", &[("identifier", &*address(name)), ("password", password)]).await
}

#[tokio::test]
async fn people_sign_up_and_in_with_a_password() {
    let instance = Instance::start().await;
    let browser = instance.browser().await;
    for (password, wanted) in
        [("short", "form_password_length_too_short"), (&*"x".repeat(73), "form_password_length_too_long")]
    {
        let form = [("email_address", &*address("Ada")), ("password", password)];
        assert_eq!(code(browser.send("POST", "/client/sign_ups", &form).await), refused(422, wanted));
    }
    let session = sign_up(&browser, "Ada").await;
    assert_eq!(session["user"]["password_enabled"], true);
    browser.call("DELETE", "/client/sessions", &[]).await;

    assert_eq!(code(sign_in(&browser, "Ada", "wrong horse").await), refused(422, "form_password_incorrect"));
    let (status, done) = sign_in(&browser, "Ada", PASSWORD).await;
    assert_eq!((status, &done["response"]["status"]), (200, &json!("complete")));
    assert_eq!(done["response"]["first_factor_verification"]["strategy"], "password");
    assert_eq!(done["client"]["last_authentication_strategy"], "password");
    assert_eq!(done["client"]["sessions"][0]["id"], done["response"]["created_session_id"]);

    // In two steps, and by code all the same.
    let other = instance.browser().await;
    let begun = other.call("POST", "/client/sign_ins", &[("identifier", &*address("Ada"))]).await["response"].clone();
    let factors: Vec<_> =
        begun["supported_first_factors"].as_array().unwrap().iter().map(|one| &one["strategy"]).collect();
    assert_eq!(factors, ["password", "email_code"]);
    let path = format!("/client/sign_ins/{}/attempt_first_factor", begun["id"].as_str().unwrap());
    let attempt = |password| [("strategy", "password"), ("password", password)];
    assert_eq!(code(other.send("POST", &path, &attempt("x")).await), refused(422, "form_password_incorrect"));
    assert_eq!(other.call("POST", &path, &attempt(PASSWORD)).await["response"]["status"], "complete");
    instance.browser().await.sign_in("Ada").await;

    instance.user("Ben").await;
    let answer = sign_in(&instance.browser().await, "Ben", PASSWORD).await;
    assert_eq!(code(answer), refused(400, "strategy_for_user_invalid"));
    let form = [("identifier", &*address("Ben")), ("strategy", "password")];
    let answer = instance.browser().await.send("POST", "/client/sign_ins", &form).await;
    assert_eq!(code(answer), refused(422, "form_param_missing"));
}

#[tokio::test]
async fn a_password_is_changed_and_removed_by_who_knows_it() {
    let instance = Instance::start().await;
    let (here, there) = (instance.browser().await, instance.browser().await);
    sign_up(&here, "Ada").await;
    assert_eq!(sign_in(&there, "Ada", PASSWORD).await.0, 200);
    let change = |current: &'static str, new: &'static str| {
        [("current_password", current), ("new_password", new), ("sign_out_of_other_sessions", "true")]
    };
    let path = "/me/change_password";
    assert_eq!(
        code(here.send("POST", path, &change("x", "battery staple")).await),
        refused(422, "form_password_incorrect")
    );
    assert_eq!(
        code(here.send("POST", path, &change(PASSWORD, "x")).await),
        refused(422, "form_password_length_too_short")
    );
    assert_eq!(there.send("GET", "/me", &[]).await.0, 200, "nothing has happened yet");
    let changed = here.call("POST", path, &change(PASSWORD, "battery staple")).await["response"].clone();
    assert!(changed["password_last_updated_at"].is_i64());
    assert_eq!(there.send("GET", "/me", &[]).await.0, 401, "signed out elsewhere");
    assert_eq!(here.send("GET", "/me", &[]).await.0, 200);
    assert_eq!(code(sign_in(&there, "Ada", PASSWORD).await), refused(422, "form_password_incorrect"));
    assert_eq!(sign_in(&there, "Ada", "battery staple").await.0, 200);

    assert_eq!(code(here.send("POST", "/me/remove_password", &[]).await), refused(422, "form_param_missing"));
    let removed = here.call("POST", "/me/remove_password", &[("current_password", "battery staple")]).await;
    assert_eq!(removed["response"]["password_enabled"], false);
    // Somebody without one chooses one without another.
    let chosen = here.call("POST", path, &[("new_password", PASSWORD)]).await;
    assert_eq!(chosen["response"]["password_enabled"], true);
    assert_eq!(there.send("GET", "/me", &[]).await.0, 200);
}

#[tokio::test]
async fn servers_give_passwords_and_invitations_ask_for_one() {
    let instance = Instance::start().await;
    let body = json!({"email_address": [address("Ada")], "password": PASSWORD});
    let ada = instance.bapi(Method::POST, "/users", body).await;
    assert_eq!(ada["password_enabled"], true);
    let ada = ada["id"].as_str().unwrap();
    assert_eq!(sign_in(&instance.browser().await, "Ada", PASSWORD).await.0, 200);
    instance.bapi(Method::PATCH, &format!("/users/{ada}"), json!({"password": "battery staple"})).await;
    assert_eq!(sign_in(&instance.browser().await, "Ada", "battery staple").await.0, 200);
    let answer = instance.try_bapi(Method::PATCH, &format!("/users/{ada}"), json!({"password": "x"})).await;
    assert_eq!(code(answer), refused(422, "form_password_length_too_short"));

    let acme = instance.organization("Acme", ada).await["id"].as_str().unwrap().to_owned();
    let invite = json!({"email_address": address("Joan"), "role": "org:member"});
    let invitation = instance.bapi(Method::POST, &format!("/organizations/{acme}/invitations"), invite).await;
    let ticket = invitation["url"].as_str().unwrap().split_once("ticket=").unwrap().1;
    let form = [("strategy", "ticket"), ("ticket", ticket), ("password", PASSWORD)];
    let joined = instance.browser().await.call("POST", "/client/sign_ups", &form).await;
    assert_eq!(
        (&joined["response"]["status"], &joined["response"]["has_password"]),
        (&json!("complete"), &json!(true))
    );
    assert_eq!(sign_in(&instance.browser().await, "Joan", PASSWORD).await.0, 200);
}

#[tokio::test]
async fn people_delete_their_account_if_they_may() {
    let instance = Instance::start().await;
    let ada = instance.user("Ada").await;
    let browser = instance.browser().await;
    browser.sign_in("Ada").await;
    let merged = browser.call("PATCH", "/me/metadata", &[("unsafe_metadata", r#"{"a": 1}"#)]).await;
    assert_eq!(merged["response"]["unsafe_metadata"], json!({"a": 1}));
    let path = format!("/users/{ada}");
    instance.bapi(Method::PATCH, &path, json!({"delete_self_enabled": false})).await;
    assert_eq!(code(browser.send("DELETE", "/me", &[]).await), refused(403, "authorization_invalid"));
    instance.bapi(Method::PATCH, &path, json!({"delete_self_enabled": true})).await;
    let gone = browser.call("DELETE", "/me", &[]).await;
    assert_eq!((&gone["response"]["deleted"], &gone["client"]["sessions"]), (&json!(true), &json!([])));
    assert_eq!(instance.try_bapi(Method::GET, &path, NONE).await.0, 404);
    assert_eq!(browser.send("GET", "/me", &[]).await.0, 401);
}
