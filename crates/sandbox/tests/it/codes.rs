//! Refusals no other test meets, each in Clerk's status and code.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::instance::{APP, Instance, SECRET_KEY, address};

const NONE: Value = Value::Null;
const DAY: i64 = 24 * 3_600;

async fn refusal(instance: &Instance, method: Method, path: &str, body: Value) -> (u16, String) {
    let (status, answer) = instance.try_bapi(method, path, body).await;
    (status, answer["errors"][0]["code"].as_str().unwrap_or_default().to_owned())
}

fn is(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn forms_are_told_what_is_wrong_with_each_field() {
    let instance = Instance::start().await;
    let ada = instance.user("Ada").await;
    let user = format!("/users/{ada}");
    for (method, path, body, wanted) in [
        (Method::POST, "/organizations", json!({}), "form_param_missing"),
        (Method::POST, "/organizations", json!({"name": null}), "form_param_nil"),
        (Method::POST, "/organizations", json!({"name": "  "}), "form_param_nil"),
        (Method::POST, "/organizations", json!({"name": 7}), "form_param_type_invalid"),
        (Method::POST, "/organizations", json!({"name": "x".repeat(257)}), "form_param_max_length_exceeded"),
        (Method::POST, "/organizations", json!({"name": "see https://evil.example"}), "form_param_format_invalid"),
        (Method::PATCH, &*user, json!({"first_name": "x".repeat(257)}), "form_param_max_length_exceeded"),
        (Method::PATCH, &*user, json!({"create_organizations_limit": -1}), "form_param_type_invalid"),
        (Method::PATCH, &*user, json!({"delete_self_enabled": "yes"}), "form_param_type_invalid"),
        (Method::POST, "/users", json!({"email_address": {"a": 1}}), "form_param_type_invalid"),
    ] {
        assert_eq!(refusal(&instance, method, path, body.clone()).await, is(422, wanted), "{path} {body}");
    }
    let browser = instance.browser().await;
    for (form, wanted) in [(vec![], "form_param_missing"), (vec![("identifier", " ")], "form_param_nil")] {
        let (status, answer) = browser.send("POST", "/client/sign_ins", &form).await;
        assert_eq!((status, &answer["errors"][0]["code"]), (422, &json!(wanted)));
        assert_eq!(answer["errors"][0]["meta"]["param_name"], "identifier");
    }
}

#[tokio::test]
async fn what_is_too_large_is_refused_by_both_apis() {
    let instance = Instance::start().await;
    let large = "x".repeat(2 << 20);
    let answer = refusal(&instance, Method::POST, "/users", json!({"first_name": large})).await;
    assert_eq!(answer, is(413, "request_body_too_large"));
    let browser = instance.browser().await;
    let (status, answer) = browser.send("POST", "/client/sign_ins", &[("identifier", &*large)]).await;
    assert_eq!((status, &answer["errors"][0]["code"]), (413, &json!("request_body_too_large")));
}

#[tokio::test]
async fn there_is_an_end_to_roles_and_to_the_organisations_of_a_person() {
    let instance = Instance::start().await;
    for number in 0..10 {
        let role = json!({"key": format!("org:role_{number}"), "name": "x"});
        instance.bapi(Method::POST, "/organization_roles", role).await;
    }
    let role = json!({"key": "org:one_too_many", "name": "x"});
    let answer = refusal(&instance, Method::POST, "/organization_roles", role).await;
    assert_eq!(answer, is(403, "organization_instance_roles_quota_exceeded"));

    let ada = instance.user("Ada").await;
    let acme = instance.organization("Acme", &ada).await["id"].as_str().unwrap().to_owned();
    instance.bapi(Method::PATCH, &format!("/users/{ada}"), json!({"create_organizations_limit": 1})).await;
    let another = || json!({"name": "Bolt", "created_by": ada});
    let answer = refusal(&instance, Method::POST, "/organizations", another()).await;
    assert_eq!(answer, is(403, "organization_quota_exceeded"));
    let rights = json!({"create_organizations_limit": null, "create_organization_enabled": false});
    instance.bapi(Method::PATCH, &format!("/users/{ada}"), rights).await;
    let answer = refusal(&instance, Method::POST, "/organizations", another()).await;
    assert_eq!(answer, is(403, "organization_quota_exceeded"));

    let invite = json!({"email_address": address("Joan"), "role": "org:role_0"});
    instance.bapi(Method::POST, &format!("/organizations/{acme}/invitations"), invite).await;
    for (role, wanted) in [
        ("org:role_0", "organization_role_exists_in_invitations"),
        ("org:admin", "organization_role_default_creator_role"),
        ("org:member", "organization_role_domain_default_role"),
    ] {
        let answer = refusal(&instance, Method::DELETE, &format!("/organization_roles/{role}"), NONE).await;
        assert_eq!(answer, is(422, wanted));
    }
}

#[tokio::test]
async fn cursors_go_with_one_order() {
    let instance = Instance::start().await;
    for name in ["Ada", "Ben", "Eve"] {
        instance.user(name).await;
    }
    let ids = |users: &Value| {
        users.as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for order in ["", "&order_by=%2Bcreated_at"] {
        let all = ids(&instance.bapi(Method::GET, &format!("/users?limit=3{order}"), NONE).await);
        let page = format!("/users?limit=1&starting_after={}{order}", all[0]);
        assert_eq!(ids(&instance.bapi(Method::GET, &page, NONE).await), all[1..2]);
        let last = format!("/users?starting_after={}{order}", all[2]);
        assert_eq!(instance.bapi(Method::GET, &last, NONE).await, json!([]));
        for wrong in ["&order_by=email_address", "&offset=1"] {
            let page = format!("/users?starting_after={}{wrong}", all[0]);
            assert_eq!(refusal(&instance, Method::GET, &page, NONE).await, is(422, "form_param_value_invalid"));
        }
    }
    let answer = refusal(&instance, Method::GET, "/users?starting_after=user_nobody", NONE).await;
    assert_eq!(answer, is(422, "form_param_value_invalid"));
}

#[tokio::test]
async fn passwords_are_verified_for_servers() {
    let instance = Instance::start().await;
    let ada = instance.user("Ada").await;
    let path = format!("/users/{ada}/verify_password");
    let try_it = |password: &str| refusal(&instance, Method::POST, &path, json!({"password": password}));
    assert_eq!(try_it("correct horse").await, is(400, "no_password_set"));
    instance.bapi(Method::PATCH, &format!("/users/{ada}"), json!({"password": "correct horse"})).await;
    assert_eq!(try_it("wrong horse").await, is(422, "form_password_incorrect"));
    assert_eq!(
        instance.bapi(Method::POST, &path, json!({"password": "correct horse"})).await,
        json!({"verified": true})
    );
}

/// A token only the instance itself could have made.
fn forge(instance: &Instance, claims: &Value) -> String {
    let pair = KeyPair::from_pkcs8(&std::fs::read(instance.data("signing-key.der")).unwrap()).unwrap();
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(&json!({"alg": "RS256", "typ": "JWT"})), encode(claims));
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[tokio::test]
async fn tokens_without_a_party_and_ancient_ones_are_not_renewed() {
    let instance = Instance::start().await;
    let ada = instance.user("Ada").await;
    let session = instance.bapi(Method::POST, "/sessions", json!({"user_id": ada})).await;
    let id = session["id"].as_str().unwrap();
    let now = session["created_at"].as_i64().unwrap() / 1_000;
    for (claims, wanted) in [
        (json!({"sid": id, "exp": now}), "expired_session_token_missing_azp"),
        (json!({"sid": id, "exp": now - 8 * DAY, "azp": APP}), "session_refresh_expired_session_token_too_old"),
        (json!({"sid": id, "exp": now - 6 * DAY, "azp": APP}), "refresh_token_not_found"),
    ] {
        let body = json!({"expired_token": forge(&instance, &claims), "refresh_token": "x", "request_origin": APP});
        let answer = refusal(&instance, Method::POST, &format!("/sessions/{id}/refresh"), body).await;
        assert_eq!(answer, is(401, wanted));
    }
}

#[tokio::test]
async fn callers_without_the_key_are_told_which_part_is_wrong() {
    let instance = Instance::start().await;
    let call = |authorization: Option<&'static str>, version: &'static str| {
        let mut request = instance.request(Method::GET, &instance.url("/bapi/v1/users"));
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        if !version.is_empty() {
            request = request.header("clerk-api-version", version);
        }
        async move {
            let answer = request.send().await.unwrap();
            let status = answer.status().as_u16();
            let answer: Value = answer.json().await.unwrap();
            (status, answer["errors"][0]["code"].as_str().unwrap_or_default().to_owned())
        }
    };
    let key: &'static str = Box::leak(format!("Bearer {SECRET_KEY}").into_boxed_str());
    assert_eq!(call(None, "").await, is(401, "authentication_invalid"));
    assert_eq!(call(Some("Basic x"), "").await, is(401, "authorization_header_format_invalid"));
    assert_eq!(call(Some("Bearer sk_test_other"), "").await, is(401, "clerk_key_invalid"));
    assert_eq!(call(Some(key), "1999-01-01").await, is(400, "api_version_invalid"));
    assert_eq!(call(Some(key), "2026-05-12").await, is(200, ""));
}
