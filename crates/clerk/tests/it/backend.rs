//! The Backend API client: what it sends, and how it reads every kind of answer.

use std::time::Duration;

use clerk::backend::{NewUser, OrganizationFilter, UserFilter};
use clerk::{Clerk, Config, ConfigParts, Error, ErrorCode};
use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::instance::{Instance, Reply};
use crate::signing::DEVELOPMENT_KEY;

fn user(id: &str) -> Value {
    json!({ "id": id, "object": "user", "email_addresses": [], "created_at": 1, "updated_at": 2 })
}

fn organization(id: &str) -> Value {
    json!({ "id": id, "object": "organization", "name": "Acme", "slug": "acme", "created_at": 1, "updated_at": 2 })
}

fn membership(number: usize) -> Value {
    json!({
        "id": format!("orgmem_{number}"), "role": "org:member", "organization": organization("org_1"),
        "public_user_data": { "user_id": format!("user_{number}") }, "created_at": 1, "updated_at": 2,
    })
}

fn session(id: &str) -> Value {
    json!({ "id": id, "user_id": "user_1", "status": "active", "created_at": 1, "updated_at": 2 })
}

#[tokio::test]
async fn sends_every_call_as_the_specification_says() {
    let instance = Instance::start().await;
    let clerk = instance.clerk();
    let backend = clerk.backend();
    let reply = |value: Value| instance.reply([Reply::Json(200, value)]);
    let sent = |method: Method, target: &str, body: Value| {
        let [asked] = instance.asked().try_into().unwrap();
        assert_eq!((asked.method, asked.target.as_str(), asked.body), (method, target, body));
        assert_eq!(asked.headers["authorization"], "Bearer sk_test_sandbox_1");
        assert_eq!(asked.headers["clerk-api-version"], "2026-05-12");
    };

    reply(user("user_1"));
    backend.get_user("user_1").await.unwrap();
    sent(Method::GET, "/bapi/v1/users/user_1", Value::Null);
    backend.get_user("../a b?c").await.unwrap();
    sent(Method::GET, "/bapi/v1/users/..%2Fa%20b%3Fc", Value::Null);
    let new = NewUser {
        email_addresses: vec!["ada@example.test".into()],
        first_name: Some("Ada".into()),
        skip_password_requirement: true,
        ..NewUser::default()
    };
    backend.create_user(&new).await.unwrap();
    let body = json!({ "email_address": ["ada@example.test"], "first_name": "Ada", "skip_password_requirement": true });
    sent(Method::POST, "/bapi/v1/users", body);

    reply(json!([user("user_1"), user("user_2")]));
    let filter = UserFilter {
        email_addresses: vec!["a+b@example.test".into(), "c@d".into()],
        limit: Some(2),
        ..UserFilter::default()
    };
    assert_eq!(backend.list_users(&filter).await.unwrap().len(), 2);
    sent(Method::GET, "/bapi/v1/users?email_address=a%2Bb%40example.test&email_address=c%40d&limit=2", Value::Null);

    reply(organization("org_1"));
    backend.get_organization("acme").await.unwrap();
    sent(Method::GET, "/bapi/v1/organizations/acme", Value::Null);
    backend.create_organization("Acme", Some("acme"), Some("user_1")).await.unwrap();
    sent(Method::POST, "/bapi/v1/organizations", json!({ "name": "Acme", "slug": "acme", "created_by": "user_1" }));
    backend.create_organization("Acme", None, None).await.unwrap();
    sent(Method::POST, "/bapi/v1/organizations", json!({ "name": "Acme" }));

    reply(json!({ "data": [organization("org_1")], "total_count": 7 }));
    let filter =
        OrganizationFilter { query: Some("ac".into()), include_members_count: true, ..OrganizationFilter::default() };
    assert_eq!(backend.list_organizations(&filter).await.unwrap().total_count, 7);
    sent(Method::GET, "/bapi/v1/organizations?query=ac&include_members_count=true", Value::Null);

    reply(json!({ "data": [membership(1)], "total_count": 1 }));
    backend.list_user_memberships("user_1", 100, 5).await.unwrap();
    sent(Method::GET, "/bapi/v1/users/user_1/organization_memberships?limit=100&offset=5", Value::Null);

    reply(membership(1));
    backend.create_membership("org_1", "user_1", "org:admin").await.unwrap();
    sent(Method::POST, "/bapi/v1/organizations/org_1/memberships", json!({ "user_id": "user_1", "role": "org:admin" }));
    backend.update_membership("org_1", "user_1", "org:member").await.unwrap();
    sent(Method::PATCH, "/bapi/v1/organizations/org_1/memberships/user_1", json!({ "role": "org:member" }));
    backend.delete_membership("org_1", "user_1").await.unwrap();
    sent(Method::DELETE, "/bapi/v1/organizations/org_1/memberships/user_1", Value::Null);

    reply(session("sess_1"));
    backend.get_session("sess_1").await.unwrap();
    sent(Method::GET, "/bapi/v1/sessions/sess_1", Value::Null);
    backend.revoke_session("sess_1").await.unwrap();
    sent(Method::POST, "/bapi/v1/sessions/sess_1/revoke", json!({}));
    backend.create_session("user_1", Some("org_1")).await.unwrap();
    sent(Method::POST, "/bapi/v1/sessions", json!({ "user_id": "user_1", "active_organization_id": "org_1" }));

    reply(json!({ "object": "token", "jwt": "a.b.c" }));
    assert_eq!(backend.create_session_token("sess_1", Some(60)).await.unwrap().jwt, "a.b.c");
    sent(Method::POST, "/bapi/v1/sessions/sess_1/tokens", json!({ "expires_in_seconds": 60 }));

    reply(json!({ "data": [membership(1)], "total_count": 1 }));
    assert_eq!(backend.list_memberships(500, 500).await.unwrap().data.len(), 1);
    let target = "/bapi/v1/organization_memberships?limit=500&offset=500&order_by=%2Bcreated_at";
    sent(Method::GET, target, Value::Null);

    reply(json!({ "object": "instance", "id": "ins_1", "environment_type": "development", "allowed_origins": null }));
    assert_eq!(backend.instance().await.unwrap().id, "ins_1");
    sent(Method::GET, "/bapi/v1/instance", Value::Null);
    reply(json!({ "object": "organization_settings", "enabled": true, "max_allowed_memberships": 5, "new": {} }));
    assert_eq!(backend.organization_settings().await.unwrap().max_allowed_memberships, 5);
    sent(Method::GET, "/bapi/v1/instance/organization_settings", Value::Null);

    reply(json!({ "keys": [] }));
    backend.jwks().await.unwrap();
    sent(Method::GET, "/bapi/v1/jwks", Value::Null);
}

