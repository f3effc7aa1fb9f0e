//! Reports: seen by whoever may, told in figures, files and JSON, as far back as the plan goes.

use domain::{Plan, plans, runs, steps};
use serde_json::json;

use crate::app::{As, TestApp};

const ADA: As = As::Browser("ada", Some("acme"));
const RITA: As = As::Browser("rita", Some("acme"));
const PAGE: &str = "/orgs/acme/reports";
const API: &str = "/api/v1/orgs/acme/reports";
const PROGRAM: As = As::Program("rita", Some("acme"));

/// A run whose first step was done by Max, and too late, and whose second is overdue; of a procedure that is called so.
async fn work(app: &TestApp, procedure: &str) {
    let id = app.world.procedure("ada", &app.world.acme, procedure).await;
    let run = app.world.run("ada", &app.world.acme, id, procedure).await;
    let max = app.world.org("max", &app.world.acme);
    let (_, shown) = max.read(runs::show(run)).await.unwrap();
    let admin = app.world.database.client("postgres").await;
    admin.batch_execute("update tenantry.steps set due_at = now() - interval '1 hour'").await.unwrap();
    let mut tx = max.write().await.unwrap();
    steps::tick(&mut tx, run, shown.steps[0].id).await.unwrap();
    tx.commit().await.unwrap();
}

async fn plan(app: &TestApp, plan: &str) {
    plans::change(&app.world.app, &app.world.acme.id, Plan::parse(plan).unwrap()).await.unwrap();
}

#[tokio::test]
async fn whoever_may_not_see_reports_does_not_see_that_there_are_any() {
    let app = TestApp::start().await;
    let link = "href=\"/orgs/acme/reports\"";
    for (who, sees) in [("ada", true), ("rita", true), ("max", false), ("ben", false)] {
        let browser = As::Browser(who, Some("acme"));
        assert_eq!(app.get(&browser, "/orgs/acme/my-work").await.body.contains(link), sees, "{who}");
        for path in [PAGE, "/orgs/acme/reports/people.csv", "/orgs/acme/reports/steps.csv"] {
            let answer = app.get(&browser, path).await;
            assert_eq!(answer.status, if sees { 200 } else { 403 }, "{who} {path}: {}", answer.body);
        }
        let program = As::Program(who, Some("acme"));
        assert_eq!(app.get(&program, API).await.status, if sees { 200 } else { 403 }, "{who}");
    }
}

#[tokio::test]
async fn the_page_the_files_and_the_figures_say_the_same() {
    let app = TestApp::start().await;
    plan(&app, "business").await;
    let empty = app.get(&RITA, PAGE).await;
    assert!(empty.body.contains("Nothing to report yet"), "{}", empty.body);
    work(&app, "=1+1").await;
    let page = app.get(&RITA, PAGE).await;
    assert!(page.body.contains("0 of 2 steps in time."), "{}", page.body);
    assert!(page.body.contains("All 2 late steps are in =1+1."), "{}", page.body);
    assert!(page.body.len() < 100_000 && !page.body.contains("style="));

    let figures = app.get(&PROGRAM, &format!("{API}?period=4-weeks")).await.json();
    assert_eq!(figures["steps"], json!({ "due": 2, "on_time": 0, "late": 2, "open": 1, "skipped": 0 }));
    assert_eq!(figures["slices"].as_array().unwrap().len(), 4);
    assert_eq!(figures["people"][0]["name"], "ada");
    let procedure = figures["procedures"][0]["id"].as_str().unwrap();

    let sheet = async |name: &str| {
        let file = app.get(&ADA, &format!("{PAGE}/{name}.csv?period=4-weeks&procedure={procedure}")).await;
        assert_eq!(file.status, 200, "{}", file.body);
        assert!(file.header("content-type").starts_with("text/csv; charset=utf-8"));
        let saved = file.header("content-disposition").to_owned();
        assert!(saved.starts_with("attachment; filename=\"reports-acme-20"), "{saved}");
        assert!(saved.ends_with(&format!("-{name}.csv\"")), "{saved}");
        file.body
    };
    assert_eq!(sheet("over-time").await.lines().count(), 5);
    assert!(sheet("procedures").await.ends_with(",\"'=1+1\",2,0,2,1,0\r\n"));
    assert!(sheet("people").await.ends_with("user_ada,ada,2,0,2,1,0\r\n"));
    let steps = sheet("steps").await;
    let lines: Vec<&str> = steps.split("\r\n").collect();
    assert_eq!(lines.len(), 1 + 2 + 1, "{steps}");
    assert!(lines[1].contains(",\"'=1+1\",\"'=1+1\",1,1,first =1+1,done,ada,"), "{}", lines[1]);
    assert!(lines[1].contains(",max,yes,"), "{}", lines[1]);
    assert!(lines[2].contains(",2,second =1+1,open,ada,"), "{}", lines[2]);
}

#[tokio::test]
async fn a_limit_is_told_with_the_way_out() {
    let app = TestApp::start().await;
    plan(&app, "free").await;
    work(&app, "Close").await;
    // As long as the plan has it, where nothing is asked for.
    let page = app.get(&RITA, PAGE).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("<option value=\"4-weeks\" selected>"), "{}", page.body);
    assert!(page.body.contains("The Free plan has no time before to compare with."));
    assert_eq!(app.get(&PROGRAM, API).await.json()["before"], json!(null));
    let limit = app.get(&RITA, &format!("{PAGE}?period=12-months")).await;
    assert_eq!(limit.status, 403);
    assert!(limit.body.contains("The Free plan shows 30 days"), "{}", limit.body);
    assert!(limit.body.contains("Move to the Team plan in Settings, Billing."));
    for path in [format!("{PAGE}/steps.csv?period=12-weeks"), format!("{PAGE}/people.csv?period=12-weeks")] {
        assert_eq!(app.get(&ADA, &path).await.status, 403, "{path}");
    }
    let problem = app.get(&PROGRAM, &format!("{API}?period=12-weeks")).await;
    assert_eq!((problem.status.as_u16(), problem.json()["code"].as_str()), (403, Some("history_limit")));
    plan(&app, "team").await;
    assert_eq!(app.get(&RITA, &format!("{PAGE}?period=12-months")).await.status, 200);
    assert!(app.get(&RITA, PAGE).await.body.contains("Compared with the 12 weeks before."));
}

#[tokio::test]
async fn a_program_is_told_what_it_asked_wrongly() {
    let app = TestApp::start().await;
    for query in ["period=13-weeks", "procedure=x"] {
        assert_eq!(app.get(&PROGRAM, &format!("{API}?{query}")).await.status, 422, "{query}");
    }
    // A person is shown what there is.
    assert_eq!(app.get(&RITA, &format!("{PAGE}?period=13-weeks&procedure=x")).await.status, 200);
}
