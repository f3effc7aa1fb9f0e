//! Inviting people, and what can be done with an invitation until it is answered: as pages and as JSON.

use domain::{BaseRole, Plan, plans};
use http::Method;
use serde_json::{Value, json};

use crate::app::{As, TestApp};

const ADA: As = As::Browser("ada", Some("acme"));
const PROGRAM: As = As::Program("ada", Some("acme"));
const INVITE: &str = "/orgs/acme/settings/members/invite";
const API: &str = "/api/v1/orgs/acme/invitations";

fn form(addresses: &str, more: &str) -> String {
    let pairs = [("addresses", addresses)];
    format!("{}&{more}", serde_urlencoded::to_string(pairs).unwrap())
}

#[tokio::test]
async fn each_pasted_address_gets_its_own_answer() {
    let app = TestApp::start().await;
    app.world.invite("ada", &app.world.acme, "nadia", BaseRole::Member).await;
    let pasted = "\"Okoro, Sam\" <Sam.Okoro@acme.example>; MAX@example.test\nnadia@example.test,\nnobody; аda@acme.example\n sam.okoro@acme.example";
    let answer = app.post(&ADA, INVITE, &form(pasted, "role=member&custom_roles=report-viewer")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    for shown in [
        "1 person invited",
        "sam.okoro@acme.example",
        "Belongs here, as member",
        "/orgs/acme/settings/members/user_max\"",
        "Invited already",
        "/resend",
        "It has no @.",
        "letters outside a to z",
    ] {
        assert!(answer.body.contains(shown), "{shown} in {}", answer.body);
    }
    // What was no address is kept, to be put right.
    let kept = answer.body.split("<textarea").nth(1).unwrap().split("</textarea>").next().unwrap();
    assert!(kept.contains("nobody") && kept.contains("аda@") && !kept.contains("okoro"), "{kept}");
    let list = app.get(&ADA, "/orgs/acme/settings/members").await.body;
    assert!(list.contains("sam.okoro@acme.example") && list.contains("Mail on its way"));
}

#[tokio::test]
async fn nothing_is_sent_where_the_form_is_wrong() {
    let app = TestApp::start().await;
    let many: String = (0..501).map(|number| format!("p{number}@acme.example\n")).collect();
    for (addresses, more, words) in [
        ("", "role=member", "at least one address"),
        ("new@acme.example", "role=owner", "Choose Admin or Member"),
        ("new@acme.example", "role=member&custom_roles=root", "no role"),
        (many.as_str(), "role=member", "500 addresses at once"),
        ("new@acme.example", "role=member&custom_roles=0190b5d4-0000-7000-8000-000000000001", "no such role here"),
    ] {
        let answer = app.post(&ADA, INVITE, &form(addresses, more)).await;
        assert_eq!(answer.status, 422, "{words}");
        assert!(answer.body.contains(words), "{words}");
        let kept = addresses.lines().next().unwrap_or_default();
        assert!(answer.body.contains(kept), "what was typed is kept");
    }
    assert_eq!(app.get(&PROGRAM, API).await.json()["items"], json!([]));
}

#[tokio::test]
async fn no_more_are_invited_than_there_are_places() {
    let app = TestApp::start().await;
    plans::change(&app.world.app, &app.world.acme.id, Plan::parse("team").unwrap()).await.unwrap();
    let twelve: String = (0..12).map(|number| format!("p{number}@acme.example\n")).collect();
    let answer = app.post(&ADA, INVITE, &form(&twelve, "role=member")).await;
    assert!(answer.body.contains("11 people invited") && answer.body.contains("No place left"), "{}", answer.body);
    let kept = answer.body.split("<textarea").nth(1).unwrap().split("</textarea>").next().unwrap();
    assert!(kept.contains("p11@acme.example") && !kept.contains("p10@"), "{kept}");
    assert!(app.get(&ADA, INVITE).await.body.contains("No place is left on the Team plan"));
}

#[tokio::test]
async fn nobody_invites_into_more_than_they_hold() {
    let app = TestApp::start().await;
    let inviter = app.world.own_role("ada", &app.world.acme, &[domain::Permission::MembersInvite]).await;
    let roles = format!("role=member&custom_roles={inviter}");
    assert_eq!(app.post(&ADA, "/orgs/acme/settings/members/user_max", &roles).await.status, 303);
    let max = As::Browser("max", Some("acme"));
    let page = app.get(&max, INVITE).await.body;
    let admin = page.split("value=\"admin\"").nth(1).unwrap().split('>').next().unwrap();
    assert!(admin.contains("disabled"), "what they may not give cannot be chosen");
    let refused = app.post(&max, INVITE, &form("new@acme.example", "role=admin")).await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("do not hold yourself") && refused.body.contains("new@acme.example"));
    assert_eq!(app.post(&max, INVITE, &form("new@acme.example", "role=member")).await.status, 200);
    let program = As::Program("max", Some("acme"));
    let body = json!({ "addresses": ["other@acme.example"], "role": "admin" });
    let refused = app.json(&program, Method::POST, API, &body).await;
    assert_eq!((refused.status.as_u16(), refused.json()["code"].as_str()), (403, Some("grant_exceeds_own")));
}

