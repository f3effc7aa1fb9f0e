//! The end of an organisation as browsers and programs meet it: closing, deleted, and back.

use domain::exports;
use domain::lifecycle::closing;
use http::Method;
use serde_json::json;

use crate::app::{As, TestApp, from_htmx, request};

const ADA: As = As::Browser("ada", Some("acme"));
const MAX: As = As::Browser("max", Some("acme"));
const OLGA: As = As::Browser("olga", Some("bolt"));
const PROGRAM: As = As::Program("ada", Some("acme"));
const DELETE: &str = "/orgs/acme/settings/delete";
const API: &str = "/api/v1/orgs/acme";
const LEFT: &str = "/deleted/org_acme";

/// As the worker ends a plan that there is none of.
async fn comes_to_its_end(app: &TestApp) {
    let (worker, acme) = (app.world.database.worker().await, &app.world.acme.id);
    closing::ending(&worker, acme).await.unwrap();
    closing::ended(&worker, acme, None).await.unwrap();
    closing::delete(&worker, acme, 30).await.unwrap();
}

async fn deleted() -> TestApp {
    let app = TestApp::start().await;
    let asked = app.json(&PROGRAM, Method::DELETE, API, &json!({ "name": "The acme company" })).await;
    assert_eq!((asked.status.as_u16(), asked.json()["state"].as_str()), (202, Some("closing")));
    comes_to_its_end(&app).await;
    app
}

#[tokio::test]
async fn another_name_deletes_nothing_and_says_which_is_wanted() {
    let app = TestApp::start().await;
    for typed in ["", "The bolt company", "the acme company", "The acme company!"] {
        let page = app.post(&ADA, DELETE, &format!("name={typed}")).await;
        assert_eq!(page.status, 422);
        assert!(page.body.contains("Type the name as it stands here: The acme company"), "{}", page.body);
        let told = app.json(&PROGRAM, Method::DELETE, API, &json!({ "name": typed })).await;
        assert_eq!((told.status.as_u16(), told.json()["fields"][0]["field"].as_str()), (422, Some("name")));
    }
    let unknown = app.json(&PROGRAM, Method::DELETE, API, &json!({ "name": "The acme company", "now": true })).await;
    assert!(unknown.status.is_client_error() && unknown.body.contains("now"), "{}", unknown.body);
    assert!(app.get(&ADA, DELETE).await.body.contains("Delete The acme company?"));
    assert_eq!(app.post(&MAX, DELETE, "name=The+acme+company").await.status, 403);
    assert_eq!(app.post(&OLGA, DELETE, "name=The+acme+company").await.status, 404);
}

#[tokio::test]
async fn while_it_closes_everything_is_read_nothing_is_changed_and_it_can_be_kept() {
    let app = TestApp::start().await;
    assert_eq!(app.post(&ADA, DELETE, "name=The+acme+company").await.status, 303);
    let page = app.get(&MAX, "/orgs/acme/runs").await;
    assert!(page.status.is_success() && page.body.contains("This organisation is being deleted."), "{}", page.body);
    assert!(!page.body.contains("/orgs/acme/settings/delete"), "a member can do nothing about it");
    for (who, path, form) in [
        (&ADA, "/orgs/acme/procedures", "name=More"),
        (&ADA, "/orgs/acme/settings/profile", "name=Other&slug=acme&time_zone=UTC"),
        (&ADA, "/orgs/acme/settings/billing/plan", "price=tenantry_team_monthly"),
    ] {
        let refused = app.post(who, path, form).await;
        assert_eq!(refused.status, 409, "{path}: {}", refused.body);
        assert!(refused.body.contains("being deleted"), "{path}: {}", refused.body);
    }
    let told = app.json(&PROGRAM, Method::POST, "/api/v1/orgs/acme/procedures", &json!({ "name": "More" })).await;
    assert_eq!((told.status.as_u16(), told.json()["code"].as_str()), (409, Some("organisation_closing")));
    // What there is can be taken along, by whom it could before.
    assert!(app.get(&ADA, DELETE).await.body.contains("/orgs/acme/settings/export"));
    assert_eq!(app.post(&MAX, "/orgs/acme/settings/export", "").await.status, 403);
    assert_eq!(app.post(&ADA, "/orgs/acme/settings/export", "").await.status, 303);
    assert_eq!(app.json(&PROGRAM, Method::POST, "/api/v1/orgs/acme/keep", &json!({})).await.status, 204);
    assert_eq!(app.post(&ADA, "/orgs/acme/procedures", "name=More").await.status, 303);
}

