//! What an invitation's link leads to, for everybody who may follow it.

use domain::{BaseRole, Plan, Read, directory, plans};
use http::Method;
use serde_json::{Value, json};

use crate::app::{As, TestApp, request};

const NADIA: As = As::Browser("nadia", None);

async fn offered(app: &TestApp, name: &str, role: BaseRole) -> String {
    let id = app.world.invite("ada", &app.world.acme, name, role).await;
    format!("/invitations/org_acme/{id}")
}

async fn execute(app: &TestApp, sql: &str) {
    app.world.database.client("postgres").await.batch_execute(sql).await.unwrap();
}

#[tokio::test]
async fn strangers_see_who_invites_whom_and_the_way_in() {
    let app = TestApp::start().await;
    let at = offered(&app, "nadia", BaseRole::Member).await;
    let page = app.get(&As::Nobody, &at).await;
    assert_eq!(page.status, 200);
    for shown in
        ["The acme company", "ada invites", "nadia@example.test", "Member, Report-viewer", "/sign-in?redirect_url="]
    {
        assert!(page.body.contains(shown), "{shown} in {}", page.body);
    }
    // With Clerk's ticket the way leads to Clerk's page, and from there back to this one.
    let new = request(&As::Nobody, Method::GET, &format!("{at}?__clerk_ticket=tkt%26x&__clerk_status=sign_up"));
    let met = new.header("cookie", "__clerk_db_jwt=dvb_test; __client_uat=0");
    let new = app.send(met.body("".into()).unwrap()).await;
    assert!(
        new.body.contains("http://localhost:3001/sign-up?__clerk_ticket=tkt%26x&#38;redirect_url=http%3A%2F%2Flocalhost%3A3000%2Finvitations%2Forg_acme%2F"),
        "{} {}", new.status, new.body
    );
    assert!(!new.body.contains("tkt&x"), "the ticket stays one value");
}

/// Nothing is made for it either: a lock would be a row of an organisation that is not there.
#[tokio::test]
async fn an_invitation_of_an_organisation_that_does_not_exist_is_not_found() {
    let app = TestApp::start().await;
    let id = app.world.invite("ada", &app.world.acme, "nadia", BaseRole::Member).await;
    let program = As::Program("nadia", None);
    let nowhere =
        [format!("org_nowhere/{id}"), format!("org_acme/{}", uuid::Uuid::now_v7()), "nothing/at-all".to_owned()];
    for at in nowhere {
        for answer in ["accept", "decline"] {
            let page = app.post(&NADIA, &format!("/invitations/{at}/{answer}"), "").await;
            assert_eq!(page.status, 404, "{at} {answer}: {}", page.body);
            let json =
                app.json(&program, Method::POST, &format!("/api/v1/invitations/{at}/{answer}"), &Value::Null).await;
            assert_eq!((json.status.as_u16(), &json.json()["code"]), (404, &json!("not_found")), "{at} {answer}");
        }
    }
    let admin = app.world.database.client("postgres").await;
    let sql = "select count(*) from tenantry.audit_heads where organisation_id = 'org_nowhere'";
    assert_eq!(admin.query_one(sql, &[]).await.unwrap().get::<_, i64>(0), 0);
    // The one that is there still is.
    assert_eq!(app.post(&NADIA, &format!("/invitations/org_acme/{id}/accept"), "").await.status, 303);
}

#[tokio::test]
async fn whoever_is_invited_joins_with_all_their_roles_and_once() {
    let app = TestApp::start().await;
    let at = offered(&app, "nadia", BaseRole::Member).await;
    let page = app.get(&NADIA, &at).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Join The acme company") && page.body.contains("Decline"), "{}", page.body);
    let list = app.get(&NADIA, "/organisations").await.body;
    assert!(list.contains("You are invited to") && list.contains(&format!("{at}/accept")));

    let joined = app.post(&NADIA, &format!("{at}/accept"), "").await;
    assert_eq!((joined.status.as_u16(), joined.header("location")), (303, "/orgs/acme/my-work"));
    let (access, ()) = app.world.org("nadia", &app.world.acme).read(Read::access_only()).await.unwrap();
    assert_eq!((access.role, access.custom_roles.len()), (BaseRole::Member, 1));
    // The link still leads there, and accepting again is harmless.
    let again = app.get(&NADIA, &at).await;
    assert_eq!((again.status.as_u16(), again.header("location")), (303, "/orgs/acme"));
    assert_eq!(app.post(&NADIA, &format!("{at}/accept"), "").await.status, 303);
}

