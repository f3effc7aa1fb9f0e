//! Every object the sandbox gives holds what Clerk's published specifications require of it.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::instance::{Instance, WEBHOOK_SECRET, address};
use crate::receiver::Receiver;

const NONE: Value = Value::Null;

/// Members and their types, by API and object.
struct Shapes(BTreeMap<String, Vec<(String, String)>>);

impl Shapes {
    fn read() -> Self {
        let lines = include_str!("shapes.txt").lines().filter(|line| !line.starts_with('#'));
        Self(
            lines
                .map(|line| {
                    let (object, members) = line.split_once(": ").unwrap();
                    let pair =
                        |member: &str| member.split_once(' ').map(|(name, kind)| (name.to_owned(), kind.to_owned()));
                    (object.to_owned(), members.split(", ").map(|member| pair(member).unwrap()).collect())
                })
                .collect(),
        )
    }

    /// What is wrong with an object, as paths.
    fn complaints(&self, api: &str, object: &str, value: &Value) -> Vec<String> {
        let members = self.0.get(&format!("{api} {object}")).unwrap_or_else(|| panic!("no shape of {api} {object}"));
        let mut all = Vec::new();
        for (name, kind) in members {
            let path = format!("{api} {object}.{name}");
            match value.get(name) {
                None => all.push(format!("{path} is missing")),
                Some(member) => all.extend(self.of_kind(api, kind, member, &path)),
            }
        }
        all
    }

    fn of_kind(&self, api: &str, kind: &str, value: &Value, path: &str) -> Vec<String> {
        let (kind, may_be_null) = kind.strip_suffix('?').map_or((kind, false), |kind| (kind, true));
        let wrong = || vec![format!("{path} is {value}, not {kind}")];
        if value.is_null() {
            return if may_be_null || kind == "any" { Vec::new() } else { wrong() };
        }
        let right = match kind {
            "any" => true,
            "string" => value.is_string(),
            "integer" => value.is_i64(),
            "boolean" => value.is_boolean(),
            "object" => value.is_object(),
            list if list.starts_with('[') => {
                let item = &list[1..list.len() - 1];
                let Some(values) = value.as_array() else { return wrong() };
                return values.iter().flat_map(|value| self.of_kind(api, item, value, path)).collect();
            }
            object => return self.complaints(api, object, value),
        };
        if right { Vec::new() } else { wrong() }
    }

    #[track_caller]
    fn check(&self, api: &str, object: &str, value: &Value) {
        assert!(!value.is_null(), "no {api} {object} to look at");
        assert_eq!(self.complaints(api, object, value), Vec::<String>::new(), "{value}");
    }
}

#[test]
fn a_missing_member_and_a_wrong_type_are_noticed() {
    let shapes = Shapes::read();
    let good = json!({"object": "x", "id": "y", "deleted": true});
    assert!(shapes.complaints("backend", "DeletedObject", &good).is_empty());
    let complaints = shapes.complaints("backend", "DeletedObject", &json!({"deleted": "yes"}));
    assert_eq!(
        complaints,
        ["backend DeletedObject.deleted is \"yes\", not boolean", "backend DeletedObject.object is missing"]
    );
    let nested = shapes.complaints("backend", "OrganizationMemberships", &json!({"data": [{}], "total_count": 1}));
    assert!(nested.len() > 5, "{nested:?}");
}

