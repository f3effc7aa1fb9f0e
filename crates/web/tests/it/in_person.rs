//! Who sits there: a session that somebody else acts in is seen and named, and some things take the person themselves.

use domain::audit_log::{self, AuditEntry, Filter};
use domain::{BaseRole, Plan, plans};
use http::Method;
use serde_json::{Value, json};
use web::{Caller, Surface, routes};

use crate::app::{Answer, As, TestApp};
use crate::requests::{self, Things};
use crate::roles::refusals;
use crate::tokens::{self, TRUSTED};

const EXPORT: &str = "/orgs/acme/settings/audit-log/export";
const LEAVE: &str = "/orgs/acme/settings/members/leave";
const BANNER: &str = "This session is impersonated";

/// A token of somebody, with these claims besides; null takes one away.
fn token(name: &str, slug: Option<&str>, more: &Value) -> String {
    let mut claims = tokens::claims(name, slug);
    for (claim, value) in more.as_object().unwrap() {
        match value {
            Value::Null => _ = claims.as_object_mut().unwrap().remove(claim),
            value => claims[claim] = value.clone(),
        }
    }
    TRUSTED.sign(&tokens::header(), &claims)
}

/// Opal acts in somebody's name.
fn impersonated(name: &str, slug: Option<&str>) -> String {
    token(
        name,
        slug,
        &json!({ "act": { "iss": "https://dashboard.clerk.com", "sid": "sess_opal", "sub": "user_opal" } }),
    )
}

fn ada(more: &Value) -> (As, As) {
    let token = token("ada", Some("acme"), more);
    (As::Cookie(token.clone()), As::Bearer(token))
}

async fn entries(app: &TestApp, action: &str) -> Vec<AuditEntry> {
    let filter = Filter { action: action.to_owned(), ..Filter::default() };
    app.world.org("ada", &app.world.acme).read(audit_log::list(&filter)).await.unwrap().1.entries
}

fn is_html(answer: &Answer) -> bool {
    answer.header("content-type").starts_with("text/html")
}

#[tokio::test]
async fn every_page_says_that_a_session_is_impersonated() {
    let app = TestApp::start().await;
    let things = Things::create(&app.world, "ada", &app.world.acme, "opening").await;
    let mut pages = 0;
    for route in routes::table() {
        if route.surface != Surface::Page || route.mutates || route.caller == Caller::Operator {
            continue;
        }
        let theirs = app.send(requests::to(&route, &As::Browser("ada", Some("acme")), "acme", &things)).await;
        let acted = As::Cookie(impersonated("ada", Some("acme")));
        let acted = app.send(requests::to(&route, &acted, "acme", &things)).await;
        assert!(!theirs.body.contains(BANNER), "{}", route.path);
        if is_html(&acted) {
            assert!(acted.body.contains(BANNER) && acted.body.contains("user_opal"), "{}: {}", route.path, acted.body);
            pages += 1;
        }
    }
    assert!(pages >= 18, "{pages}");
    // Also where nothing is, inside an organisation and outside, and where something is wrong.
    let acted = As::Cookie(impersonated("ada", Some("acme")));
    for path in ["/orgs/acme/procedures/0190b5d4-0000-7000-8000-000000000001", "/orgs/bolt/runs", "/operators"] {
        let answer = app.get(&acted, path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.body.contains(BANNER), "{path}: {}", answer.body);
    }
    let wrong = app.post(&acted, "/orgs/acme/procedures", "name=").await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains(BANNER));
}

