//! Roles, permissions and settings of the instance, and what they change for everybody else.

use reqwest::Method;
use serde_json::{Value, json};

use crate::instance::{Instance, address};

const NONE: Value = Value::Null;

fn code(answer: &Value) -> &str {
    answer["errors"][0]["code"].as_str().unwrap()
}

#[tokio::test]
async fn a_role_with_permissions_reaches_the_token_of_its_holder() {
    let instance = Instance::start().await;
    for key in ["org:reports:read", "org:reports:export", "org:billing:read"] {
        instance.bapi(Method::POST, "/organization_permissions", json!({"key": key, "name": key})).await;
    }
    for (key, wanted) in [
        ("org:reports:read", "form_identifier_exists"),
        ("org:sys_x:read", "form_param_format_invalid"),
        ("reports:read", "form_param_format_invalid"),
    ] {
        let body = json!({"key": key, "name": "x"});
        let (status, answer) = instance.try_bapi(Method::POST, "/organization_permissions", body).await;
        assert_eq!((status, code(&answer)), (422, wanted), "{key}");
    }
    let new =
        json!({"key": "org:viewer", "name": "Viewer", "permissions": ["org:reports:read", "org:sys_memberships:read"]});
    let viewer = instance.bapi(Method::POST, "/organization_roles", new).await;
    assert_eq!((&viewer["object"], &viewer["is_creator_eligible"]), (&json!("role"), &json!(false)));
    let path = format!("/organization_roles/{}", viewer["id"].as_str().unwrap());
    let assign = format!("{path}/permissions/org:billing:read");
    instance.bapi(Method::POST, &assign, NONE).await;
    let (status, answer) = instance.try_bapi(Method::POST, &assign, NONE).await;
    assert_eq!((status, code(&answer)), (409, "organization_role_permission_association_exists"));

    let ada = instance.user("Ada").await;
    let ben = instance.user("Ben").await;
    let acme = instance.organization("Acme", &ada).await["id"].as_str().unwrap().to_owned();
    let member = json!({"user_id": ben, "role": "org:viewer"});
    let joined = instance.bapi(Method::POST, &format!("/organizations/{acme}/memberships"), member).await;
    assert_eq!(joined["role_name"], "Viewer");
    let browser = instance.browser().await;
    browser.sign_in("Ben").await;
    let client = browser.call("GET", "/client", &[]).await;
    let token = client["response"]["sessions"][0]["last_active_token"]["jwt"].as_str().unwrap();
    let claims = instance.claims(token).await;
    assert_eq!((&claims["o"]["rol"], &claims["o"]["per"]), (&json!("viewer"), &json!("read")));
    assert_eq!((&claims["fea"], &claims["o"]["fpm"]), (&json!("o:billing,o:reports"), &json!("1,1")));

    let (status, answer) = instance.try_bapi(Method::DELETE, &path, NONE).await;
    assert_eq!((status, code(&answer)), (422, "organization_role_assigned_members"));
    instance.bapi(Method::PATCH, &path, json!({"key": "org:reader", "permissions": []})).await;
    let of_ben = format!("/users/{ben}/organization_memberships");
    let membership = instance.bapi(Method::GET, &of_ben, NONE).await["data"][0].clone();
    assert_eq!((&membership["role"], &membership["permissions"]), (&json!("org:reader"), &json!([])));
    let (status, answer) =
        instance.try_bapi(Method::DELETE, "/organization_permissions/org:sys_profile:manage", NONE).await;
    assert_eq!((status, code(&answer)), (403, "organization_system_permission_not_modifiable"));
    assert_eq!(instance.bapi(Method::GET, "/organization_roles", NONE).await["total_count"], 3);
    let custom = instance.bapi(Method::GET, "/organization_permissions?query=reports&order_by=key", NONE).await;
    assert_eq!((&custom["total_count"], &custom["data"][0]["type"]), (&json!(2), &json!("user")));
}

