//! The Backend API client: what it sends, and how it reads every kind of answer.

use std::time::Duration;

use clerk::backend::{
    InvitationFilter, Logo, Metadata, NewInvitation, NewOrganization, NewUser, OrganizationChange, OrganizationFilter,
    UserChange, UserFilter,
};
use clerk::types::{InvitationStatus, SessionState};
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
    let (slug, created_by) = (Some("acme".into()), Some("user_1".into()));
    let acme = NewOrganization { name: "Acme".into(), slug, created_by, private_metadata: None };
    backend.create_organization(&acme).await.unwrap();
    sent(Method::POST, "/bapi/v1/organizations", json!({ "name": "Acme", "slug": "acme", "created_by": "user_1" }));
    let private_metadata = Some(json!({ "a": 1 }));
    let acme = NewOrganization { name: "Acme".into(), private_metadata, ..NewOrganization::default() };
    backend.create_organization(&acme).await.unwrap();
    sent(Method::POST, "/bapi/v1/organizations", json!({ "name": "Acme", "private_metadata": { "a": 1 } }));

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

    reply(json!([session("sess_1")]));
    let sessions = backend.list_user_sessions("user_1", Some(&SessionState::Active), 50, 0).await.unwrap();
    assert_eq!(sessions[0].status, SessionState::Active);
    sent(Method::GET, "/bapi/v1/sessions?limit=50&offset=0&user_id=user_1&status=active", Value::Null);

    reply(json!({ "keys": [] }));
    backend.jwks().await.unwrap();
    sent(Method::GET, "/bapi/v1/jwks", Value::Null);
}

#[tokio::test]
async fn sends_every_change_as_the_specification_says() {
    let instance = Instance::start().await;
    let clerk = instance.clerk();
    let backend = clerk.backend();
    let reply = |value: Value| instance.reply([Reply::Json(200, value)]);
    let sent = |method: Method, target: &str, body: Value| {
        let [asked] = instance.asked().try_into().unwrap();
        assert_eq!((asked.method, asked.target.as_str(), asked.body), (method, target, body));
    };
    let metadata = Metadata { public: Some(json!({ "plan": null })), private: Some(json!({ "a": { "b": 1 } })) };
    let merged = json!({ "public_metadata": { "plan": null }, "private_metadata": { "a": { "b": 1 } } });

    reply(user("user_1"));
    let change = UserChange { first_name: Some("Ada".into()), ..UserChange::default() };
    backend.update_user("user_1", &change).await.unwrap();
    sent(Method::PATCH, "/bapi/v1/users/user_1", json!({ "first_name": "Ada" }));
    backend.merge_user_metadata("user_1", &metadata).await.unwrap();
    sent(Method::PATCH, "/bapi/v1/users/user_1/metadata", merged.clone());
    backend.ban_user("user_1").await.unwrap();
    sent(Method::POST, "/bapi/v1/users/user_1/ban", json!({}));
    backend.unban_user("user_1").await.unwrap();
    sent(Method::POST, "/bapi/v1/users/user_1/unban", json!({}));
    reply(json!({ "id": "user_1", "object": "user", "deleted": true }));
    assert!(backend.delete_user("user_1").await.unwrap().deleted);
    sent(Method::DELETE, "/bapi/v1/users/user_1", Value::Null);
    reply(json!({ "object": "total_count", "total_count": 12 }));
    let filter = UserFilter {
        organization_ids: vec!["org_1".into()],
        limit: Some(5),
        starting_after: Some("user_0".into()),
        ..UserFilter::default()
    };
    assert_eq!(backend.count_users(&filter).await.unwrap(), 12);
    sent(Method::GET, "/bapi/v1/users/count?organization_id=org_1", Value::Null);
    reply(json!([]));
    backend.list_users(&filter).await.unwrap();
    sent(Method::GET, "/bapi/v1/users?organization_id=org_1&starting_after=user_0&limit=5", Value::Null);

    reply(organization("org_1"));
    let change =
        OrganizationChange { name: Some("Acme".into()), max_allowed_memberships: Some(0), ..Default::default() };
    backend.update_organization("org_1", &change).await.unwrap();
    sent(Method::PATCH, "/bapi/v1/organizations/org_1", json!({ "name": "Acme", "max_allowed_memberships": 0 }));
    backend.merge_organization_metadata("org_1", &metadata).await.unwrap();
    sent(Method::PATCH, "/bapi/v1/organizations/org_1/metadata", merged.clone());
    backend.delete_organization_logo("org_1").await.unwrap();
    sent(Method::DELETE, "/bapi/v1/organizations/org_1/logo", Value::Null);
    reply(json!({ "id": "org_1", "object": "organization", "deleted": true }));
    backend.delete_organization("org_1").await.unwrap();
    sent(Method::DELETE, "/bapi/v1/organizations/org_1", Value::Null);

    reply(membership(1));
    backend.merge_membership_metadata("org_1", "user_1", &metadata).await.unwrap();
    sent(Method::PATCH, "/bapi/v1/organizations/org_1/memberships/user_1/metadata", merged);

    let page = |item: Value| json!({ "data": [item], "total_count": 1 });
    reply(page(
        json!({ "id": "role_1", "key": "org:admin", "permissions": [{ "id": "perm_1", "key": "org:sys_profile:manage" }] }),
    ));
    let roles = backend.list_organization_roles(100, 0).await.unwrap();
    assert!(roles.data[0].permissions[0].is_system());
    sent(Method::GET, "/bapi/v1/organization_roles?limit=100&offset=0", Value::Null);
    reply(page(json!({ "id": "perm_1", "key": "org:reports:read", "type": "user" })));
    assert_eq!(backend.list_organization_permissions(100, 0).await.unwrap().data[0].kind, "user");
    sent(Method::GET, "/bapi/v1/organization_permissions?limit=100&offset=0", Value::Null);
    reply(json!({ "enabled": true, "max_allowed_memberships": 5, "slug_disabled": true, "brand_new": 1 }));
    assert_eq!(backend.get_organization_settings().await.unwrap().slug_disabled, Some(true));
    sent(Method::GET, "/bapi/v1/instance/organization_settings", Value::Null);

    reply(
        json!({ "id": "sit_1", "user_id": "user_1", "status": "pending", "token": "secret", "url": "https://x/secret" }),
    );
    let token = backend.create_sign_in_token("user_1", Some(60)).await.unwrap();
    assert!(!format!("{token:?}").contains("secret"));
    sent(Method::POST, "/bapi/v1/sign_in_tokens", json!({ "user_id": "user_1", "expires_in_seconds": 60 }));
    backend.revoke_sign_in_token("sit_1").await.unwrap();
    sent(Method::POST, "/bapi/v1/sign_in_tokens/sit_1/revoke", json!({}));
}