#[tokio::test]
async fn walks_all_pages_of_an_organisations_members() {
    let instance = Instance::start().await;
    let clerk = instance.clerk();
    let page = |range: std::ops::Range<usize>| {
        Reply::Json(200, json!({ "data": range.map(membership).collect::<Vec<_>>(), "total_count": 1_003 }))
    };
    instance.reply([page(0..500), page(500..1_000), page(1_000..1_001), page(1_001..1_003)]);
    let all = clerk.backend().list_organization_memberships("org_1").await.unwrap();
    assert_eq!(all.len(), 1_003);
    let targets: Vec<String> = instance.asked().into_iter().map(|asked| asked.target).collect();
    assert_eq!(targets.len(), 4);
    assert!(targets[2].ends_with("/organizations/org_1/memberships?limit=500&offset=1000&order_by=%2Bcreated_at"));
}

#[tokio::test]
async fn reads_every_kind_of_refusal() {
    let instance = Instance::start().await;
    let clerk = instance.clerk();
    let get = async |reply: Reply| {
        instance.reply([reply]);
        clerk.backend().get_user("user_1").await.unwrap_err()
    };
    let form = json!({
        "errors": [{ "code": "form_identifier_exists", "message": "taken", "long_message": "That is taken.", "meta": { "param_name": "slug" } },
                   { "code": "other" }],
        "clerk_trace_id": "trace_1",
    });
    let error = get(Reply::Json(422, form)).await;
    assert_eq!(
        error.to_string(),
        "Clerk answered 422 form_identifier_exists: That is taken. (parameter slug) (trace trace_1)"
    );
    let Error::Api { status, code, param, trace_id, .. } = error else { panic!("{error}") };
    assert_eq!((status, code), (422, ErrorCode::FormIdentifierExists));
    assert_eq!((param.as_deref(), trace_id.as_deref()), (Some("slug"), Some("trace_1")));

    let error = get(Reply::Json(404, json!({ "errors": [{ "code": "resource_not_found", "message": null }] }))).await;
    assert!(error.is_not_found() && !error.is_transient());
    let error = get(Reply::Json(400, json!({ "errors": [{ "code": "brand_new" }] }))).await;
    assert_eq!(error.code(), Some(&ErrorCode::Other("brand_new".into())));
    for odd in [Reply::Text(502, "<html>".into()), Reply::Json(500, json!([1])), Reply::Header(503, "cf-ray", "ray_1")]
    {
        let error = get(odd).await;
        assert!(error.is_transient() && matches!(error, Error::Api { .. }), "{error:?}");
    }
    for (header, seconds) in [("3", 3), ("soon", 1)] {
        let error = get(Reply::Header(429, "retry-after", header)).await;
        let Error::RateLimited { retry_after } = error else { panic!("{error}") };
        assert_eq!(retry_after, Duration::from_secs(seconds));
    }
    assert!(matches!(get(Reply::Text(200, "<html>".into())).await, Error::Decode(_)));
    assert!(matches!(get(Reply::Json(200, json!({ "id": "user_1" }))).await, Error::Decode(_)));
    assert!(matches!(get(Reply::Header(302, "location", "/elsewhere")).await, Error::Api { status: 302, .. }));
}