#[tokio::test]
async fn a_deleted_one_is_told_to_those_who_belonged_there_on_every_surface() {
    let app = deleted().await;
    for who in [&ADA, &MAX] {
        let led = app.get(who, "/orgs/acme/runs").await;
        assert_eq!((led.status.as_u16(), led.header("location")), (303, LEFT));
        let part = request(who, Method::GET, "/orgs/acme/runs").body(axum::body::Body::empty()).unwrap();
        assert_eq!(app.send(from_htmx(part)).await.header("hx-redirect"), LEFT);
        assert_eq!(app.post(who, "/orgs/acme/runs", "name=More").await.status, 410);
        let left = app.get(who, LEFT).await;
        assert_eq!(left.status, 410);
        assert!(left.body.contains("30 days left to restore it"), "{}", left.body);
        assert!(app.get(who, "/organisations").await.body.contains(LEFT));
    }
    assert!(app.get(&ADA, LEFT).await.body.contains("/deleted/org_acme/restore"));
    assert!(!app.get(&MAX, LEFT).await.body.contains("/deleted/org_acme/restore"));
    let told = app.get(&PROGRAM, "/api/v1/orgs/acme/runs").await;
    assert_eq!((told.status.as_u16(), told.json()["code"].as_str()), (410, Some("organisation_deleted")));
    let left = app.get(&PROGRAM, "/api/v1/deleted/org_acme").await.json();
    assert_eq!((left["days_left"].as_i64(), left["may_restore"].as_bool()), (Some(30), Some(true)));
}

