//! Settings, audit log: who did what, found again, as a file, and whether it is as it was written.

use domain::{Plan, audit_log, plans};
use serde_json::json;

use crate::app::{As, TestApp};
use crate::roles::{refusals, role};

const ADA: As = As::Browser("ada", Some("acme"));
const PAGE: &str = "/orgs/acme/settings/audit-log";
const API: &str = "/api/v1/orgs/acme/audit-log";
const PROGRAM: As = As::Program("ada", Some("acme"));

async fn verify(app: &TestApp) {
    audit_log::verify(&app.world.database.worker().await, &app.world.acme.id).await.unwrap();
}

/// Entries that nobody made, chained as any others.
async fn more(app: &TestApp, count: i32, name: &str) {
    let admin = app.world.database.client("postgres").await;
    let sql = "insert into tenantry.audit_log (organisation_id, actor_kind, actor_id, actor_name, action, outcome, object_name)
               select 'org_acme', 'member', 'user_max', 'max', 'run.looked_at', 'done', $2 from generate_series(1, $1)";
    admin.execute(sql, &[&count, &name]).await.unwrap();
}

#[tokio::test]
async fn entries_say_who_did_what_and_what_it_was_before() {
    let app = TestApp::start().await;
    let id = role(&app, "Shift lead", &["runs:work"], &["max"]).await;
    let changed = "name=Shift+lead&permission=runs%3Awork&permission=reports%3Aread";
    app.post(&ADA, &format!("/orgs/acme/settings/roles/{id}"), changed).await;
    let page = app.get(&ADA, PAGE).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Changed the role Shift lead") && page.body.contains("Changed the custom roles of max"));
    assert!(
        page.body
            .contains("<del>Start runs and work on them</del> → <ins>Start runs and work on them, See reports</ins>")
            || page.body.contains("<ins>See reports, Start runs and work on them</ins>"),
        "{}",
        page.body
    );
    let newest = &app.get(&PROGRAM, API).await.json()["items"][0];
    assert_eq!((&newest["action"], &newest["object_id"]), (&json!("role.changed"), &json!(id)));
    assert_eq!(newest["before"]["permissions"], json!(["runs:work"]));
    assert_eq!(newest["actor_id"], "user_ada");
    for name in ["max", "rita", "ben"] {
        assert_eq!(app.get(&As::Browser(name, Some("acme")), PAGE).await.status, 403, "{name}");
    }
}

#[tokio::test]
async fn filters_and_pages_go_together() {
    let app = TestApp::start().await;
    role(&app, "Shift lead", &["runs:work"], &[]).await;
    more(&app, 60, "Monday").await;
    let page = app.get(&ADA, &format!("{PAGE}?actor=user_max")).await;
    let link = page.body.split("href=\"").find_map(|rest| {
        let (href, after) = rest.split_once('"')?;
        after.starts_with(">Older<").then(|| href.replace("&#38;", "&").replace("&amp;", "&"))
    });
    let link = link.expect("a link to what is older");
    assert!(link.starts_with(&format!("{PAGE}?actor=user_max&before=")), "{link}");
    let older = app.get(&ADA, &link).await;
    assert_eq!(older.body.matches("run.looked_at Monday").count(), 10);
    assert!(older.body.contains(">Newest<") && !older.body.contains(">Older<"));
    assert_eq!(page.body.matches("<tr role=\"row\" id=\"entry-").count(), 50);

    let by_role = app.get(&ADA, &format!("{PAGE}?action=role")).await;
    assert!(by_role.body.contains("Made the role Shift lead") && !by_role.body.contains("Monday"));
    assert!(by_role.body.contains("<option value=\"role\" selected>Roles</option>"));
    let nothing = app.get(&ADA, &format!("{PAGE}?until=2001-01-01")).await;
    assert!(nothing.body.contains("No entry fits") && nothing.body.contains("Clear all filters"));
    for (field, text) in
        [("from", "yesterday"), ("until", "2026-13-01"), ("before", "x"), ("outcome", "maybe"), ("action", "A B")]
    {
        let query = format!("?{field}={}", text.replace(' ', "%20"));
        let answer = app.get(&PROGRAM, &format!("{API}{query}")).await;
        assert_eq!(answer.status, 422, "{query}");
        assert_eq!(answer.json()["fields"][0]["field"], field);
        assert_eq!(app.get(&ADA, &format!("{PAGE}{query}")).await.status, 422, "{query}");
        // Whoever may not read it learns nothing about filters either.
        assert_eq!(app.get(&As::Program("rita", Some("acme")), &format!("{API}{query}")).await.status, 403, "{query}");
    }
    let first = app.get(&PROGRAM, &format!("{API}?actor=user_max")).await.json();
    let before = first["older"].as_str().unwrap();
    let second = app.get(&PROGRAM, &format!("{API}?actor=user_max&before={before}")).await.json();
    assert_eq!((first["items"].as_array().unwrap().len(), second["items"].as_array().unwrap().len()), (50, 10));
    assert_eq!(second["older"], json!(null));
}