#[tokio::test]
async fn settings_of_the_instance_apply() {
    let instance = Instance::start().await;
    let change = json!({"slug_disabled": true, "max_allowed_memberships": 2, "admin_delete_enabled": false});
    let settings = instance.bapi(Method::PATCH, "/instance/organization_settings", change).await;
    assert_eq!((&settings["slug_disabled"], &settings["max_allowed_memberships"]), (&json!(true), &json!(2)));
    assert_eq!(instance.bapi(Method::GET, "/instance/organization_settings", NONE).await, settings);
    let ada = instance.user("Ada").await;
    let body = json!({"name": "Acme", "slug": "acme", "created_by": ada});
    let (status, answer) = instance.try_bapi(Method::POST, "/organizations", body).await;
    assert_eq!((status, code(&answer)), (403, "organization_slugs_disabled"));
    let acme = instance.organization("Acme", &ada).await;
    assert_eq!((&acme["max_allowed_memberships"], &acme["admin_delete_enabled"]), (&json!(2), &json!(false)));
    let browser = instance.browser().await;
    browser.sign_in("Ada").await;
    let path = format!("/organizations/{}", acme["id"].as_str().unwrap());
    let (status, answer) = browser.send("DELETE", &path, &[]).await;
    assert_eq!((status, code(&answer)), (403, "organization_admin_delete_not_enabled"));
    let environment = browser.call("GET", "/environment", &[]).await;
    assert_eq!(environment["organization_settings"]["slug"]["disabled"], true);
    instance.bapi(Method::PATCH, "/instance/organization_settings", json!({"enabled": false})).await;
    let (status, answer) = instance.try_bapi(Method::POST, "/organizations", json!({"name": "Beta"})).await;
    assert_eq!((status, code(&answer)), (403, "organization_not_enabled_in_instance"));
    let weak = json!({"creator_role_id": "org:member"});
    let (status, answer) = instance.try_bapi(Method::PATCH, "/instance/organization_settings", weak).await;
    assert_eq!((status, code(&answer)), (422, "organization_missing_creator_role_permissions"));
}