/// Between the answer and the page there may be redirects: what is to be said waits for the page.
#[tokio::test]
async fn what_was_done_is_said_on_the_page_that_a_redirect_leads_to() {
    let app = TestApp::start().await;
    let ask = async |path: &str| {
        let mut ask = request(&As::Browser("max", Some("acme")), Method::GET, path).body("".into()).unwrap();
        let cookies = format!("{}; flash=joined", ask.headers()["cookie"].to_str().unwrap());
        ask.headers_mut().insert("cookie", cookies.parse().unwrap());
        let answer = app.send(ask).await;
        let forgets = answer.headers.get_all("set-cookie").iter().any(|one| one.as_bytes().starts_with(b"flash=;"));
        (answer.status.as_u16(), forgets, answer.body.contains("You belong to this organisation now"))
    };
    assert_eq!(ask("/orgs/acme").await, (303, false, false));
    assert_eq!(ask("/orgs/acme/runs").await, (200, true, true));
}

#[tokio::test]
async fn a_member_of_another_organisation_answers_from_the_switcher_and_stays_where_they_are() {
    let app = TestApp::start().await;
    let at = offered(&app, "olga", BaseRole::Admin).await;
    let olga = As::Browser("olga", Some("bolt"));
    let page = app.get(&olga, "/orgs/bolt/runs").await.body;
    assert!(page.contains(&format!("{at}/accept")) && page.contains("As admin, from ada"), "{page}");
    let declined = app.post(&olga, &format!("{at}/decline"), "").await;
    assert_eq!(declined.status, 303);
    assert!(!app.get(&olga, "/orgs/bolt/runs").await.body.contains(&at));
    let page = app.get(&olga, &at).await;
    assert_eq!(page.status, 410);
    assert!(page.body.contains("You declined this invitation"));
    assert_eq!(app.post(&olga, &format!("{at}/accept"), "").await.status, 409);
    assert_eq!(app.get(&olga, "/orgs/bolt/runs").await.status, 200);
}

#[tokio::test]
async fn another_account_is_told_whose_it_is_and_cannot_answer() {
    let app = TestApp::start().await;
    let at = offered(&app, "nadia", BaseRole::Member).await;
    let olga = As::Browser("olga", Some("bolt"));
    let page = app.get(&olga, &at).await;
    assert_eq!(page.status, 200);
    for shown in ["nadia@example.test", "olga@example.test", "Sign out and use the other account"] {
        assert!(page.body.contains(shown), "{shown}");
    }
    for answer in ["accept", "decline"] {
        assert_eq!(app.post(&olga, &format!("{at}/{answer}"), "").await.status, 404, "{answer}");
    }
    // Signed out by the button, they are back at the invitation.
    let out = app.post(&olga, "/sign-out", &format!("redirect_url={at}")).await;
    assert_eq!((out.status.as_u16(), out.header("location")), (303, at.as_str()));
    let elsewhere = app.post(&As::Nobody, "/sign-out", "redirect_url=https%3A%2F%2Fevil.example").await;
    assert_eq!(elsewhere.header("location"), "/");
    assert_eq!(app.get(&NADIA, &at).await.status, 200);
}