#[tokio::test]
async fn the_backend_api_gives_what_its_specification_requires() {
    let shapes = Shapes::read();
    let instance = Instance::start().await;
    let ada = instance.user("Ada").await;
    let acme = instance.organization("Acme", &ada).await;
    shapes.check("backend", "Organization", &acme);
    let id = acme["id"].as_str().unwrap();
    let session = instance.bapi(Method::POST, "/sessions", json!({"user_id": ada})).await;
    let session_id = session["id"].as_str().unwrap();
    let invite = |name: &str| json!({"email_address": address(name), "role": "org:member", "inviter_user_id": ada});
    let invitation = instance.bapi(Method::POST, &format!("/organizations/{id}/invitations"), invite("Joan")).await;
    let token = instance.bapi(Method::POST, "/sign_in_tokens", json!({"user_id": ada})).await;
    let role =
        json!({"key": "org:viewer", "name": "Viewer", "description": "x", "permissions": ["org:sys_profile:manage"]});
    let role = instance.bapi(Method::POST, "/organization_roles", role).await;
    shapes.check("backend", "Session", &session);
    shapes.check("backend", "OrganizationInvitation", &invitation);
    shapes.check("backend", "SignInToken", &token);
    shapes.check("backend", "Role", &role);
    let png = [0x89, b'P', b'N', b'G', 13, 10, 26, 10].to_vec();
    shapes.check("backend", "OrganizationWithLogo", &instance.upload_logo(id, png).await.1);
    for (object, path) in [
        ("User", format!("/users/{ada}")),
        ("TotalCount", "/users/count".to_owned()),
        ("OrganizationMemberships", format!("/users/{ada}/organization_memberships")),
        ("OrganizationMemberships", format!("/organizations/{id}/memberships")),
        ("OrganizationMemberships", "/organization_memberships".to_owned()),
        ("OrganizationInvitations", format!("/organizations/{id}/invitations")),
        ("OrganizationInvitations", format!("/organizations/{id}/invitations/pending")),
        ("Organization", format!("/organizations/{id}")),
        ("Session", format!("/sessions/{session_id}")),
        ("OrganizationSettings", "/instance/organization_settings".to_owned()),
        ("Instance", "/instance".to_owned()),
        ("Permission", "/organization_permissions/org:sys_profile:manage".to_owned()),
        ("RoleSet", "/role_sets/role_set:default".to_owned()),
    ] {
        shapes.check("backend", object, &instance.bapi(Method::GET, &path, NONE).await);
    }
    let all = instance.bapi(Method::GET, "/organization_invitations", NONE).await;
    shapes.check("backend", "OrganizationInvitationWithPublicOrganizationData", &all["data"][0]);
    let email = instance.bapi(Method::GET, "/users", NONE).await[0]["email_addresses"][0].clone();
    shapes.check("backend", "EmailAddress", &email);
    for (object, path) in
        [("Token", format!("/sessions/{session_id}/tokens")), ("TestingToken", "/testing_tokens".to_owned())]
    {
        shapes.check("backend", object, &instance.bapi(Method::POST, &path, NONE).await);
    }
    let (_, refusal) = instance.try_bapi(Method::GET, "/users/user_nobody", NONE).await;
    shapes.check("backend", "ClerkErrors", &refusal);
    shapes.check("backend", "DeletedObject", &instance.bapi(Method::DELETE, &format!("/users/{ada}"), NONE).await);
}

#[tokio::test]
async fn the_frontend_api_gives_what_its_specification_requires() {
    let shapes = Shapes::read();
    let instance = Instance::start().await;
    let browser = instance.browser().await;
    let begun = browser.call("POST", "/client/sign_ups", &[("email_address", &address("Ada"))]).await;
    shapes.check("frontend", "SignUp", &begun["response"]);
    let path = format!("/client/sign_ups/{}", begun["response"]["id"].as_str().unwrap());
    let form = [("strategy", "email_code"), ("code", "424242")];
    browser.call("POST", &format!("{path}/prepare_verification"), &form[..1]).await;
    let done = browser.call("POST", &format!("{path}/attempt_verification"), &form).await;
    shapes.check("frontend", "SignUp", &done["response"]);
    let acme = browser.call("POST", "/organizations", &[("name", "Acme")]).await["response"].clone();
    shapes.check("frontend", "Organization", &acme);
    let id = acme["id"].as_str().unwrap();
    let session = done["response"]["created_session_id"].as_str().unwrap();
    let active = [("active_organization_id", id)];
    let touched = browser.call("POST", &format!("/client/sessions/{session}/touch"), &active).await;
    shapes.check("frontend", "Session", &touched["response"]);
    shapes.check("frontend", "Client", &touched["client"]);
    shapes.check("frontend", "User", &browser.call("GET", "/me", &[]).await["response"]);
    let token = browser.call("POST", &format!("/client/sessions/{session}/tokens"), &[]).await;
    shapes.check("frontend", "Token", &token);
    let form = [("email_address", &*address("Joan")), ("role", "org:member")];
    let path = format!("/organizations/{id}/invitations");
    let invitation = browser.call("POST", &path, &form).await["response"].clone();
    shapes.check("frontend", "OrganizationInvitation", &invitation);
    let members = browser.call("GET", &format!("/organizations/{id}/memberships"), &[]).await;
    shapes.check("frontend", "OrganizationMembership", &members["response"][0]);
    let roles = browser.call("GET", &format!("/organizations/{id}/roles"), &[]).await;
    shapes.check("frontend", "Role", &roles["response"]["data"][0]);

    instance.user("Joan").await;
    let other = instance.browser().await;
    let begun = other.call("POST", "/client/sign_ins", &[("identifier", &address("Joan"))]).await;
    shapes.check("frontend", "SignIn", &begun["response"]);
    other.sign_in("Joan").await;
    let mine = other.call("GET", "/me/organization_invitations", &[]).await;
    shapes.check("frontend", "OrganizationInvitationUserContext", &mine["response"]["data"][0]);
    let gone = browser.call("DELETE", &format!("/organizations/{id}"), &[]).await;
    shapes.check("frontend", "DeletedObject", &gone["response"]);
}