#[tokio::test]
async fn sends_every_call_about_invitations_as_the_specification_says() {
    let instance = Instance::start().await;
    let clerk = instance.clerk();
    let backend = clerk.backend();
    let reply = |value: Value| instance.reply([Reply::Json(200, value)]);
    let base = "/bapi/v1/organizations/org_1/invitations";
    let sent = |method: Method, target: &str, body: Value| {
        let [asked] = instance.asked().try_into().unwrap();
        assert_eq!((asked.method, asked.target.as_str(), asked.body), (method, target, body));
    };
    let invitation = json!({
        "id": "orginv_1", "email_address": "a@b.test", "role": "org:member", "status": "pending", "created_at": 1, "updated_at": 2
    });
    let page = json!({ "data": [invitation], "total_count": 1 });

    reply(invitation.clone());
    let new = NewInvitation {
        email_address: "a@b.test".into(),
        role: "org:member".into(),
        inviter_user_id: Some("user_1".into()),
        notify: Some(false),
        ..NewInvitation::default()
    };
    let body =
        json!({ "email_address": "a@b.test", "role": "org:member", "inviter_user_id": "user_1", "notify": false });
    assert_eq!(backend.create_invitation("org_1", &new).await.unwrap().status, InvitationStatus::Pending);
    sent(Method::POST, base, body.clone());
    backend.get_invitation("org_1", "orginv_1").await.unwrap();
    sent(Method::GET, &format!("{base}/orginv_1"), Value::Null);
    backend.revoke_invitation("org_1", "orginv_1", Some("user_1")).await.unwrap();
    sent(Method::POST, &format!("{base}/orginv_1/revoke"), json!({ "requesting_user_id": "user_1" }));
    backend.revoke_invitation("org_1", "orginv_1", None).await.unwrap();
    sent(Method::POST, &format!("{base}/orginv_1/revoke"), json!({}));

    reply(page);
    backend.create_invitations("org_1", &[new.clone(), new]).await.unwrap();
    sent(Method::POST, &format!("{base}/bulk"), json!([body, body]));
    let filter = InvitationFilter {
        status: vec![InvitationStatus::Pending, InvitationStatus::Expired],
        email_address: Some("a@b.test".into()),
        ..InvitationFilter::default()
    };
    backend.list_invitations("org_1", &filter).await.unwrap();
    sent(Method::GET, &format!("{base}?status=pending&status=expired&email_address=a%40b.test"), Value::Null);
    backend.list_pending_invitations("org_1", 10, 0).await.unwrap();
    sent(Method::GET, &format!("{base}/pending?limit=10&offset=0"), Value::Null);
    backend.list_user_invitations("user_1", Some(&InvitationStatus::Pending), 10, 0).await.unwrap();
    let target = "/bapi/v1/users/user_1/organization_invitations?limit=10&offset=0&status=pending";
    sent(Method::GET, target, Value::Null);
    assert_eq!(backend.invitations().all().await.unwrap().len(), 1);
    let target = "/bapi/v1/organization_invitations?limit=500&offset=0&order_by=%2Bcreated_at";
    sent(Method::GET, target, Value::Null);
}