#[tokio::test]
async fn a_pending_one_is_changed_sent_again_and_taken_back() {
    let app = TestApp::start().await;
    let id = app.world.invitation("ada", &app.world.acme).await;
    let at = format!("/orgs/acme/settings/invitations/{id}");
    assert!(app.get(&ADA, &at).await.body.contains("Save and send a new mail"));
    let changed = app.post(&ADA, &at, "role=admin&custom_roles=billing-admin").await;
    assert_eq!(changed.status, 303, "{}", changed.body);
    let listed = app.get(&PROGRAM, API).await.json();
    assert_eq!(
        (&listed["items"][0]["role"], &listed["items"][0]["custom_roles"][0]),
        (&json!("admin"), &json!("billing-admin"))
    );
    // Not twice within a minute.
    let again = app.post(&ADA, &format!("{at}/resend"), "").await;
    assert_eq!(again.status, 409);
    assert!(again.body.contains("in a minute"));
    assert_eq!(app.post(&ADA, &format!("{at}/revoke"), "").await.status, 303);
    for (path, form) in [(at.clone(), "role=member"), (format!("{at}/resend"), ""), (format!("{at}/revoke"), "")] {
        // The list of pending ones does not have it any more, nor has its page.
        let ended = app.post(&ADA, &path, form).await.status.as_u16();
        assert!(ended == 409 || ended == 404, "{path}: {ended}");
    }
}

#[tokio::test]
async fn programs_have_the_same_operations() {
    let app = TestApp::start().await;
    let body = json!({ "addresses": ["New@acme.example", "ada@example.test", "nobody"], "role": "member", "custom_roles": ["report-viewer"] });
    let results = app.json(&PROGRAM, Method::POST, API, &body).await.json()["results"].clone();
    let outcomes: Vec<&str> = results.as_array().unwrap().iter().map(|one| one["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["sent", "already_member", "invalid"], "{results}");
    assert_eq!((&results[0]["address"], &results[1]["user"]), (&json!("new@acme.example"), &json!("user_ada")));
    let again = app.json(&PROGRAM, Method::POST, API, &body).await.json()["results"].clone();
    assert_eq!((&again[0]["outcome"], &again[0]["id"]), (&json!("already_invited"), &results[0]["id"]));
    for (body, field) in [
        (json!({ "addresses": [], "role": "member" }), "addresses"),
        (json!({ "addresses": ["a@b.example"] }), "role"),
        (json!({ "addresses": ["a@b.example"], "role": "member", "organisation": "bolt" }), "organisation"),
        (json!({ "addresses": ["a@b.example"], "role": "member", "custom_roles": ["root"] }), "custom_roles"),
    ] {
        let refused = app.json(&PROGRAM, Method::POST, API, &body).await;
        assert_eq!((refused.status.as_u16(), refused.json()["fields"][0]["field"].as_str()), (422, Some(field)));
    }
    let id = app.world.invitation("ada", &app.world.acme).await;
    let at = format!("{API}/{id}");
    assert_eq!(app.json(&PROGRAM, Method::POST, &format!("{at}/resend"), &Value::Null).await.status, 204);
    let throttled = app.json(&PROGRAM, Method::PATCH, &at, &json!({ "role": "member", "custom_roles": [] })).await;
    assert_eq!((throttled.status.as_u16(), throttled.json()["code"].as_str()), (409, Some("invitations_throttled")));
    assert_eq!(app.json(&PROGRAM, Method::DELETE, &at, &Value::Null).await.status, 204);
    let ended = app.json(&PROGRAM, Method::DELETE, &at, &Value::Null).await;
    assert_eq!((ended.status.as_u16(), ended.json()["code"].as_str()), (409, Some("invitation_not_pending")));
    assert_eq!(app.get(&As::Program("max", Some("acme")), API).await.status, 200);
}
