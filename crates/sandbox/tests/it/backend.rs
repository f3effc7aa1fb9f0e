//! The Backend API.

use reqwest::Method;
use serde_json::{Value, json};

use crate::instance::{APP, Instance, SECRET_KEY, address};

fn code(answer: &Value) -> &str {
    answer["errors"][0]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn only_the_secret_key_gets_in() {
    let instance = Instance::start().await;
    let url = instance.url("/bapi/v1/users");
    for (header, expected) in [
        (None, "authentication_invalid"),
        (Some("Bearer sk_test_other".to_owned()), "clerk_key_invalid"),
        (Some(SECRET_KEY.to_owned()), "authorization_header_format_invalid"),
    ] {
        let mut request = instance.request(Method::GET, &url);
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401);
        let answer: Value = response.json().await.unwrap();
        assert_eq!(code(&answer), expected);
        assert!(answer["clerk_trace_id"].is_string());
    }
    let (status, answer) = instance.try_bapi(Method::GET, "/users?__clerk_api_version=2026-05-12", Value::Null).await;
    assert_eq!((status, code(&answer)), (400, "api_version_invalid"), "a version in both places");
    let (status, answer) = instance.try_bapi(Method::GET, "/nothing/here", Value::Null).await;
    assert_eq!((status, code(&answer)), (404, "resource_not_found"));
}

#[tokio::test]
async fn users_are_created_found_changed_and_deleted() {
    let instance = Instance::start().await;
    let ada = instance.user("Ada").await;
    instance.user("Ben").await;
    let path = format!("/users/{ada}");

    let dup = json!({"email_address": [address("Ada")]});
    let (status, answer) = instance.try_bapi(Method::POST, "/users", dup).await;
    assert_eq!((status, code(&answer)), (422, "form_identifier_exists"));
    assert_eq!(answer["errors"][0]["meta"]["param_name"], "email_address");

    let all = instance.bapi(Method::GET, "/users?order_by=%2Bcreated_at", Value::Null).await;
    assert_eq!(all.as_array().unwrap().len(), 2);
    assert_eq!(all[0]["id"], ada);
    let found = format!("/users?email_address={}", address("Ada").replace('+', "%2B"));
    assert_eq!(instance.bapi(Method::GET, &found, Value::Null).await[0]["id"], ada);
    let count = instance.bapi(Method::GET, "/users/count", Value::Null).await;
    assert_eq!(count["total_count"], 2);
    let (status, _) = instance.try_bapi(Method::GET, "/users?limit=501", Value::Null).await;
    assert_eq!(status, 422);

    let changed = instance
        .bapi(Method::PATCH, &path, json!({"first_name": "Augusta", "last_name": "King", "external_id": "7"}))
        .await;
    assert_eq!((&changed["first_name"], &changed["external_id"]), (&json!("Augusta"), &json!("7")));
    let (status, answer) = instance.try_bapi(Method::PATCH, &path, json!({"public_metadata": {}})).await;
    assert_eq!((status, code(&answer)), (422, "form_param_unknown"));

    let metadata = format!("{path}/metadata");
    instance.bapi(Method::PATCH, &metadata, json!({"private_metadata": {"a": {"b": 1, "c": 2}}})).await;
    let merged = instance.bapi(Method::PATCH, &metadata, json!({"private_metadata": {"a": {"b": null}}})).await;
    assert_eq!(merged["private_metadata"], json!({"a": {"c": 2}}));
    let replaced = instance.bapi(Method::PUT, &metadata, json!({"private_metadata": {"x": 1}})).await;
    assert_eq!(replaced["private_metadata"], json!({"x": 1}));

    let gone = instance.bapi(Method::DELETE, &path, Value::Null).await;
    assert_eq!((&gone["deleted"], &gone["external_id"]), (&json!(true), &json!("7")));
    let (status, answer) = instance.try_bapi(Method::GET, &path, Value::Null).await;
    assert_eq!((status, code(&answer)), (404, "resource_not_found"));
}

#[tokio::test]
async fn organisations_keep_at_least_one_admin() {
    let instance = Instance::start().await;
    let ada = instance.user("Ada").await;
    let ben = instance.user("Ben").await;
    let acme = instance.organization("Acme", &ada).await;
    let id = acme["id"].as_str().unwrap();
    let memberships = format!("/organizations/{id}/memberships");

    let joined = instance.bapi(Method::POST, &memberships, json!({"user_id": ben, "role": "org:member"})).await;
    assert_eq!(joined["public_user_data"]["user_id"], ben);
    assert_eq!(joined["organization"]["slug"], "acme");
    let (status, answer) =
        instance.try_bapi(Method::POST, &memberships, json!({"user_id": ben, "role": "org:member"})).await;
    assert_eq!((status, code(&answer)), (400, "already_a_member_in_organization"));
    let (status, answer) =
        instance.try_bapi(Method::POST, &memberships, json!({"user_id": ben, "role": "org:king"})).await;
    assert_eq!((status, code(&answer)), (422, "form_param_value_invalid"));

    let of_ada = format!("{memberships}/{ada}");
    for (method, body) in [(Method::PATCH, json!({"role": "org:member"})), (Method::DELETE, Value::Null)] {
        let (status, answer) = instance.try_bapi(method, &of_ada, body).await;
        assert_eq!((status, code(&answer)), (400, "organization_minimum_permissions_needed"));
    }
    let of_ben = format!("{memberships}/{ben}");
    instance.bapi(Method::PATCH, &of_ben, json!({"role": "org:admin"})).await;
    let gone = instance.bapi(Method::DELETE, &of_ada, Value::Null).await;
    assert_eq!(gone["object"], "organization_membership");

    let list = instance.bapi(Method::GET, &memberships, Value::Null).await;
    assert_eq!((&list["total_count"], &list["data"][0]["role"]), (&json!(1), &json!("org:admin")));
    let everywhere = instance.bapi(Method::GET, "/organization_memberships", Value::Null).await;
    assert_eq!(everywhere["total_count"], 1);
    let of_user = format!("/users/{ben}/organization_memberships");
    assert_eq!(instance.bapi(Method::GET, &of_user, Value::Null).await["total_count"], 1);
}

