//! Settings, roles: the matrix, roles of one's own, and the rule that nobody gives what they do not hold.

use std::time::Duration;

use domain::audit_log::{self, AuditEntry, Filter};
use domain::roles::{self, RoleFields};
use domain::{CustomRole, Permission, Plan, Read, plans};
use http::Method;
use serde_json::{Value, json};
use testkit::user;
use uuid::Uuid;

use crate::app::{As, TestApp};

const ADA: As = As::Browser("ada", Some("acme"));
const MAX: As = As::Browser("max", Some("acme"));
const PAGE: &str = "/orgs/acme/settings/roles";
const API: &str = "/api/v1/orgs/acme/roles";

fn program(name: &'static str) -> As {
    As::Program(name, Some("acme"))
}

/// Makes a role as ada and gives it to these people.
pub(crate) async fn role(app: &TestApp, name: &str, permissions: &[&str], holders: &[&str]) -> Uuid {
    let mut tx = app.world.org("ada", &app.world.acme).write().await.unwrap();
    let id = roles::create(&mut tx, &RoleFields::parse(name, permissions.iter().copied()).unwrap()).await.unwrap();
    for holder in holders {
        roles::assign(&mut tx, &user(holder), &[CustomRole::Own(id)]).await.unwrap();
    }
    tx.commit().await.unwrap();
    id
}

async fn may(app: &TestApp, name: &str, permission: Permission) -> bool {
    app.world.org(name, &app.world.acme).read(Read::access_only()).await.unwrap().0.may(permission)
}