#[tokio::test]
async fn what_is_done_in_somebodys_name_is_recorded_under_both() {
    let app = TestApp::start().await;
    let acted = As::Cookie(impersonated("ada", Some("acme")));
    let form = "name=Night+shift&permission=runs:work";
    assert_eq!(app.post(&acted, "/orgs/acme/settings/roles", form).await.status, 303);
    let program = As::Bearer(impersonated("ada", Some("acme")));
    let role = json!({ "name": "Day shift", "permissions": ["runs:work"] });
    assert_eq!(app.json(&program, Method::POST, "/api/v1/orgs/acme/roles", &role).await.status, 201);
    for entry in entries(&app, "role.created").await.iter().take(2) {
        assert_eq!((entry.actor_id.as_str(), entry.impersonator.as_str()), ("user_ada", "user_opal"));
    }
    // Before an organisation too.
    let id = app.world.invite("ada", &app.world.acme, "nadia", BaseRole::Member).await;
    let nadia = As::Cookie(impersonated("nadia", None));
    assert_eq!(app.post(&nadia, &format!("/invitations/org_acme/{id}/accept"), "").await.status, 303);
    assert_eq!(entries(&app, "member.joined").await[0].impersonator, "user_opal");
    assert_eq!(app.post(&nadia, LEAVE, "sure=yes").await.status, 303);
    assert_eq!(entries(&app, "member.left").await[0].impersonator, "user_opal");
    // And what was refused.
    let max = As::Cookie(impersonated("max", Some("acme")));
    assert_eq!(app.get(&max, "/orgs/acme/settings/roles/new").await.status, 403);
    assert_eq!(refusals(&app, 1).await[0].impersonator, "user_opal");

    let ada = As::Browser("ada", Some("acme"));
    let page = app.get(&ada, "/orgs/acme/settings/audit-log").await;
    assert!(page.body.contains("by user_opal, who acted in their name"), "{}", page.body);
    let file = app.get(&ada, EXPORT).await.body;
    assert!(file.lines().next().unwrap().ends_with(",impersonator"), "{file}");
    assert_eq!(file.lines().filter(|line| line.ends_with(",user_opal")).count(), 5, "{file}");
    let program = As::Program("ada", Some("acme"));
    let json = app.get(&program, "/api/v1/orgs/acme/audit-log?action=role").await.json();
    assert_eq!(json["items"][0]["impersonator"], "user_opal");
    // Her own doing names nobody else.
    app.post(&ada, "/orgs/acme/settings/roles", "name=Third+shift&permission=runs:work").await;
    assert_eq!(entries(&app, "role.created").await[0].impersonator, "");
}

#[tokio::test]
async fn whoever_acts_in_somebodys_name_takes_no_data_out_and_hands_nothing_over() {
    let app = TestApp::start().await;
    let acted = As::Cookie(impersonated("ada", Some("acme")));
    let program = As::Bearer(impersonated("ada", Some("acme")));
    let refused = app.get(&acted, EXPORT).await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("Only the person themselves may do this"), "{}", refused.body);
    let refusal = &refusals(&app, 1).await[0];
    assert_eq!((refusal.object_id.as_str(), refusal.object_name.as_str()), ("audit_log.export", "impersonated"));
    assert_eq!(refusal.impersonator, "user_opal");
    for answer in hands_over(&app, &acted, &program).await {
        assert_eq!(answer.status, 403, "{}", answer.body);
        let told = answer.body.contains("\"impersonated\"") || answer.body.contains("Only the person themselves");
        assert!(told, "{}", answer.body);
    }
    assert_eq!(entries(&app, "member.role_changed").await.len(), 0);
    let sent = entries(&app, "invitation.sent").await;
    assert!(sent.iter().all(|entry| entry.object_name != "new@invited.example"), "{sent:?}");
    // Nor what an operator may do.
    app.world.record("opal", &[]).await;
    assert_eq!(app.get(&As::Browser("opal", None), "/operators").await.status, 200);
    let operator = As::Cookie(token("opal", None, &json!({ "act": { "sub": "user_eve" } })));
    assert_eq!(app.get(&operator, "/operators").await.status, 404);
}

/// Every way there is to make somebody an admin.
async fn hands_over(app: &TestApp, browser: &As, program: &As) -> Vec<Answer> {
    let id = app.world.invitation("ada", &app.world.acme).await;
    let admin = json!({ "role": "admin" });
    let invited = json!({ "role": "admin", "custom_roles": [] });
    let asked = json!({ "addresses": ["new@invited.example"], "role": "admin" });
    vec![
        app.post(browser, "/orgs/acme/settings/members/user_max", "role=admin").await,
        app.post(browser, "/orgs/acme/settings/members/invite", "role=admin&addresses=new@invited.example").await,
        app.post(browser, &format!("/orgs/acme/settings/invitations/{id}"), "role=admin").await,
        app.json(program, Method::PATCH, "/api/v1/orgs/acme/members/user_max", &admin).await,
        app.json(program, Method::POST, "/api/v1/orgs/acme/invitations", &asked).await,
        app.json(program, Method::PATCH, &format!("/api/v1/orgs/acme/invitations/{id}"), &invited).await,
    ]
}

