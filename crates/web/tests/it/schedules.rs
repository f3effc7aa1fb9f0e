//! The pages and the API of schedules: what is shown before it is saved, and to whom.

use http::Method;
use serde_json::json;

use crate::app::{As, TestApp};

const ADA: As = As::Browser("ada", Some("acme"));
const MAX: As = As::Browser("max", Some("acme"));

/// Acme's procedure, and the address of its schedules.
async fn at(app: &TestApp) -> String {
    let procedure = app.world.procedure("ada", &app.world.acme, "opening").await;
    format!("/orgs/acme/procedures/{procedure}/schedules")
}

const WEEKLY: &str = "repeats=weekly&weekdays=monday&weekdays=friday&at=07:00&start_before=0&run_name=";

#[tokio::test]
async fn the_next_dates_are_shown_and_nothing_is_saved_until_it_is_asked_for() {
    let app = TestApp::start().await;
    let at = at(&app).await;
    let shown = app.post(&ADA, &at, &format!("{WEEKLY}&then=dates")).await;
    assert_eq!(shown.status, 200);
    let dates: Vec<&str> = shown.body.split("<li><time").skip(1).collect();
    assert_eq!(dates.len(), 3, "{}", shown.body);
    assert!(dates.iter().all(|date| date.contains(", 07:00 UTC") && (date.contains(">Mon") || date.contains(">Fri"))));
    assert!(app.get(&ADA, &at).await.body.contains("Nothing starts by itself"));
    let saved = app.post(&ADA, &at, WEEKLY).await;
    assert_eq!((saved.status.as_u16(), saved.header("location")), (303, at.as_str()));
    let list = app.get(&MAX, &at).await;
    assert!(list.body.contains("Every Monday and Friday at 07:00"), "{}", list.body);
    assert!(!list.body.contains("/pause"), "whoever may not change it sees it");
    assert!(app.get(&ADA, &at).await.body.contains("/pause"));
}

#[tokio::test]
async fn what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays() {
    let app = TestApp::start().await;
    let at = at(&app).await;
    for (form, id) in [
        ("repeats=weekly&at=07:00&run_name=Weekly+round", "weekdays-error"),
        ("repeats=monthly&day=32&at=07:00&run_name=Weekly+round", "day-error"),
        ("repeats=monthly&day=x&at=07:00&run_name=Weekly+round", "day-error"),
        ("repeats=daily&at=25:00&run_name=Weekly+round", "at-error"),
        ("repeats=daily&at=07:00&start_before=99&run_name=Weekly+round", "before-error"),
        ("repeats=daily&at=07:00&start_before=two&run_name=Weekly+round", "before-error"),
        ("repeats=daily&at=07:00&run_name=Weekly+round+%7Bday%7D", "name-error"),
        ("at=07:00&run_name=Weekly+round", "repeats-error"),
    ] {
        for then in ["", "&then=dates"] {
            let answer = app.post(&ADA, &at, &format!("{form}{then}")).await;
            assert_eq!(answer.status, 422, "{form}");
            assert!(answer.body.contains(&format!("id=\"{id}\"")), "{form}: {}", answer.body);
            assert!(answer.body.contains("Weekly round"), "{form}");
            assert!(answer.body.contains("They show here once the fields above are right."), "{form}");
        }
    }
}

#[tokio::test]
async fn programs_do_what_pages_do() {
    let app = TestApp::start().await;
    let at = format!("/api/v1{}", at(&app).await);
    let (ada, max) = (As::Program("ada", Some("acme")), As::Program("max", Some("acme")));
    let schedule = json!({ "repeats": "monthly", "day": 31, "at": "07:30", "start_before": 2, "run_name": "{month}" });
    let made = app.json(&ada, Method::POST, &at, &schedule).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let one = made.header("location").to_owned();
    let shown = app.get(&max, &one).await.json();
    for field in ["repeats", "day", "at", "start_before", "run_name"] {
        assert_eq!(shown[field], schedule[field], "{field}");
    }
    assert_eq!(shown["next"].as_array().unwrap().len(), 3);
    assert_eq!(shown["made_by"], "ada");
    assert_eq!(app.json(&ada, Method::POST, &format!("{one}/pause"), &json!({})).await.status, 204);
    let paused = app.get(&max, &at).await.json();
    assert!(paused["items"][0]["paused_at"].is_string() && paused["items"][0]["next"] == json!([]), "{paused}");
    assert_eq!(app.json(&ada, Method::POST, &format!("{one}/resume"), &json!({})).await.status, 204);
    let daily = json!({ "repeats": "daily", "at": "06:00" });
    assert_eq!(app.json(&ada, Method::PATCH, &one, &daily).await.status, 204);
    assert_eq!(app.get(&max, &one).await.json()["repeats"], "daily");
    assert_eq!(app.json(&max, Method::PATCH, &one, &daily).await.status, 403);
    let wrong = app.json(&ada, Method::PATCH, &one, &json!({ "repeats": "weekly", "at": "06:00" })).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("weekdays"), "{}", wrong.body);
    assert_eq!(app.json(&ada, Method::DELETE, &one, &json!({})).await.status, 204);
    assert_eq!(app.get(&max, &one).await.status, 404);
}