/// Refusals in Acme's log; they are written beside the answer, so they are waited for.
pub(crate) async fn refusals(app: &TestApp, expected: usize) -> Vec<AuditEntry> {
    let filter = Filter { outcome: "refused".to_owned(), ..Filter::default() };
    for _ in 0..100 {
        let (_, page) = app.world.org("ada", &app.world.acme).read(audit_log::list(&filter)).await.unwrap();
        if page.entries.len() >= expected {
            return page.entries;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no {expected} refusals in the log after five seconds");
}

#[tokio::test]
async fn everybody_sees_the_matrix_and_those_who_may_can_change_it() {
    let app = TestApp::start().await;
    let id = role(&app, "Shift lead", &["procedures:manage"], &["max"]).await;
    let seen = app.get(&As::Browser("rita", Some("acme")), PAGE).await;
    assert_eq!(seen.status, 200);
    for permission in Permission::ALL {
        assert!(seen.body.contains(permission.as_str()) && seen.body.contains(permission.label()), "{permission}");
    }
    for there in ["Admin<small>Built in", "Report-viewer<small>Ready-made", "Shift lead<small>Yours", ">max</span>"] {
        assert!(seen.body.contains(there), "{there}");
    }
    assert!(!seen.body.contains("New custom role") && !seen.body.contains("/settings/roles/"), "nothing to press");
    let manages = app.get(&ADA, PAGE).await;
    assert!(manages.body.contains("New custom role") && manages.body.contains(&format!("{PAGE}/{id}")));
}

#[tokio::test]
async fn a_role_is_made_changed_and_felt_at_once() {
    let app = TestApp::start().await;
    let made = app.post(&ADA, PAGE, "name=Shift+lead&permission=procedures%3Amanage&permission=reports%3Aread").await;
    assert_eq!((made.status.as_u16(), made.header("location")), (303, PAGE));
    let listed = app.get(&program("max"), API).await.json();
    let made = listed["items"].as_array().unwrap().iter().find(|role| role["name"] == "Shift lead").unwrap().clone();
    assert_eq!(made["permissions"], json!(["procedures:manage", "reports:read"]));
    let id: Uuid = made["id"].as_str().unwrap().parse().unwrap();
    let mut tx = app.world.org("ada", &app.world.acme).write().await.unwrap();
    roles::assign(&mut tx, &user("max"), &[CustomRole::Own(id)]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(app.get(&MAX, "/orgs/acme/procedures/new").await.status, 200);
    let changed = app.post(&ADA, &format!("{PAGE}/{id}"), "name=Reader&permission=reports%3Aread").await;
    assert_eq!(changed.status, 303, "{}", changed.body);
    assert_eq!(app.get(&MAX, "/orgs/acme/procedures/new").await.status, 403);
    let shown = app.get(&program("ada"), &format!("{API}/{id}")).await.json();
    assert_eq!((&shown["name"], &shown["holders"][0]["id"]), (&json!("Reader"), &json!("user_max")));
}

#[tokio::test]
async fn what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost() {
    let app = TestApp::start().await;
    let id = role(&app, "Shift lead", &["runs:work"], &[]).await;
    let none = app.post(&ADA, PAGE, "name=Buyer").await;
    assert_eq!(none.status, 422);
    assert!(none.body.contains("Choose at least one permission.") && none.body.contains("value=\"Buyer\""));
    let cases = [
        ("name=&permission=audit%3Aread", "Write something here."),
        ("name=SHIFT+LEAD&permission=audit%3Aread", "There is a role of this name already."),
        ("name=report-viewer&permission=audit%3Aread", "There is a role of this name already."),
        ("name=a%00b&permission=audit%3Aread", "Remove the control characters"),
        ("name=a%E2%80%AEb&permission=audit%3Aread", "Remove the characters that turn text around."),
        ("name=x&permission=audit%3Aread&permission=data%3Aimport", "There is no permission"),
    ];
    for (form, message) in cases {
        let answer = app.post(&ADA, PAGE, form).await;
        assert_eq!(answer.status, 422, "{form}");
        assert!(answer.body.contains(message), "{form}: {message}");
        assert!(answer.body.contains("value=\"audit:read\" checked"), "{form} keeps what was chosen");
    }
    let long = format!("name={}&permission=audit%3Aread", "x".repeat(10_000));
    assert!(app.post(&ADA, PAGE, &long).await.body.contains("Shorten this to 40 characters; it has 10000."));
    // The same at an edit, which keeps what was typed; and the name it has already is its own.
    let edit = app.post(&ADA, &format!("{PAGE}/{id}"), "name=Billing-admin&permission=audit%3Aread").await;
    assert_eq!(edit.status, 422);
    assert!(
        edit.body.contains("value=\"Billing-admin\"") && edit.body.contains("There is a role of this name already.")
    );
    let same = app.post(&ADA, &format!("{PAGE}/{id}"), "name=shift+lead&permission=audit%3Aread").await;
    assert_eq!(same.status, 303);
    // To programs: by field.
    let answer = app.json(&program("ada"), Method::POST, API, &json!({ "name": "", "permissions": [] })).await;
    let fields: Vec<Value> = answer.json()["fields"].as_array().unwrap().clone();
    assert_eq!(answer.status, 422);
    assert_eq!(
        fields.iter().map(|field| field["field"].as_str().unwrap()).collect::<Vec<_>>(),
        ["name", "permissions"]
    );
    let unknown = json!({ "name": "x", "permissions": ["runs:work"], "organisation_id": "org_bolt" });
    assert_eq!(app.json(&program("ada"), Method::POST, API, &unknown).await.status, 422);
}

#[tokio::test]
async fn nobody_gives_what_they_do_not_hold_and_the_attempt_is_in_the_log() {
    let app = TestApp::start().await;
    role(&app, "Role-maker", &["roles:manage", "reports:read"], &["max"]).await;
    let strong = role(&app, "Strong", &["audit:read"], &[]).await;
    let form = app.get(&MAX, &format!("{PAGE}/new")).await;
    assert_eq!(form.status, 200);
    assert!(form.body.contains("value=\"audit:read\" disabled aria-describedby"), "what he lacks is not his to give");
    assert!(!form.body.contains("value=\"reports:read\" disabled"), "what he holds is");
    assert!(form.body.contains("You do not hold this yourself."));

    // A form that was not ours: refused whole.
    let forged = app.post(&MAX, PAGE, "name=Mine&permission=reports%3Aread&permission=audit%3Aread").await;
    assert_eq!(forged.status, 403);
    let body = json!({ "name": "Mine", "permissions": ["members:manage"] });
    let by_program = app.json(&program("max"), Method::POST, API, &body).await;
    assert_eq!((by_program.status.as_u16(), &by_program.json()["code"]), (403, &json!("grant_exceeds_own")));
    // A role beyond him he can neither change, delete, nor give instead of another.
    let locked = app.get(&MAX, &format!("{PAGE}/{strong}")).await;
    assert!(
        locked.body.contains("This role may do what you may not")
            && !locked.body.contains("<select id=\"replacement\"")
    );
    let weaker = json!({ "name": "Strong", "permissions": ["reports:read"] });
    let changed = app.json(&program("max"), Method::PATCH, &format!("{API}/{strong}"), &weaker).await;
    assert_eq!((changed.status.as_u16(), &changed.json()["code"]), (403, &json!("holds_more_than_you")));
    let deleted = app.json(&program("max"), Method::DELETE, &format!("{API}/{strong}"), &json!({})).await;
    assert_eq!((deleted.status.as_u16(), &deleted.json()["code"]), (403, &json!("holds_more_than_you")));

    let mine = app.post(&MAX, PAGE, "name=Mine&permission=reports%3Aread").await;
    assert_eq!(mine.status, 303);
    let mut tried: Vec<(String, String)> =
        refusals(&app, 4).await.into_iter().map(|entry| (entry.object_id, entry.object_name)).collect();
    tried.sort();
    let is = |route: &str, what: &str| (route.to_owned(), what.to_owned());
    assert_eq!(
        tried,
        [
            is("api.role.change", "holds_more_than_you"),
            is("api.role.delete", "holds_more_than_you"),
            is("api.roles.create", "grant_exceeds_own"),
            is("roles.create", "grant_exceeds_own"),
        ]
    );
}

#[tokio::test]
async fn a_refusal_is_recorded_once_a_minute_with_where_it_came_from() {
    let app = TestApp::start().await;
    for _ in 0..3 {
        assert_eq!(app.get(&MAX, &format!("{PAGE}/new")).await.status, 403);
    }
    assert_eq!(app.get(&As::Browser("olga", Some("bolt")), &format!("{PAGE}/new")).await.status, 404);
    assert_eq!(app.get(&As::Browser("rita", Some("acme")), "/orgs/acme/procedures/new").await.status, 403);
    let mut tried: Vec<AuditEntry> = refusals(&app, 2).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(refusals(&app, 2).await.len(), 2);
    tried.sort_by(|a, b| a.actor_id.cmp(&b.actor_id));
    let told: Vec<(&str, &str, &str)> = tried
        .iter()
        .map(|entry| (entry.actor_id.as_str(), entry.object_id.as_str(), entry.object_name.as_str()))
        .collect();
    assert_eq!(told, [("user_max", "roles.new", "roles:manage"), ("user_rita", "procedures.new", "procedures:manage")]);
    assert_eq!(tried[1].actor_role, "member, Report-viewer");
    assert!(tried.iter().all(|entry| entry.request_id.is_some()));
}

#[tokio::test]
async fn a_deleted_role_is_replaced_where_it_was_held() {
    let app = TestApp::start().await;
    let held = role(&app, "Shift lead", &["procedures:manage"], &["max"]).await;
    let other = role(&app, "Reader", &["reports:read"], &[]).await;
    let asked = app.get(&ADA, &format!("{PAGE}/{held}?open=delete")).await;
    assert!(asked.body.contains("<dialog class=\"dialog\" id=\"delete-role\"") && asked.body.contains(" open>"));
    assert!(asked.body.contains(&format!("<option value=\"{other}\">Reader</option>")));
    assert!(!asked.body.contains(&format!("<option value=\"{held}\">")), "not by itself");
    for nonsense in ["admin", &held.to_string(), "0190b5d4-0000-7000-8000-000000000006"] {
        let path = format!("{PAGE}/{held}/delete");
        let answer = app.post(&ADA, &path, &format!("replacement={nonsense}")).await;
        assert_eq!(answer.status, 422, "{nonsense}");
        assert!(answer.body.contains("id=\"replacement-error\""), "{nonsense}");
    }
    let answer = app.post(&ADA, &format!("{PAGE}/{held}/delete"), &format!("replacement={other}")).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(may(&app, "max", Permission::ReportsRead).await);
    assert!(!may(&app, "max", Permission::ProceduresManage).await);
    assert_eq!(app.get(&ADA, &format!("{PAGE}/{held}")).await.status, 404);

    // By a program, with a built-in one instead, and then with nothing.
    let path = format!("{API}/{other}?replacement=billing-admin");
    assert_eq!(app.json(&program("ada"), Method::DELETE, &path, &json!({})).await.status, 204);
    assert!(may(&app, "max", Permission::BillingManage).await && !may(&app, "max", Permission::ReportsRead).await);
    let last = role(&app, "Last", &["reports:read"], &["max"]).await;
    let path = format!("{API}/{last}");
    assert_eq!(app.json(&program("ada"), Method::DELETE, &path, &json!({})).await.status, 204);
    assert!(!may(&app, "max", Permission::ReportsRead).await);
}

/// To give another role instead is to manage members; to take one away is to manage roles.
#[tokio::test]
async fn a_replacement_is_given_by_those_who_manage_members() {
    let app = TestApp::start().await;
    let reader = role(&app, "Reader", &["reports:read"], &["rita"]).await;
    role(&app, "Role-maker", &["roles:manage", "reports:read"], &["max"]).await;
    let page = app.get(&MAX, &format!("{PAGE}/{reader}")).await;
    assert!(page.body.contains("Nothing instead") && !page.body.contains("<option value=\"report-viewer\">"));
    let path = format!("{API}/{reader}?replacement=report-viewer");
    let refused = app.json(&program("max"), Method::DELETE, &path, &json!({})).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["permission"]), (403, &json!("members:manage")));
    let path = format!("{API}/{reader}");
    assert_eq!(app.json(&program("max"), Method::DELETE, &path, &json!({})).await.status, 204);
    assert!(!may(&app, "rita", Permission::ReportsRead).await);
}

#[tokio::test]
async fn a_copy_begins_with_what_the_other_one_has() {
    let app = TestApp::start().await;
    let id = role(&app, "Shift lead", &["procedures:manage", "audit:read"], &[]).await;
    let copy = app.get(&ADA, &format!("{PAGE}/new?from={id}")).await;
    assert!(copy.body.contains("value=\"Shift lead copy\""));
    for chosen in ["procedures:manage", "audit:read"] {
        assert!(copy.body.contains(&format!("value=\"{chosen}\" checked")), "{chosen}");
    }
    assert!(
        app.get(&ADA, &format!("{PAGE}/new?from=billing-admin")).await.body.contains("value=\"Billing-admin copy\"")
    );
    for nothing in ["0190b5d4-0000-7000-8000-000000000006", "nonsense", ""] {
        let blank = app.get(&ADA, &format!("{PAGE}/new?from={nothing}")).await;
        assert_eq!(blank.status, 200);
        assert!(blank.body.contains("name=\"name\" value=\"\""), "{nothing}");
    }
}

#[tokio::test]
async fn a_plan_without_own_roles_says_so_and_keeps_what_is_held() {
    let app = TestApp::start().await;
    let id = role(&app, "Shift lead", &["procedures:manage"], &["max"]).await;
    plans::change(&app.world.app, &app.world.acme.id, Plan::parse("team").unwrap()).await.unwrap();
    let page = app.get(&ADA, PAGE).await;
    assert!(page.body.contains("Roles of your own are not in the Team plan. Move to the Business plan"));
    assert!(page.body.contains("aria-disabled=\"true\" aria-describedby=\"limit\""));
    assert_eq!(app.get(&ADA, &format!("{PAGE}/new")).await.status, 403);
    let body = json!({ "name": "x", "permissions": ["runs:work"] });
    let refused = app.json(&program("ada"), Method::POST, API, &body).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (403, &json!("own_roles_not_in_plan")));
    assert!(may(&app, "max", Permission::ProceduresManage).await, "what is held stays");
    let one = app.get(&ADA, &format!("{PAGE}/{id}")).await;
    assert!(
        one.body.contains("not in the Team plan") && one.body.contains("id=\"replacement\""),
        "it can still be deleted"
    );
    assert_eq!(app.post(&ADA, &format!("{PAGE}/{id}/delete"), "replacement=report-viewer").await.status, 303);
    assert!(!may(&app, "max", Permission::ProceduresManage).await);
    // A limit of the plan is nobody's attempt.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(refusals(&app, 0).await.is_empty());
}