#[tokio::test]
async fn organisations_are_found_by_id_and_slug_and_deleted() {
    let instance = Instance::start().await;
    let ada = instance.user("Ada").await;
    let acme = instance.organization("Acme", &ada).await;
    let id = acme["id"].as_str().unwrap();
    let by_slug = instance.bapi(Method::GET, "/organizations/acme?include_members_count=true", Value::Null).await;
    assert_eq!((&by_slug["id"], &by_slug["members_count"]), (&acme["id"], &json!(1)));
    let (status, answer) =
        instance.try_bapi(Method::POST, "/organizations", json!({"name": "Other", "slug": "acme"})).await;
    assert_eq!((status, code(&answer)), (422, "form_identifier_exists"));
    let (status, answer) =
        instance.try_bapi(Method::POST, "/organizations", json!({"name": "Other", "created_by": "user_x"})).await;
    assert_eq!((status, code(&answer)), (400, "organization_creator_not_found"));
    let path = format!("/organizations/{id}");
    let limited = instance.bapi(Method::PATCH, &path, json!({"name": "Acme Ltd", "max_allowed_memberships": 1})).await;
    assert_eq!(limited["name"], "Acme Ltd");
    let ben = instance.user("Ben").await;
    let (status, answer) = instance
        .try_bapi(Method::POST, &format!("{path}/memberships"), json!({"user_id": ben, "role": "org:member"}))
        .await;
    assert_eq!((status, code(&answer)), (403, "organization_membership_quota_exceeded"));

    let session = instance.bapi(Method::POST, "/sessions", json!({"user_id": ada})).await;
    assert_eq!((&session["status"], &session["last_active_organization_id"]), (&json!("active"), &json!(id)));
    instance.bapi(Method::DELETE, &path, Value::Null).await;
    let list = instance.bapi(Method::GET, "/organizations", Value::Null).await;
    assert_eq!(list, json!({"data": [], "total_count": 0}));
    let path = format!("/sessions/{}", session["id"].as_str().unwrap());
    let after = instance.bapi(Method::GET, &path, Value::Null).await;
    assert_eq!((&after["status"], &after["last_active_organization_id"]), (&json!("pending"), &Value::Null));
}

#[tokio::test]
async fn sessions_are_made_and_revoked_by_servers() {
    let instance = Instance::start().await;
    let ada = instance.user("Ada").await;
    instance.organization("Acme", &ada).await;
    let session = instance.bapi(Method::POST, "/sessions", json!({"user_id": ada})).await;
    let path = format!("/sessions/{}", session["id"].as_str().unwrap());
    let token = instance.bapi(Method::POST, &format!("{path}/tokens"), Value::Null).await;
    let claims = instance.claims(token["jwt"].as_str().unwrap()).await;
    assert_eq!((&claims["azp"], &claims["sub"]), (&json!(APP), &json!(ada)));
    let long = instance.bapi(Method::POST, &format!("{path}/tokens"), json!({"expires_in_seconds": 3600})).await;
    let claims = instance.claims(long["jwt"].as_str().unwrap()).await;
    assert_eq!(claims["exp"].as_i64(), claims["iat"].as_i64().map(|at| at + 3600));
    let live = format!("/sessions?user_id={ada}&status=active");
    assert_eq!(instance.bapi(Method::GET, &live, Value::Null).await.as_array().unwrap().len(), 1);
    let revoked = instance.bapi(Method::POST, &format!("{path}/revoke"), Value::Null).await;
    assert_eq!(revoked["status"], "revoked");
    let (status, _) = instance.try_bapi(Method::POST, &format!("{path}/tokens"), Value::Null).await;
    assert_eq!(status, 404);
    assert_eq!(instance.bapi(Method::GET, &live, Value::Null).await, json!([]));

    let keys = instance.bapi(Method::GET, "/jwks", Value::Null).await;
    let public: Value = instance.get(&instance.url("/.well-known/jwks.json")).await.json().await.unwrap();
    assert_eq!(keys, public);
    let settings = instance.bapi(Method::GET, "/instance/organization_settings", Value::Null).await;
    assert_eq!(settings["creator_role"], "org:admin");
}
