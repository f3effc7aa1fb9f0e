//! What the control page makes happen at Clerk: to people, organisations, members and keys.

use reqwest::Method;
use serde_json::{Value, json};

use crate::instance::{Instance, WEBHOOK_SECRET, address};
use crate::receiver::Receiver;

const NONE: Value = Value::Null;

struct Acme {
    instance: Instance,
    receiver: Receiver,
    ada: String,
    ben: String,
    id: String,
}

impl Acme {
    async fn new() -> Self {
        let mut receiver = Receiver::answering(&[]).await;
        let instance = Instance::with(&["--webhook-url", &receiver.url, "--webhook-secret", WEBHOOK_SECRET]).await;
        let (ada, ben) = (instance.user("Ada").await, instance.user("Ben").await);
        let id = instance.organization("Acme", &ada).await["id"].as_str().unwrap().to_owned();
        let member = json!({"user_id": ben, "role": "org:member"});
        instance.bapi(Method::POST, &format!("/organizations/{id}/memberships"), member).await;
        for _ in 0..5 {
            receiver.next().await;
        }
        Self { instance, receiver, ada, ben, id }
    }

    async fn membership_of(&self, user: &str) -> Value {
        self.instance.bapi(Method::GET, &format!("/users/{user}/organization_memberships"), NONE).await["data"][0]
            .clone()
    }

    /// Presses a button; answers with the events that came of it, in any order.
    async fn press(&mut self, path: &str, body: Value, events: usize) -> Vec<String> {
        self.instance.control(path, body).await;
        let mut kinds = Vec::new();
        for _ in 0..events {
            kinds.push(self.receiver.next().await.event()["type"].as_str().unwrap().to_owned());
        }
        kinds.sort();
        kinds
    }
}

#[tokio::test]
async fn members_are_given_roles_and_taken_out() {
    let mut acme = Acme::new().await;
    let membership = acme.membership_of(&acme.ben).await["id"].as_str().unwrap().to_owned();
    let path = format!("/memberships/{membership}");
    let events = acme.press(&format!("{path}/role"), json!({"role": "org:admin"}), 1).await;
    assert_eq!(events, ["organizationMembership.updated"]);
    assert_eq!(acme.membership_of(&acme.ben).await["role"], "org:admin");
    let (status, answer) = acme.instance.try_control(&format!("{path}/role"), json!({"role": "org:king"})).await;
    assert_eq!((status, &answer["errors"][0]["code"]), (422, &json!("form_param_value_invalid")));
    let events = acme.press(&format!("{path}/remove"), json!({}), 1).await;
    assert_eq!(events, ["organizationMembership.deleted"]);
    assert_eq!(acme.membership_of(&acme.ben).await, NONE);
    let last = acme.membership_of(&acme.ada).await["id"].as_str().unwrap().to_owned();
    let (status, answer) = acme.instance.try_control(&format!("/memberships/{last}/remove"), json!({})).await;
    assert_eq!((status, &answer["errors"][0]["code"]), (400, &json!("organization_minimum_permissions_needed")));
    assert_eq!(acme.instance.try_control(&format!("{path}/remove"), json!({})).await.0, 404);
}

#[tokio::test]
async fn people_are_banned_and_deleted() {
    let mut acme = Acme::new().await;
    let id = acme.instance.browser().await.sign_in("Ben").await;
    acme.receiver.next().await;
    let path = format!("/users/{}", acme.ben);
    let events = acme.press(&format!("{path}/ban"), json!({}), 2).await;
    assert_eq!(events, ["session.revoked", "user.updated"]);
    let session = acme.instance.bapi(Method::GET, &format!("/sessions/{id}"), NONE).await;
    assert_eq!(session["status"], "revoked");
    let form = [("identifier", &*address("Ben"))];
    let (status, answer) = acme.instance.browser().await.send("POST", "/client/sign_ins", &form).await;
    assert_eq!((status, &answer["errors"][0]["code"]), (403, &json!("user_banned")));
    assert_eq!(acme.press(&format!("{path}/unban"), json!({}), 1).await, ["user.updated"]);
    let events = acme.press(&format!("{path}/delete"), json!({}), 2).await;
    assert_eq!(events, ["organizationMembership.deleted", "user.deleted"]);
    assert_eq!(acme.instance.try_control(&format!("{path}/delete"), json!({})).await.0, 404);
}

#[tokio::test]
async fn an_organisation_is_deleted_though_its_admins_may_not() {
    let mut acme = Acme::new().await;
    let path = format!("/organizations/{}", acme.id);
    acme.instance.bapi(Method::PATCH, &path, json!({"admin_delete_enabled": false})).await;
    acme.receiver.next().await;
    let events = acme.press(&format!("{path}/delete"), json!({}), 3).await;
    assert_eq!(events, ["organization.deleted", "organizationMembership.deleted", "organizationMembership.deleted"]);
    assert_eq!(acme.instance.try_bapi(Method::GET, &path, NONE).await.0, 404);
}