#[tokio::test]
async fn whoever_did_not_belong_there_finds_what_they_find_where_nothing_is() {
    let app = deleted().await;
    for path in ["/orgs/{}/runs", "/deleted/org_{}"] {
        let (theirs, nowhere) = (path.replace("{}", "acme"), path.replace("{}", "nowhere"));
        let (seen, nothing) = (app.get(&OLGA, &theirs).await, app.get(&OLGA, &nowhere).await);
        assert_eq!(seen.status, 404, "{theirs}");
        assert_eq!(seen.visible().replace("acme", "nowhere"), nothing.visible(), "{theirs}");
    }
    for path in ["/deleted/org_acme/restore", "/deleted/org_nowhere/restore", "/deleted/nonsense/restore"] {
        assert_eq!(app.post(&OLGA, path, "").await.status, 404, "{path}");
    }
    for path in ["/deleted/nonsense", "/deleted/org_", "/deleted/user_ada", "/deleted/org_%27", "/deleted/org_bolt"] {
        assert_eq!(app.get(&OLGA, path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn an_admin_brings_it_back_and_a_member_does_not() {
    let app = deleted().await;
    assert_eq!(app.post(&MAX, "/deleted/org_acme/restore", "").await.status, 403);
    let back = app.post(&ADA, "/deleted/org_acme/restore", "").await;
    assert_eq!((back.status.as_u16(), back.header("location")), (303, "/orgs/acme/settings/billing"));
    assert!(app.get(&MAX, "/orgs/acme/runs").await.status.is_success());
    // A second click comes to the same.
    assert_eq!(app.post(&ADA, "/deleted/org_acme/restore", "").await.status, 303);
    let again = app.json(&PROGRAM, Method::POST, "/api/v1/deleted/org_acme/restore", &json!({})).await;
    assert_eq!(again.json(), json!({ "slug": "acme" }));
    assert_eq!(app.get(&ADA, LEFT).await.status, 404);
}

/// What the worker does about the one that was asked for; gives the address of its file.
async fn made(app: &TestApp) -> String {
    let admin = app.world.database.client("postgres").await;
    let asked = "select id::text from tenantry.exports where organisation_id = 'org_acme' and state = 'asked'";
    let id: String = admin.query_one(asked, &[]).await.unwrap().get(0);
    let worker = app.world.database.worker().await;
    exports::make(&worker, &app.world.files, &app.world.acme.id, id.parse().unwrap(), 1).await.unwrap();
    id
}

#[tokio::test]
async fn admins_take_the_data_of_a_deleted_one_along() {
    let app = deleted().await;
    assert!(app.get(&ADA, LEFT).await.body.contains("/deleted/org_acme/export"));
    let page = app.get(&ADA, "/deleted/org_acme/export").await;
    assert!(page.status.is_success() && page.body.contains("No export yet"), "{}", page.body);
    let asked = app.post(&ADA, "/deleted/org_acme/export", "").await;
    assert_eq!((asked.status.as_u16(), asked.header("location")), (303, "/deleted/org_acme/export"), "{}", asked.body);
    assert_eq!(app.post(&ADA, "/deleted/org_acme/export", "").await.status, 409, "one at a time");
    let file = format!("/deleted/org_acme/export/{}/file", made(&app).await);
    assert!(app.get(&ADA, "/deleted/org_acme/export").await.body.contains(&file));
    let taken = app.get(&ADA, &file).await;
    assert_eq!((taken.status.as_u16(), taken.header("content-type")), (200, "application/zip"));
    let part = request(&ADA, Method::GET, &file).header("range", "bytes=0-1").body(axum::body::Body::empty()).unwrap();
    let part = app.send(part).await;
    assert_eq!((part.status.as_u16(), part.body.as_str()), (206, "PK"));
    // Programs too.
    let asked = app.json(&PROGRAM, Method::POST, "/api/v1/deleted/org_acme/exports", &json!({})).await;
    assert_eq!(asked.status, 201, "{}", asked.body);
    let id = made(&app).await;
    assert_eq!(asked.header("location"), format!("/api/v1/deleted/org_acme/exports/{id}"));
    let shown = app.get(&PROGRAM, asked.header("location")).await.json();
    assert_eq!((shown["state"].as_str(), shown["asked_by_name"].as_str()), (Some("ready"), Some("ada")));
    let listed = app.get(&PROGRAM, "/api/v1/deleted/org_acme/exports").await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    assert_eq!(app.get(&PROGRAM, &format!("{}/file", asked.header("location"))).await.status, 200);
    // All of it stands in the log of the organisation, for when it is back.
    let admin = app.world.database.client("postgres").await;
    let log = "select string_agg(action || ' ' || actor_name, ', ' order by sequence) from tenantry.audit_log where action like 'export.%'";
    let log: String = admin.query_one(log, &[]).await.unwrap().get(0);
    let took =
        "export.asked ada, export.downloaded ada, export.downloaded ada, export.asked ada, export.downloaded ada";
    assert_eq!(log, took);
    // It is restored: the file is where it was made for, and the other address is nobody's.
    assert_eq!(app.post(&ADA, "/deleted/org_acme/restore", "").await.status, 303);
    assert_eq!(app.get(&ADA, &file).await.status, 404);
    assert_eq!(app.get(&ADA, &file.replace("/deleted/org_acme", "/orgs/acme/settings")).await.status, 200);
}

#[tokio::test]
async fn nobody_else_takes_it_and_nobody_once_it_is_over() {
    let app = deleted().await;
    assert_eq!(app.post(&ADA, "/deleted/org_acme/export", "").await.status, 303);
    let id = made(&app).await;
    let pages = ["/deleted/org_acme/export".to_owned(), format!("/deleted/org_acme/export/{id}/file")];
    let api = "/api/v1/deleted/org_acme/exports";
    let calls = [api.to_owned(), format!("{api}/{id}"), format!("{api}/{id}/file")];
    // As if nothing were there, for a member as for a stranger, whatever address one makes up.
    let outside = async |name: &'static str, at: &'static str| {
        for path in &pages {
            assert_eq!(app.get(&As::Browser(name, Some(at)), path).await.status, 404, "{name} {path}");
        }
        for path in &calls {
            assert_eq!(app.get(&As::Program(name, Some(at)), path).await.status, 404, "{name} {path}");
        }
        assert_eq!(app.post(&As::Browser(name, Some(at)), &pages[0], "").await.status, 404, "{name}");
        let asked = app.json(&As::Program(name, Some(at)), Method::POST, api, &json!({})).await;
        assert_eq!(asked.status, 404, "{name}");
    };
    outside("max", "acme").await;
    outside("olga", "bolt").await;
    for path in ["/deleted/org_bolt/export", "/deleted/nonsense/export", "/deleted/org_/export"] {
        assert_eq!(app.get(&ADA, path).await.status, 404, "{path}");
        assert_eq!(
            app.post(&OLGA, path, "").await.status,
            404,
            "{path}: an organisation that lives has a door of its own"
        );
    }
    let foreign = app.world.export(&app.world.bolt).await;
    assert_eq!(app.get(&ADA, &format!("/deleted/org_acme/export/{foreign}/file")).await.status, 404);
    assert!(app.get(&As::Nobody, &pages[0]).await.status.is_redirection(), "to sign in");
    assert!(!app.get(&MAX, LEFT).await.body.contains(&pages[0]));
    // Whoever is no admin any more, and everybody once its time is over.
    let admin = app.world.database.client("postgres").await;
    let ada = "update tenantry.memberships set role = $1 where user_id = 'user_ada' and organisation_id = 'org_acme'";
    admin.execute(ada, &[&"member"]).await.unwrap();
    outside("ada", "acme").await;
    admin.execute(ada, &[&"admin"]).await.unwrap();
    assert_eq!(app.get(&ADA, &pages[1]).await.status, 200);
    let over = "update tenantry.organisations set erase_at = now() where id = 'org_acme'";
    admin.execute(over, &[]).await.unwrap();
    outside("ada", "acme").await;
    assert!(!app.get(&ADA, LEFT).await.body.contains(&pages[0]));
}

/// A link from a mail or a backup of one that is gone at Clerk, whose plan is still being ended.
#[tokio::test]
async fn what_is_gone_at_clerk_can_be_taken_along() {
    let app = TestApp::start().await;
    let admin = app.world.database.client("postgres").await;
    let gone = "update tenantry.organisations set deleted_at = now(), gone_at_clerk = true where id = 'org_acme'";
    admin.execute(gone, &[]).await.unwrap();
    assert_eq!(app.post(&ADA, "/deleted/org_acme/export", "").await.status, 303);
    let file = format!("/deleted/org_acme/export/{}/file", made(&app).await);
    assert_eq!(app.get(&ADA, &file).await.status, 200);
}