#[tokio::test]
async fn a_session_of_long_ago_is_asked_to_sign_in_again_and_comes_back() {
    let app = TestApp::start().await;
    for proven in [json!([11, -1]), json!([-1, -1]), json!([-1, 0]), json!(null)] {
        let (browser, program) = ada(&json!({ "fva": proven }));
        let refused = app.get(&browser, EXPORT).await;
        assert_eq!(refused.status, 403, "{proven}");
        for part in [
            "Confirm that it is you",
            "action=\"/sign-out\"",
            "name=\"redirect_url\" value=\"/sign-in?redirect_url=/orgs/acme/settings/audit-log/export\"",
        ] {
            assert!(refused.body.contains(part), "{part} in {}", refused.body);
        }
        for answer in hands_over(&app, &browser, &program).await {
            assert_eq!(answer.status, 403, "{}", answer.body);
            let told = answer.body.contains("\"session_reverification_required\"")
                || answer.body.contains("Sign in again, in a new tab");
            assert!(told, "{}", answer.body);
        }
        assert_eq!(entries(&app, "member.role_changed").await.len(), 0, "{proven}");
        // Everything else goes on.
        assert_eq!(app.get(&browser, "/orgs/acme/settings/audit-log").await.status, 200);
        assert_eq!(app.post(&browser, "/orgs/acme/settings/members/user_max", "role=member").await.status, 303);
    }
    // What was typed is there to be sent again.
    let (browser, _) = ada(&json!({ "fva": [600, -1] }));
    let kept = app.post(&browser, "/orgs/acme/settings/members/user_max", "role=admin").await;
    assert!(
        kept.body.contains("name=\"role\" value=\"admin\"") && kept.body.contains("Send it again"),
        "{}",
        kept.body
    );
    // The way leads over the session's end to sign-in.
    let onward = "redirect_url=%2Fsign-in%3Fredirect_url%3D%2Forgs%2Facme%2Fruns";
    let out = app.post(&browser, "/sign-out", onward).await;
    assert_eq!((out.status.as_u16(), out.header("location")), (303, "/sign-in?redirect_url=/orgs/acme/runs"));
    assert!(out.headers.get_all("set-cookie").iter().all(|line| !line.to_str().unwrap().contains("signed_out")));

    let (browser, _) = ada(&json!({ "fva": [10, -1] }));
    assert_eq!(app.get(&browser, EXPORT).await.status, 200);
    assert_eq!(app.post(&browser, "/orgs/acme/settings/members/user_max", "role=admin").await.status, 303);
}

#[tokio::test]
async fn who_sits_there_is_asked_last_and_tells_outsiders_nothing() {
    let app = TestApp::start().await;
    for more in [json!({ "fva": [11, -1] }), json!({ "act": { "sub": "user_opal" } })] {
        let olga = As::Cookie(token("olga", Some("bolt"), &more));
        assert_eq!(app.get(&olga, EXPORT).await.status, 404);
        assert_eq!(app.get(&olga, "/orgs/nowhere/settings/audit-log/export").await.status, 404);
        let max = app.get(&As::Cookie(token("max", Some("acme"), &more)), EXPORT).await;
        assert_eq!(max.status, 403);
        assert!(max.body.contains("You need audit:read"), "{}", max.body);
    }
    plans::change(&app.world.app, &app.world.acme.id, Plan::parse("team").unwrap()).await.unwrap();
    let (browser, _) = ada(&json!({ "fva": [11, -1] }));
    assert!(app.get(&browser, EXPORT).await.body.contains("Confirm that it is you"));
}

#[test]
fn the_table_names_what_takes_the_person_themselves() {
    let names: Vec<&str> = routes::table().iter().filter(|route| route.in_person).map(|route| route.name).collect();
    assert_eq!(
        names,
        [
            "account.delete",
            "deleted.exports.ask",
            "deleted.export.download",
            "reports.steps",
            "audit_log.export",
            "exports.ask",
            "export.download",
            "deletion.begin",
            "billing.choose",
            "billing.change",
            "billing.portal",
            "billing.keep",
            "billing.email",
            "api.organisation.delete",
            "api.deleted.exports.ask",
            "api.deleted.export.download",
            "api.exports.ask",
            "api.export.download",
            "api.billing.checkout",
            "api.billing.portal",
            "api.billing.keep",
        ]
    );
}