#[tokio::test]
async fn people_press_buttons_and_are_led_back_to_the_page() {
    let acme = Acme::new().await;
    let page = acme.instance.get(&acme.instance.mailbox("/control")).await.text().await.unwrap();
    let membership = acme.membership_of(&acme.ben).await["id"].as_str().unwrap().to_owned();
    for action in [
        format!("/control/users/{}/ban", acme.ben),
        format!("/control/users/{}/delete", acme.ben),
        format!("/control/memberships/{membership}/role"),
        format!("/control/memberships/{membership}/remove"),
        format!("/control/organizations/{}/delete", acme.id),
        "/control/faults".to_owned(),
        "/control/keys/rotate".to_owned(),
        "/control/limits".to_owned(),
    ] {
        assert!(page.contains(&format!("action=\"{action}\"")), "{action}");
    }
    let url = acme.instance.mailbox(&format!("/control/memberships/{membership}/role"));
    let answer = acme.instance.request(Method::POST, &url).form(&[("role", "org:admin")]).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["location"]), (303, &"/control".parse().unwrap()));
    assert_eq!(acme.membership_of(&acme.ben).await["role"], "org:admin");
    let url = acme.instance.mailbox("/control/faults");
    let form = [("kind", "wait"), ("api", ""), ("method", ""), ("path", "/v1/**"), ("times", ""), ("wait_ms", "1")];
    let answer = acme.instance.request(Method::POST, &url).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 303);
    let page = acme.instance.get(&acme.instance.mailbox("/control")).await.text().await.unwrap();
    assert!(page.contains("any method /v1/** (any API)") && page.contains("until cleared"));
}

#[tokio::test]
async fn signing_keys_are_rotated_and_the_old_one_withdrawn() {
    let instance = Instance::start().await;
    let ada = instance.user("Ada").await;
    instance.organization("Acme", &ada).await;
    let session = instance.bapi(Method::POST, "/sessions", json!({"user_id": ada})).await;
    let path = format!("/sessions/{}/tokens", session["id"].as_str().unwrap());
    let kid = |token: &Value| jsonwebtoken::decode_header(token["jwt"].as_str().unwrap()).unwrap().kid.unwrap();
    let kids = |keys: &Value| {
        keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let old = instance.bapi(Method::POST, &path, NONE).await;
    assert_eq!(kids(&instance.bapi(Method::GET, "/jwks", NONE).await), [kid(&old)]);
    let rotated = instance.control("/keys/rotate", json!({})).await;
    let new = instance.bapi(Method::POST, &path, NONE).await;
    assert_eq!(rotated["kids"], json!([kid(&old), kid(&new)]));
    // Both are published, so tokens of both are believed.
    for token in [&old, &new] {
        assert_eq!(instance.claims(token["jwt"].as_str().unwrap()).await["sub"], ada);
    }
    let public: Value = instance.get(&instance.url("/.well-known/jwks.json")).await.json().await.unwrap();
    assert_eq!(public, instance.bapi(Method::GET, "/jwks", NONE).await);

    // Kept over a restart, before and after the old one is gone.
    let instance = instance.restart().await;
    assert_eq!(kids(&instance.bapi(Method::GET, "/jwks", NONE).await), [kid(&old), kid(&new)]);
    assert_eq!(instance.control("/keys/withdraw", json!({})).await, json!({"kids": [kid(&new)]}));
    let instance = instance.restart().await;
    assert_eq!(kids(&instance.bapi(Method::GET, "/jwks", NONE).await), [kid(&new)]);
    assert_eq!(kid(&instance.bapi(Method::POST, &path, NONE).await), kid(&new));
}

#[test]
fn every_button_is_documented() {
    let document = include_str!("../../../../docs/sandbox.md");
    let routes: Vec<_> = [include_str!("../../src/control/mod.rs"), include_str!("../../src/control/stripe/mod.rs")]
        .into_iter()
        .flat_map(str::lines)
        .filter_map(|line| line.trim().strip_prefix(".route(\"")?.split('"').next())
        .filter(|route| *route != "/control")
        .collect();
    assert!(routes.len() > 20, "the routes are found: {routes:?}");
    let missing: Vec<_> = routes.into_iter().filter(|route| !document.contains(&format!("{route}`"))).collect();
    assert_eq!(missing, Vec::<&str>::new(), "not in docs/sandbox.md");
}