#[tokio::test]
async fn a_ban_ends_sessions_and_keeps_a_person_out() {
    let instance = Instance::start().await;
    let ada = instance.user("Ada").await;
    instance.organization("Acme", &ada).await;
    let browser = instance.browser().await;
    let session = browser.sign_in("Ada").await;
    let banned = instance.bapi(Method::POST, &format!("/users/{ada}/ban"), NONE).await;
    assert_eq!(banned["banned"], true);
    let path = format!("/sessions/{session}");
    assert_eq!(instance.bapi(Method::GET, &path, NONE).await["status"], "revoked");
    let form = [("identifier", &*address("Ada"))];
    let (status, answer) = browser.send("POST", "/client/sign_ins", &form).await;
    assert_eq!((status, code(&answer)), (403, "user_banned"));
    instance.bapi(Method::POST, &format!("/users/{ada}/unban"), NONE).await;
    browser.sign_in("Ada").await;
    let sessions = browser.call("GET", "/me/sessions/active", &[]).await;
    let id = sessions[0]["id"].as_str().unwrap();
    browser.call("POST", &format!("/me/sessions/{id}/revoke"), &[]).await;
    let (status, _) = browser.send("GET", "/me", &[]).await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn sign_in_tokens_work_once() {
    let instance = Instance::start().await;
    let ada = instance.user("Ada").await;
    instance.organization("Acme", &ada).await;
    let token = instance.bapi(Method::POST, "/sign_in_tokens", json!({"user_id": ada})).await;
    let secret = token["token"].as_str().unwrap();
    let form = [("strategy", "ticket"), ("ticket", secret)];
    let browser = instance.browser().await;
    let done = browser.call("POST", "/client/sign_ins", &form).await;
    assert_eq!(done["client"]["sessions"][0]["user"]["id"], ada);
    let (status, answer) = instance.browser().await.send("POST", "/client/sign_ins", &form).await;
    assert_eq!((status, code(&answer)), (400, "sign_in_token_already_used_code"));
    let other = instance.bapi(Method::POST, "/sign_in_tokens", json!({"user_id": ada})).await;
    let revoke = format!("/sign_in_tokens/{}/revoke", other["id"].as_str().unwrap());
    assert_eq!(instance.bapi(Method::POST, &revoke, NONE).await["status"], "revoked");
    let form = [("strategy", "ticket"), ("ticket", other["token"].as_str().unwrap())];
    let (status, answer) = instance.browser().await.send("POST", "/client/sign_ins", &form).await;
    assert_eq!((status, code(&answer)), (400, "sign_in_token_revoked_code"));
}

#[tokio::test]
async fn an_actor_token_makes_one_session_that_says_whose_it_is() {
    let instance = Instance::start().await;
    let ada = instance.user("Ada").await;
    instance.organization("Acme", &ada).await;
    let body = json!({"user_id": ada, "actor": {"sub": "user_opal", "why": "ticket 17"}, "session_max_duration_in_seconds": 600});
    let token = instance.bapi(Method::POST, "/actor_tokens", body.clone()).await;
    assert_eq!((&token["object"], &token["status"]), (&json!("actor_token"), &json!("pending")));
    assert!(token["url"].as_str().unwrap().contains(token["token"].as_str().unwrap()), "{token}");
    let form = [("strategy", "ticket"), ("ticket", token["token"].as_str().unwrap())];
    let browser = instance.browser().await;
    let done = browser.call("POST", "/client/sign_ins", &form).await;
    let session = &done["client"]["sessions"][0];
    assert_eq!((&session["user"]["id"], &session["actor"]), (&json!(ada), &body["actor"]));
    let life = session["expire_at"].as_i64().unwrap() - session["created_at"].as_i64().unwrap();
    assert_eq!(life, 600_000);
    let claims = instance.claims(session["last_active_token"]["jwt"].as_str().unwrap()).await;
    assert_eq!((&claims["sub"], &claims["act"]), (&json!(ada), &body["actor"]));
    assert_eq!(instance.bapi(Method::GET, &format!("/users/{ada}"), NONE).await["last_sign_in_at"], NONE);

    let (status, answer) = instance.browser().await.send("POST", "/client/sign_ins", &form).await;
    assert_eq!((status, code(&answer)), (400, "actor_token_already_used_code"));
    let other = instance.bapi(Method::POST, "/actor_tokens", body).await;
    let revoke = format!("/actor_tokens/{}/revoke", other["id"].as_str().unwrap());
    assert_eq!(instance.bapi(Method::POST, &revoke, NONE).await["status"], "revoked");
    let form = [("strategy", "ticket"), ("ticket", other["token"].as_str().unwrap())];
    let (status, answer) = instance.browser().await.send("POST", "/client/sign_ins", &form).await;
    assert_eq!((status, code(&answer)), (400, "actor_token_revoked_code"));
    // Everybody else's session says nothing of the kind.
    let browser = instance.browser().await;
    browser.sign_in("Ada").await;
    let client = browser.call("GET", "/client", &[]).await;
    assert_eq!(client["response"]["sessions"][0]["actor"], NONE);
}

#[tokio::test]
async fn addresses_are_added_vouched_for_and_taken_away() {
    let instance = Instance::start().await;
    let ada = instance.user("Ada").await;
    let body = json!({"user_id": ada, "email_address": address("countess"), "primary": true});
    let second = instance.bapi(Method::POST, "/email_addresses", body).await;
    assert_eq!(second["verification"], NONE);
    let path = format!("/email_addresses/{}", second["id"].as_str().unwrap());
    let vouched = instance.bapi(Method::PATCH, &path, json!({"verified": true})).await;
    assert_eq!(vouched["verification"]["status"], "verified");
    let user = instance.bapi(Method::GET, &format!("/users/{ada}"), NONE).await;
    assert_eq!(user["primary_email_address_id"], second["id"]);
    instance.bapi(Method::DELETE, &path, NONE).await;
    let user = instance.bapi(Method::GET, &format!("/users/{ada}"), NONE).await;
    let left = user["email_addresses"][0]["id"].as_str().unwrap();
    assert_eq!(user["primary_email_address_id"], left);
    let (status, _) = instance.try_bapi(Method::DELETE, &format!("/email_addresses/{left}"), NONE).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn a_logo_is_a_picture_of_bounded_size() {
    let instance = Instance::start().await;
    let ada = instance.user("Ada").await;
    let acme = instance.organization("Acme", &ada).await["id"].as_str().unwrap().to_owned();
    let png = [&[0x89, b'P', b'N', b'G', 13, 10, 26, 10][..], &[0; 32]].concat();
    let (status, answer) = instance.upload_logo(&acme, png.clone()).await;
    assert_eq!((status, &answer["has_image"]), (200, &json!(true)), "{answer}");
    let url = answer["image_url"].as_str().unwrap().to_owned();
    let shown = instance.get(&url).await;
    assert_eq!(shown.headers()["content-type"], "image/png");
    assert_eq!(shown.bytes().await.unwrap(), png);
    let (status, _) = instance.upload_logo(&acme, b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec()).await;
    assert_eq!(status, 400);
    let (status, _) = instance.upload_logo(&acme, [&png[..], &vec![0; 11 << 20]].concat()).await;
    assert_eq!(status, 413);
    let without = instance.bapi(Method::DELETE, &format!("/organizations/{acme}/logo"), NONE).await;
    assert_eq!(without["has_image"], false);
    assert_eq!(instance.get(&url).await.status(), 404);
}

#[tokio::test]
async fn template_tokens_are_of_another_class() {
    let instance = Instance::start().await;
    let ada = instance.user("Ada").await;
    instance.organization("Acme", &ada).await;
    let session = instance.bapi(Method::POST, "/sessions", json!({"user_id": ada})).await;
    let path = format!("/sessions/{}/tokens/reporting", session["id"].as_str().unwrap());
    let token = instance.bapi(Method::POST, &path, NONE).await;
    let claims = instance.claims(token["jwt"].as_str().unwrap()).await;
    assert_eq!((&claims["sub"], &claims["sid"]), (&json!(ada), &NONE));
}