#[tokio::test]
async fn events_hold_what_their_specification_requires() {
    let shapes = Shapes::read();
    let mut receiver = Receiver::answering(&[]).await;
    let instance = Instance::with(&["--webhook-url", &receiver.url, "--webhook-secret", WEBHOOK_SECRET]).await;
    let ada = instance.user("Ada").await;
    let acme = instance.organization("Acme", &ada).await;
    let path = format!("/organizations/{}", acme["id"].as_str().unwrap());
    instance.bapi(Method::PATCH, &path, json!({"name": "Acme Ltd"})).await;
    let ben = instance.user("Ben").await;
    let member = json!({"user_id": ben, "role": "org:member"});
    instance.bapi(Method::POST, &format!("{path}/memberships"), member).await;
    instance.bapi(Method::PATCH, &format!("{path}/memberships/{ben}"), json!({"role": "org:admin"})).await;
    let invite = json!({"email_address": address("Joan"), "role": "org:member", "inviter_user_id": ada});
    let invitation = instance.bapi(Method::POST, &format!("{path}/invitations"), invite).await;
    let revoke = format!("{path}/invitations/{}/revoke", invitation["id"].as_str().unwrap());
    instance.bapi(Method::POST, &revoke, NONE).await;
    let session = instance.bapi(Method::POST, "/sessions", json!({"user_id": ada})).await;
    instance.bapi(Method::POST, &format!("/sessions/{}/revoke", session["id"].as_str().unwrap()), NONE).await;
    let role = instance.bapi(Method::POST, "/organization_roles", json!({"key": "org:x", "name": "X"})).await;
    instance.bapi(Method::DELETE, &format!("/organization_roles/{}", role["id"].as_str().unwrap()), NONE).await;
    let permission = json!({"key": "org:x:read", "name": "X"});
    instance.bapi(Method::POST, "/organization_permissions", permission).await;
    instance.bapi(Method::DELETE, &path, NONE).await;
    instance.bapi(Method::DELETE, &format!("/users/{ada}"), NONE).await;
    let mut seen = BTreeMap::new();
    while seen.len() < 15 {
        let event = receiver.next().await.event();
        let kind = event["type"].as_str().unwrap().to_owned();
        for (member, right) in [
            ("object", event["object"] == "event"),
            ("timestamp", event["timestamp"].is_i64()),
            ("instance_id", event["instance_id"].is_string()),
        ] {
            assert!(right, "{kind}: {member}");
        }
        let object = match kind.split_once('.').unwrap() {
            ("organizationMembership", _) => "OrganizationMembership",
            (_, "deleted") => "DeletedObject",
            ("user", _) => "User",
            ("organization", _) => "Organization",
            ("organizationInvitation", _) => "OrganizationInvitation",
            ("session", _) => "SessionEventPayload",
            ("role", _) => "Role",
            ("permission", _) => "Permission",
            other => panic!("an event of no shape: {other:?}"),
        };
        shapes.check("webhook", object, &event["data"]);
        seen.insert(kind, ());
    }
}