#[tokio::test]
async fn a_logo_is_sent_as_a_form() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let clerk = clerk_at(listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut sent = Vec::new();
        while !sent.ends_with(b"--\r\n") {
            stream.read_buf(&mut sent).await.unwrap();
        }
        let body = organization("org_1").to_string();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        String::from_utf8(sent).unwrap()
    });
    let logo = Logo::new(b"GIF89a...".to_vec()).unwrap();
    clerk.backend().set_organization_logo("org_1", &logo, Some("user_1")).await.unwrap();
    let sent = server.await.unwrap();
    assert!(sent.starts_with("PUT /v1/organizations/org_1/logo HTTP/1.1\r\n"), "{sent}");
    let (head, body) = sent.split_once("\r\n\r\n").unwrap();
    let boundary = head.split_once("multipart/form-data; boundary=").unwrap().1.lines().next().unwrap();
    let parts: Vec<&str> = body.split(&format!("--{boundary}")).collect();
    assert_eq!(
        parts,
        [
            "",
            "\r\nContent-Disposition: form-data; name=\"uploader_user_id\"\r\n\r\nuser_1\r\n",
            "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"logo\"\r\nContent-Type: image/gif\r\n\r\nGIF89a...\r\n",
            "--\r\n",
        ]
    );
}

#[tokio::test]
async fn only_what_can_be_asked_twice_is_tried_again_and_twice_at_most() {
    let instance = Instance::start().await;
    let trouble = || Reply::Header(503, "cf-ray", "ray_1");
    let busy = || Reply::Header(429, "retry-after", "0");
    let asked = async |replies: Vec<Reply>, method: Method| {
        instance.reply(replies);
        let clerk = instance.clerk();
        let backend = clerk.backend();
        let error = match method {
            Method::GET => backend.get_organization("org_1").await.err(),
            Method::DELETE => backend.delete_organization_logo("org_1").await.err(),
            Method::PATCH => backend.update_organization("org_1", &OrganizationChange::default()).await.err(),
            _ => backend.create_organization(&NewOrganization::default()).await.err(),
        };
        (instance.asked().len(), error.is_none())
    };
    let fine = || Reply::Json(200, organization("org_1"));
    for first in [trouble, busy] {
        assert_eq!(asked(vec![first(), fine()], Method::GET).await, (2, true));
        assert_eq!(asked(vec![first(), first(), fine()], Method::DELETE).await, (3, true));
        assert_eq!(asked(vec![first(), first(), first(), fine()], Method::GET).await, (3, false));
        assert_eq!(asked(vec![first(), fine()], Method::PATCH).await, (1, false));
        assert_eq!(asked(vec![first(), fine()], Method::POST).await, (1, false));
    }
    // Refused for what it is: asking again changes nothing.
    assert_eq!(asked(vec![Reply::Json(404, json!({})), fine()], Method::GET).await, (1, false));
    // Longer than anybody waits.
    let later = Reply::Header(429, "retry-after", "30");
    assert_eq!(asked(vec![later, fine()], Method::GET).await, (1, false));
}

#[tokio::test]
async fn a_read_that_is_one_too_many_quiets_all_clones_and_a_write_only_itself() {
    let instance = Instance::start().await;
    let clerk = instance.clerk();
    let refuse = || instance.reply([Reply::Header(429, "retry-after", "5")]);
    refuse();
    clerk.backend().create_user(&NewUser::default()).await.unwrap_err();
    instance.reply([Reply::Json(200, user("user_1"))]);
    clerk.backend().get_user("user_1").await.unwrap();
    refuse();
    clerk.backend().get_user("user_1").await.unwrap_err();
    assert_eq!(instance.asked().len(), 3);
    let error = clerk.backend().clone().get_user("user_1").await.unwrap_err();
    assert!(matches!(error, Error::RateLimited { trace_id: None, .. }), "{error:?}");
    assert!(instance.asked().is_empty());
}

