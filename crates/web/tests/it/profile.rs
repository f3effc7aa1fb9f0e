//! Settings, Profile: name and address are Clerk's, the time zone is ours; an old address leads members on.

use domain::directory::{self, OrganisationRecord};
use http::Method;
use serde_json::{Value, json};

use crate::app::{As, TestApp, request};

const ADA: As = As::Browser("ada", Some("acme"));
const SAVE: &str = "/orgs/acme/settings/profile";

/// Clerk says that Acme is at another address now.
async fn move_acme(app: &TestApp, slug: &str) {
    let record = OrganisationRecord::new(app.world.acme.id.clone(), Some(slug), "The acme company");
    let now = directory::now(&app.world.app).await.unwrap();
    directory::record_organisation(&app.world.app, &record, now).await.unwrap();
}

#[tokio::test]
async fn the_time_zone_is_saved_without_clerk_and_dates_follow_it() {
    let app = TestApp::start().await;
    let saved = app.post(&ADA, SAVE, "name=The+acme+company&slug=acme&time_zone=Asia%2FTokyo").await;
    assert_eq!((saved.status.as_u16(), saved.header("location")), (303, SAVE));
    let page = app.get(&ADA, SAVE).await;
    assert!(page.body.contains(r#"<option value="Asia/Tokyo" selected>Asia/Tokyo (UTC+9)"#), "{}", page.body);
    let procedure = app.world.procedure("ada", &app.world.acme, "opening").await;
    app.world.run("ada", &app.world.acme, procedure, "monday").await;
    let admin = app.world.database.client("postgres").await;
    admin.execute("update tenantry.runs set started_at = '2026-01-01T20:30:00Z'", &[]).await.unwrap();
    let runs = app.get(&ADA, "/orgs/acme/procedures").await;
    assert!(runs.body.contains("<time datetime=\"2026-01-02\">"), "{}", runs.body);
    let (before, after): (serde_json::Value, serde_json::Value) = {
        let sql = "select before, after from tenantry.audit_log where action = 'organisation.changed'";
        let row = admin.query_one(sql, &[]).await.unwrap();
        (row.get(0), row.get(1))
    };
    assert_eq!((before["time_zone"].as_str(), after["time_zone"].as_str()), (Some("UTC"), Some("Asia/Tokyo")));
}

#[tokio::test]
async fn what_is_wrong_is_said_beside_each_field_and_nothing_typed_is_lost() {
    let app = TestApp::start().await;
    app.world.record("olga", &[(&testkit::organisation("taken"), domain::BaseRole::Admin)]).await;
    for (form, words, kept) in [
        ("name=&slug=acme&time_zone=UTC", "Write the organisation", "value=\"acme\""),
        ("name=A%00b&slug=acme&time_zone=UTC", "Remove the control characters", "value=\"acme\""),
        ("name=N&slug=No+Good&time_zone=UTC", "Use small letters", "value=\"No Good\""),
        ("name=N&slug=api&time_zone=UTC", "kept for our own pages", "value=\"api\""),
        ("name=N&slug=acme&time_zone=Mars%2FOlympus", "Choose a time zone", "value=\"N\""),
        ("name=N&slug=acme", "Choose a time zone", "value=\"N\""),
        ("name=N&slug=taken&time_zone=UTC", "taken is taken.", "value=\"taken\""),
    ] {
        let answer = app.post(&ADA, SAVE, form).await;
        assert_eq!(answer.status, 422, "{form}");
        for part in [words, kept, "aria-invalid=\"true\""] {
            assert!(answer.body.contains(part), "{form}: {part} in {}", answer.body);
        }
    }
    // All at once.
    let all = app.post(&ADA, SAVE, &format!("name={}&slug=A_b&time_zone=x", "n".repeat(81))).await;
    assert_eq!(all.body.matches("aria-invalid=\"true\"").count(), 3);
}

#[tokio::test]
async fn a_program_changes_the_same_by_the_same_rules() {
    let app = TestApp::start().await;
    let (ada, path) = (As::Program("ada", Some("acme")), "/api/v1/orgs/acme");
    let change = async |who: &As, body: Value| app.json(who, Method::PATCH, path, &body).await;
    let saved = change(&ada, json!({ "time_zone": "Europe/Berlin" })).await;
    assert_eq!((saved.status.as_u16(), saved.json()), (200, json!({ "slug": "acme" })));
    assert_eq!(app.get(&ada, path).await.json()["time_zone"], "Europe/Berlin");
    for (body, field) in [
        (json!({ "name": "" }), "name"),
        (json!({ "slug": "bolt" }), "slug"),
        (json!({ "time_zone": "Mars" }), "time_zone"),
        (json!({ "plan": "business" }), "plan"),
    ] {
        let refused = change(&ada, body.clone()).await;
        assert_eq!(
            (refused.status.as_u16(), refused.json()["fields"][0]["field"].as_str()),
            (422, Some(field)),
            "{body}"
        );
    }
    assert_eq!(change(&ada, json!({ "name": "Acme Foods" })).await.status, 503, "Clerk does not answer here");
    assert_eq!(change(&As::Program("max", Some("acme")), json!({ "time_zone": "UTC" })).await.status, 403);
}

#[tokio::test]
async fn while_clerk_is_dark_nothing_of_the_form_is_saved() {
    let app = TestApp::in_the_dark().await;
    let answer = app.post(&ADA, SAVE, "name=Acme+Foods&slug=acme&time_zone=Europe%2FBerlin").await;
    assert_eq!(answer.status, 503);
    for kept in ["Clerk, which keeps names and addresses, does not answer", "Acme Foods", "Europe/Berlin\" selected"] {
        assert!(answer.body.contains(kept), "{kept} in {}", answer.body);
    }
    let page = app.get(&ADA, SAVE).await;
    assert!(page.body.contains("value=\"The acme company\"") && page.body.contains("value=\"UTC\" selected"));
}

#[tokio::test]
async fn an_old_address_leads_members_on_and_tells_others_nothing() {
    let app = TestApp::start().await;
    move_acme(&app, "acme-foods").await;
    // A token of a minute ago names the old address; a new one names the new one, or another organisation.
    for who in [ADA, As::Browser("max", Some("acme")), As::Browser("max", None)] {
        let answer = app.get(&who, "/orgs/acme/runs?before=x&y=%2F").await;
        let place = "/orgs/acme-foods/runs?before=x&y=%2F";
        assert_eq!((answer.status.as_u16(), answer.header("location")), (307, place), "{who:?}");
    }
    assert_eq!(app.get(&ADA, "/orgs/acme-foods/runs").await.status, 200);
    let form = app.post(&ADA, "/orgs/acme/procedures", "name=Opening").await;
    assert_eq!((form.status.as_u16(), form.header("location")), (307, "/orgs/acme-foods/procedures"));
    let program = app.get(&As::Program("ada", Some("acme")), "/api/v1/orgs/acme/runs").await;
    assert_eq!((program.status.as_u16(), program.header("location")), (307, "/api/v1/orgs/acme-foods/runs"));
    assert_eq!(app.get(&As::Program("ada", Some("acme")), "/api/v1/orgs/acme-foods/runs").await.status, 200);

    for (who, surface) in [(As::Browser("olga", Some("bolt")), ""), (As::Program("olga", Some("bolt")), "/api/v1")] {
        let old = app.get(&who, &format!("{surface}/orgs/acme/runs")).await;
        let nowhere = app.get(&who, &format!("{surface}/orgs/nowhere/runs")).await;
        assert_eq!(old.status, 404);
        assert_eq!(old.visible().replace("acme", "X"), nowhere.visible().replace("nowhere", "X"));
    }
    // What is not there is not there at the new address either.
    let missing = app.get(&ADA, "/orgs/acme-foods/runs/0190b5d4-0000-7000-8000-000000000001").await;
    assert_eq!(missing.status, 404);
    let admin = app.world.database.client("postgres").await;
    let later = "update tenantry.retired_addresses set retired_at = now() - interval '91 days'";
    admin.execute(later, &[]).await.unwrap();
    assert_eq!(app.get(&ADA, "/orgs/acme/runs").await.status, 404);
}

#[tokio::test]
async fn an_address_that_was_anothers_is_never_given_again() {
    let app = TestApp::start().await;
    move_acme(&app, "acme-foods").await;
    let nadia = As::Browser("nadia", None);
    let created = app.post(&nadia, "/organisations", "name=New&slug=acme").await;
    assert_eq!(created.status, 422);
    assert!(created.body.contains("acme is taken."), "{}", created.body);
    let olga = As::Browser("olga", Some("bolt"));
    let renamed = app.post(&olga, "/orgs/bolt/settings/profile", "name=N&slug=acme&time_zone=UTC").await;
    assert_eq!(renamed.status, 422);
    // One's own may be taken back: that is Clerk's to answer, and it does not here.
    let back = app.post(&ADA, "/orgs/acme-foods/settings/profile", "name=N&slug=acme&time_zone=UTC").await;
    assert_eq!(back.status, 503);
}

#[tokio::test]
async fn a_person_is_written_down_as_seen_without_anybody_waiting() {
    let app = TestApp::start().await;
    let admin = app.world.database.client("postgres").await;
    let seen = async || {
        let sql = "select count(seen_at) from tenantry.memberships where user_id = 'user_max'";
        admin.query_one(sql, &[]).await.unwrap().get::<_, i64>(0)
    };
    assert_eq!(seen().await, 0);
    assert_eq!(app.get(&As::Browser("max", Some("acme")), "/orgs/acme/runs").await.status, 200);
    for _ in 0..100 {
        if seen().await == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(seen().await, 1);
    admin.execute("update tenantry.memberships set seen_at = null", &[]).await.unwrap();
    let ask = request(&As::Program("max", Some("acme")), Method::GET, "/api/v1/orgs/acme/runs");
    assert_eq!(app.send(ask.body("".into()).unwrap()).await.status, 200);
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(seen().await, 0, "not again within five minutes");
}