#[tokio::test]
async fn what_may_be_asked_twice_is_asked_again_and_what_may_not_is_not() {
    let instance = Instance::start().await;
    let clerk = instance.clerk();
    let backend = clerk.backend();
    let asked = || instance.asked().len();
    let busy = || Reply::Json(503, json!({ "errors": [] }));

    instance.reply([busy(), Reply::Header(429, "retry-after", "0"), Reply::Json(200, user("user_1"))]);
    assert_eq!(backend.get_user("user_1").await.unwrap().id, "user_1");
    assert_eq!(asked(), 3);
    instance.reply([busy()]);
    assert!(backend.get_user("user_1").await.unwrap_err().is_transient());
    assert_eq!(asked(), 3, "three times and no more");

    instance.reply([busy(), Reply::Json(200, user("user_1"))]);
    backend.create_user(&NewUser::default()).await.unwrap_err();
    assert_eq!(asked(), 1, "it may have been made");
    instance.reply([Reply::Header(429, "retry-after", "0"), Reply::Json(200, user("user_1"))]);
    backend.create_user(&NewUser::default()).await.unwrap();
    assert_eq!(asked(), 2, "it was not even looked at");
    instance.reply([Reply::Header(429, "retry-after", "20"), Reply::Json(200, user("user_1"))]);
    let error = backend.get_user("user_1").await.unwrap_err();
    assert!(matches!(error, Error::RateLimited { retry_after } if retry_after.as_secs() == 20), "{error}");
    assert_eq!(asked(), 1, "somebody waits for the page");
}

fn clerk_at(address: std::net::SocketAddr) -> Clerk {
    let config = Config::from_parts(ConfigParts {
        publishable_key: DEVELOPMENT_KEY.into(),
        secret_key: "sk_test_sandbox_1".to_owned().into(),
        api_url: Some(format!("http://{address}")),
        jwks_url: Some(format!("http://{address}/jwks")),
        ..ConfigParts::default()
    });
    Clerk::new(config.unwrap()).unwrap()
}

#[tokio::test]
async fn a_get_is_tried_again_when_the_connection_breaks_and_nothing_else_is() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let clerk = clerk_at(listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let mut connections = 0;
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            connections += 1;
            let mut buffer = [0; 4096];
            let read = stream.read(&mut buffer).await.unwrap();
            // Every odd connection is cut off without an answer.
            if connections % 2 == 0 {
                assert!(buffer[..read].starts_with(b"GET "));
                let body = user("user_1").to_string();
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
            }
        }
    });
    assert_eq!(clerk.backend().get_user("user_1").await.unwrap().id, "user_1");
    let error = clerk.backend().create_user(&NewUser::default()).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)) && error.is_transient(), "{error:?}");
    server.abort();
}

#[tokio::test]
async fn nobody_there_is_said_without_the_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = clerk_at(address).backend().handshake_payload("nonce_secret").await.unwrap_err();
    assert!(matches!(error, Error::Unreachable(_)));
    assert!(!format!("{error:?} {error}").contains("nonce_secret"));
}