#[tokio::test]
async fn what_was_refused_stands_in_it() {
    let app = TestApp::start().await;
    app.get(&As::Browser("max", Some("acme")), "/orgs/acme/settings/roles/new").await;
    refusals(&app, 1).await;
    let page = app.get(&ADA, &format!("{PAGE}?outcome=refused")).await;
    assert!(page.body.contains("Tried what needs roles:manage (roles.new)"), "{}", page.body);
    assert!(page.body.contains("pill-danger"));
}

#[tokio::test]
async fn the_page_says_whether_the_log_is_as_it_was_written() {
    let app = TestApp::start().await;
    assert!(app.get(&ADA, PAGE).await.body.contains("They are checked once a day; that has not happened yet."));
    verify(&app).await;
    more(&app, 2, "Monday").await;
    let page = app.get(&ADA, PAGE).await;
    assert!(page.body.contains("are as they were written, 2 came since."), "{}", page.body);
    let admin = app.world.database.client("postgres").await;
    // Past the trigger that lets nobody rewrite an entry.
    admin.batch_execute("set session_replication_role = replica").await.unwrap();
    admin.execute("update tenantry.audit_log set actor_id = 'user_rita' where sequence = 2", &[]).await.unwrap();
    verify(&app).await;
    let page = app.get(&ADA, PAGE).await;
    assert!(page.body.contains("Entry 2 does not fit the ones before it."));
    assert_eq!(app.get(&PROGRAM, API).await.json()["verification"]["broken_at"], 2);
}

#[tokio::test]
async fn the_file_is_a_sheet_that_runs_nothing() {
    let app = TestApp::start().await;
    more(&app, 1, "=HYPERLINK(\"http://evil.example\",\"a, b\")").await;
    more(&app, 60, "Monday").await;
    let file = app.get(&ADA, &format!("{PAGE}/export?actor=user_max")).await;
    assert_eq!(file.status, 200);
    assert!(file.header("content-type").starts_with("text/csv"), "{}", file.header("content-type"));
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"audit-log-acme.csv\"");
    let lines: Vec<&str> = file.body.split("\r\n").collect();
    assert!(lines[0].starts_with("sequence,happened_at,actor_kind,actor_id,"));
    assert_eq!(lines.len(), 1 + 61 + 1, "the head, all entries and not a page of them, and the end");
    assert!(lines[61].contains(",\"'=HYPERLINK(\"\"http://evil.example\"\",\"\"a, b\"\")\","), "{}", lines[61]);
    assert_eq!(app.get(&ADA, &format!("{PAGE}/export?from=nonsense")).await.status, 422);

    plans::change(&app.world.app, &app.world.acme.id, Plan::parse("team").unwrap()).await.unwrap();
    let refused = app.get(&ADA, &format!("{PAGE}/export")).await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("is not in the Team plan. Move to the Business plan"));
    assert!(app.get(&ADA, PAGE).await.body.contains("aria-describedby=\"export-why\""));
}