#[tokio::test]
async fn walks_all_pages_of_an_organisations_members() {
    let instance = Instance::start().await;
    let clerk = instance.clerk();
    let page = |range: std::ops::Range<usize>| {
        Reply::Json(200, json!({ "data": range.map(membership).collect::<Vec<_>>(), "total_count": 1_003 }))
    };
    instance.reply([page(0..500), page(499..999), page(998..1_001), page(1_000..1_003)]);
    let all = clerk.backend().list_organization_memberships("org_1").await.unwrap();
    assert_eq!(all.len(), 1_003);
    let targets: Vec<String> = instance.asked().into_iter().map(|asked| asked.target).collect();
    assert_eq!(targets.len(), 4);
    assert!(targets[2].ends_with("/organizations/org_1/memberships?limit=500&offset=998&order_by=%2Bcreated_at"));
}

#[tokio::test]
async fn a_list_that_shifts_while_it_is_read_loses_no_row() {
    let instance = Instance::start().await;
    let clerk = instance.clerk();
    let page = |total: usize, rows: &[usize]| {
        let rows: Vec<Value> = rows.iter().copied().map(membership).collect();
        Reply::Json(200, json!({ "data": rows, "total_count": total }))
    };
    // After the first page its first row is taken away, and somebody joins.
    instance.reply([
        page(6, &[0, 1, 2]),
        page(6, &[3, 4, 5]),
        page(6, &[1, 2, 3]),
        page(6, &[3, 4, 5]),
        page(6, &[5, 6]),
    ]);
    let all = clerk.backend().memberships().of_size(3).all().await.unwrap();
    let ids: Vec<&str> = all.iter().map(|membership| membership.id.as_str()).collect();
    assert_eq!(ids, ["orgmem_0", "orgmem_1", "orgmem_2", "orgmem_3", "orgmem_4", "orgmem_5", "orgmem_6"]);
    let offsets: Vec<String> = instance.asked().into_iter().map(|asked| asked.target).collect();
    assert_eq!(
        offsets,
        [0, 2, 0, 2, 4]
            .map(|offset| format!("/bapi/v1/organization_memberships?limit=3&offset={offset}&order_by=%2Bcreated_at"))
    );

    // Nothing is there any more where the list went on: read again from further up, not taken for its end.
    instance.reply([page(6, &[0, 1, 2]), page(2, &[]), page(2, &[1, 2])]);
    assert_eq!(clerk.backend().memberships().of_size(3).all().await.unwrap().len(), 3);

    // A total that is never reached is an error: what is missing might be taken for deleted.
    instance.reply([page(9, &[0, 1, 2]), page(9, &[2])]);
    let mut pages = clerk.backend().memberships().of_size(3);
    assert_eq!(pages.next().await.unwrap().unwrap().len(), 3);
    assert!(matches!(pages.next().await, Err(Error::Decode(_))));
}

#[tokio::test]
async fn reads_every_kind_of_refusal() {
    let instance = Instance::start().await;
    let get = async |reply: Reply| {
        instance.reply([reply]);
        // A client of its own, so that a 429 keeps no later call waiting.
        instance.clerk().backend().get_user("user_1").await.unwrap_err()
    };
    let form = json!({
        "errors": [{ "code": "form_identifier_exists", "message": "taken", "long_message": "That is taken.", "meta": { "param_name": "slug" } },
                   { "code": "other" }],
        "clerk_trace_id": "trace_1",
    });
    let error = get(Reply::Json(422, form)).await;
    assert_eq!(
        error.to_string(),
        "Clerk answered 422 form_identifier_exists: That is taken. (parameter slug) [trace trace_1]"
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
        let Error::RateLimited { retry_after, .. } = error else { panic!("{error}") };
        assert_eq!(retry_after, Duration::from_secs(seconds));
    }
    assert!(matches!(get(Reply::Text(200, "<html>".into())).await, Error::Decode(_)));
    assert!(matches!(get(Reply::Json(200, json!({ "id": "user_1" }))).await, Error::Decode(_)));
    assert!(matches!(get(Reply::Header(302, "location", "/elsewhere")).await, Error::Api { status: 302, .. }));
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