/// Ended or never there: outsiders cannot tell, whoever was invited can.
#[tokio::test]
async fn what_has_ended_looks_unknown_to_outsiders_and_is_named_to_its_addressee() {
    let app = TestApp::start().await;
    let at = offered(&app, "nadia", BaseRole::Member).await;
    let unknown = "/invitations/org_acme/0190b5d4-0000-7000-8000-000000000005";
    let olga = As::Browser("olga", Some("bolt"));
    let nowhere = [app.get(&As::Nobody, unknown).await, app.get(&olga, unknown).await];
    for (sql, words, code) in [
        ("update tenantry.invitations set expires_at = now() - interval '1 day'", "has expired", "invitation_expired"),
        (
            "update tenantry.invitations set expires_at = now() + interval '1 day', state = 'revoked', ended_at = now()",
            "was taken back",
            "invitation_revoked",
        ),
        (
            "update tenantry.invitations set state = 'pending', ended_at = null;
             update tenantry.organisations set deleted_at = now() where id = 'org_acme'",
            "was deleted",
            "organisation_deleted",
        ),
    ] {
        execute(&app, sql).await;
        for (who, nothing) in [(&As::Nobody, &nowhere[0]), (&olga, &nowhere[1])] {
            let seen = app.get(who, &at).await;
            assert_eq!(seen.status, 404, "{words}");
            let id = at.rsplit('/').next().unwrap();
            let expected = nothing.visible().replace("0190b5d4-0000-7000-8000-000000000005", id);
            assert_eq!(seen.visible(), expected, "{words}");
        }
        let told = app.get(&NADIA, &at).await;
        assert_eq!(told.status, 410, "{words}");
        assert!(told.body.contains(words), "{words}: {}", told.body);
        let refused = app.post(&NADIA, &format!("{at}/accept"), "").await;
        assert_eq!(refused.status, 409, "{words}");
        let api = format!("/api/v1{at}/accept");
        let refused = app.json(&As::Program("nadia", Some("bolt")), Method::POST, &api, &Value::Null).await;
        assert_eq!((refused.status.as_u16(), refused.json()["code"].as_str()), (409, Some(code)));
    }
}

#[tokio::test]
async fn a_member_and_whoever_finds_no_place_are_told_so() {
    let app = TestApp::start().await;
    let at = offered(&app, "nadia", BaseRole::Member).await;
    // The plan has become smaller since.
    plans::change(&app.world.app, &app.world.acme.id, Plan::FREE).await.unwrap();
    let full = app.post(&NADIA, &format!("{at}/accept"), "").await;
    assert_eq!(full.status, 403);
    assert!(full.body.contains("No place is left in The acme company") && full.body.contains("follow its link again"));
    // Clerk let them in all the same: they wait, and both pages say so.
    app.world.record("nadia", &[(&app.world.acme, BaseRole::Member)]).await;
    let waiting = app.get(&NADIA, &at).await.body;
    assert!(waiting.contains("as soon as there is a place"), "{waiting}");
    assert!(app.get(&NADIA, "/organisations").await.body.contains("has no place for you yet"));
    plans::change(&app.world.app, &app.world.acme.id, Plan::parse("business").unwrap()).await.unwrap();
    assert_eq!(app.get(&NADIA, &at).await.header("location"), "/orgs/acme");

    // A member is invited at another address of theirs.
    let id = app.world.invite("ada", &app.world.acme, "second", BaseRole::Admin).await;
    execute(
        &app,
        "update tenantry.users set addresses = addresses || array['second@example.test'] where id = 'user_max'",
    )
    .await;
    let max = As::Browser("max", Some("acme"));
    let at = format!("/invitations/org_acme/{id}");
    let there = app.get(&max, &at).await;
    assert!(there.body.contains("You belong to The acme company already") && there.body.contains("as Member"));
    let program = As::Program("max", Some("acme"));
    let refused = app.json(&program, Method::POST, &format!("/api/v1{at}/accept"), &Value::Null).await;
    assert_eq!((refused.status.as_u16(), refused.json()["code"].as_str()), (409, Some("already_a_member")));
    assert_eq!(app.world.org("max", &app.world.acme).read(Read::access_only()).await.unwrap().0.role, BaseRole::Member);
}

#[tokio::test]
async fn programs_answer_invitations_too() {
    let app = TestApp::start().await;
    let at = offered(&app, "olga", BaseRole::Member).await;
    let olga = As::Program("olga", Some("bolt"));
    let me = app.get(&olga, "/api/v1/me").await.json();
    assert_eq!(
        (&me["invitations"][0]["organisation"], &me["invitations"][0]["invited_by"]),
        (&json!("org_acme"), &json!("ada"))
    );
    let joined = app.json(&olga, Method::POST, &format!("/api/v1{at}/accept"), &Value::Null).await;
    assert_eq!((joined.status.as_u16(), &joined.json()["organisation"]), (200, &json!("acme")));
    let max = As::Program("max", Some("acme"));
    let foreign = app.json(&max, Method::POST, &format!("/api/v1{at}/decline"), &Value::Null).await;
    assert_eq!(foreign.status, 404);
    let home = directory::person(&app.world.app, &testkit::user("olga"), None).await.unwrap().unwrap();
    assert_eq!(home.organisations.len(), 2);
}
