//! Settings > Members, as a page and as JSON: who sees what, and what a rule says where it stands in the way.

use domain::{BaseRole, Read};
use http::Method;
use serde_json::{Value, json};
use testkit::user;

use crate::app::{As, TestApp};

const ADA: As = As::Browser("ada", Some("acme"));
const MAX: As = As::Browser("max", Some("acme"));
const PROGRAM: As = As::Program("ada", Some("acme"));
const API: &str = "/api/v1/orgs/acme/members";
const PAGE: &str = "/orgs/acme/settings/members";

#[tokio::test]
async fn the_list_shows_everybody_with_their_roles_and_can_be_searched() {
    let app = TestApp::start().await;
    let all = app.get(&ADA, PAGE).await;
    assert_eq!(all.status, 200);
    for shown in ["ada@example.test", "max@example.test", "Report-viewer", "Billing-admin", "4 of 50 places taken"] {
        assert!(all.body.contains(shown), "{shown}");
    }
    for (query, found, missing) in [
        ("?q=MAX", "max@example.test", "rita@example.test"),
        ("?q=rita@exam", "rita@example.test", "max@example.test"),
        ("?role=admin", "ada@example.test", "max@example.test"),
        ("?role=billing-admin", "ben@example.test", "rita@example.test"),
        ("?role=nothing", "Nobody is found", "ben@example.test"),
        ("?q=ada&role=member", "Nobody is found", "ben@example.test"),
    ] {
        // The person's own menu names them too: what is looked at is the list.
        let list = app.get(&ADA, &format!("{PAGE}{query}")).await.body;
        let list = list.split("id=\"people\"").nth(1).unwrap();
        assert!(list.contains(found) && !list.contains(missing), "{query}");
    }
}

#[tokio::test]
async fn who_may_only_look_finds_no_controls() {
    let app = TestApp::start().await;
    app.world.invitation("ada", &app.world.acme).await;
    let page = app.get(&MAX, PAGE).await.body;
    assert!(page.contains("ada@example.test") && page.contains("@invited.example"));
    for control in ["/invite", "Resend", "Revoke", "/remove", "Change roles"] {
        assert!(!page.contains(control), "{control}");
    }
    assert!(page.contains("/members/leave"), "everybody may leave");
}

#[tokio::test]
async fn roles_are_changed_together_or_not_at_all() {
    let app = TestApp::start().await;
    let path = format!("{PAGE}/user_max");
    let done = app.post(&ADA, &path, "role=admin&custom_roles=report-viewer&custom_roles=billing-admin").await;
    assert_eq!((done.status.as_u16(), done.header("location")), (303, PAGE));
    let (access, ()) = app.world.org("max", &app.world.acme).read(Read::access_only()).await.unwrap();
    assert_eq!((access.role, access.custom_roles.len()), (BaseRole::Admin, 2));

    // What is wrong is said, and what was chosen is kept.
    let unknown = app.post(&ADA, &path, "role=member&custom_roles=0190b5d4-0000-7000-8000-000000000001").await;
    assert_eq!(unknown.status, 422);
    assert!(unknown.body.contains("no such role here"));
    let none = app.post(&ADA, &path, "custom_roles=report-viewer").await;
    assert_eq!(none.status, 422);
    let (access, ()) = app.world.org("max", &app.world.acme).read(Read::access_only()).await.unwrap();
    assert_eq!((access.role, access.custom_roles.len()), (BaseRole::Admin, 2));
}

#[tokio::test]
async fn the_last_admin_stays_and_is_told_why() {
    let app = TestApp::start().await;
    for (path, form) in [("user_ada", "role=member"), ("user_ada/remove", ""), ("leave", "sure=yes")] {
        let refused = app.post(&ADA, &format!("{PAGE}/{path}"), form).await;
        assert_eq!(refused.status, 409, "{path}");
        assert!(refused.body.contains("last admin") && refused.body.contains("Settings"), "{path}: in its place");
        let before = app.get(&ADA, &format!("{PAGE}/{path}")).await;
        assert!(before.status == 200 && before.body.contains("last admin"), "{path}: said before it is tried");
    }
    let refused = app.json(&PROGRAM, Method::DELETE, &format!("{API}/user_ada"), &Value::Null).await;
    assert_eq!((refused.status.as_u16(), refused.json()["code"].as_str()), (409, Some("last_admin")));
}

#[tokio::test]
async fn whoever_holds_more_is_out_of_reach() {
    let app = TestApp::start().await;
    // Max may manage members, and nothing else that admins may.
    let manager = app.world.own_role("ada", &app.world.acme, &[domain::Permission::MembersManage]).await;
    let given = app.post(&ADA, &format!("{PAGE}/user_max"), &format!("role=member&custom_roles={manager}")).await;
    assert_eq!(given.status, 303, "{}", given.body);
    let list = app.get(&MAX, PAGE).await.body;
    assert!(!list.contains("/user_ada/remove") && list.contains("/user_newcomer/remove") == list.contains("newcomer"));
    for (path, form, code) in
        [("user_ada", "role=member", 403), ("user_ada/remove", "", 403), ("user_max", "role=admin", 403)]
    {
        let refused = app.post(&MAX, &format!("{PAGE}/{path}"), form).await;
        assert_eq!(refused.status, code, "{path}");
        assert!(refused.body.contains("class=\"callout"), "{path}");
    }
    let program = As::Program("max", Some("acme"));
    for (who, role, code) in [("ada", "member", "holds_more_than_you"), ("max", "admin", "own_role")] {
        let path = format!("{API}/user_{who}");
        let refused = app.json(&program, Method::PATCH, &path, &json!({ "role": role })).await;
        assert_eq!((refused.status.as_u16(), refused.json()["code"].as_str()), (403, Some(code)));
    }
}

#[tokio::test]
async fn removed_and_gone_are_out_with_the_next_request() {
    let app = TestApp::start().await;
    assert_eq!(app.get(&MAX, PAGE).await.status, 200);
    let asked = app.get(&ADA, &format!("{PAGE}/user_max/remove")).await;
    assert!(asked.body.contains("Remove max?"));
    assert_eq!(app.post(&ADA, &format!("{PAGE}/user_max/remove"), "").await.status, 303);
    assert_eq!(app.get(&MAX, PAGE).await.status, 404);
    assert_eq!(app.get(&ADA, &format!("{PAGE}/user_max")).await.status, 404);

    let rita = As::Browser("rita", Some("acme"));
    let unsure = app.post(&rita, &format!("{PAGE}/leave"), "").await;
    assert_eq!(unsure.status, 422);
    let left = app.post(&rita, &format!("{PAGE}/leave"), "sure=yes").await;
    assert_eq!((left.status.as_u16(), left.header("location")), (303, "/organisations"));
    assert_eq!(app.get(&rita, PAGE).await.status, 404);
}

#[tokio::test]
async fn somebody_demoted_feels_it_with_the_next_request() {
    let app = TestApp::start().await;
    app.world.record("max", &[(&app.world.acme, BaseRole::Admin)]).await;
    assert_eq!(app.get(&MAX, &format!("{PAGE}/invite")).await.status, 200);
    assert_eq!(app.post(&ADA, &format!("{PAGE}/user_max"), "role=member").await.status, 303);
    assert_eq!(app.get(&MAX, &format!("{PAGE}/invite")).await.status, 403);
    assert_eq!(app.post(&MAX, &format!("{PAGE}/user_ada/remove"), "").await.status, 403);
}

#[tokio::test]
async fn programs_have_the_same_operations() {
    let app = TestApp::start().await;
    let listed = app.get(&PROGRAM, API).await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 4);
    assert_eq!((listed["seats"]["members"].as_i64(), listed["seats"]["limit"].as_i64()), (Some(4), Some(50)));
    let change = json!({ "role": "admin", "custom_roles": ["billing-admin"] });
    assert_eq!(app.json(&PROGRAM, Method::PATCH, &format!("{API}/user_max"), &change).await.status, 204);
    let listed = app.get(&PROGRAM, API).await.json();
    let max = listed["items"].as_array().unwrap().iter().find(|one| one["id"] == user("max").as_str()).unwrap();
    assert_eq!((&max["role"], &max["custom_roles"]), (&json!("admin"), &json!(["billing-admin"])));
    for (body, field) in [
        (json!({}), "role"),
        (json!({ "role": "owner" }), "body"),
        (json!({ "custom_roles": ["root"] }), "custom_roles"),
        (json!({ "role": "member", "plan": "business" }), "plan"),
    ] {
        let refused = app.json(&PROGRAM, Method::PATCH, &format!("{API}/user_max"), &body).await;
        assert_eq!((refused.status.as_u16(), refused.json()["fields"][0]["field"].as_str()), (422, Some(field)));
    }
    assert_eq!(app.json(&PROGRAM, Method::DELETE, &format!("{API}/user_ben"), &Value::Null).await.status, 204);
    let rita = As::Program("rita", Some("acme"));
    let leave = "/api/v1/orgs/acme/leave";
    assert_eq!(app.json(&rita, Method::POST, leave, &json!({})).await.json()["fields"][0]["field"], "sure");
    assert_eq!(app.json(&rita, Method::POST, leave, &json!({ "sure": true })).await.status, 204);
    assert_eq!(app.get(&rita, API).await.status, 404);
    assert_eq!(app.get(&PROGRAM, API).await.json()["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn whoever_is_removed_hands_over_what_they_hold_in_the_same_step() {
    let app = TestApp::start().await;
    let (world, acme) = (&app.world, &app.world.acme);
    let procedure = world.procedure("ada", acme, "opening").await;
    let run = world.run("max", acme, procedure, "Monday").await;
    let ask = app.get(&ADA, &format!("{PAGE}/user_max/remove")).await.body;
    assert!(ask.contains("Hand over 2 open steps"), "{ask}");
    let refused = app.post(&ADA, &format!("{PAGE}/user_max/remove"), "heir=user_nobody").await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("Choose another member"));
    let done = app.post(&ADA, &format!("{PAGE}/user_max/remove"), "heir=user_ada").await;
    assert_eq!((done.status.as_u16(), done.header("location")), (303, PAGE));
    let (_, shown) = world.org("ada", acme).read(domain::runs::show(run)).await.unwrap();
    assert!(shown.steps.iter().all(|step| step.assignee.as_deref() == Some("ada")));
    assert_eq!(shown.summary.started_by.as_deref(), Some("max"), "past work keeps their name");
}
