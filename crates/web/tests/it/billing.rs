//! Settings, Billing: what each may see, what a plan's limits say, and what an open payment narrows.

use domain::standing::{Standing, Unpaid};
use domain::{Plan, plans};
use http::Method;
use serde_json::json;
use web::{Caller, Surface, routes};

use crate::app::{Answer, As, TestApp};
use crate::requests::{self, Things};

const BEN: As = As::Browser("ben", Some("acme"));
const MAX: As = As::Browser("max", Some("acme"));
const PAGE: &str = "/orgs/acme/settings/billing";

/// As if Stripe had said so.
async fn subscribed(app: &TestApp, plan: &str, status: &str) {
    let admin = app.world.database.client("postgres").await;
    let subscription = json!({
        "id": "sub_1", "item": "si_1", "status": status, "plan": plan, "lookup_key": format!("tenantry_{plan}_monthly"),
        "interval": "month", "amount": 9900, "currency": "usd", "created_at": "2026-11-01T00:00:00Z",
        "period_end": "2030-12-01T00:00:00Z", "trial_end": null, "cancel_at": null, "scheduled": null,
    });
    let card = json!({ "brand": "visa", "last4": "4242", "exp_month": 8, "exp_year": 2030 });
    let sql = "insert into tenantry.billing_accounts (organisation_id, customer_id, billing_email, payment_method, subscription)
               values ('org_acme', 'cus_1', 'accounts@acme.example', $1, $2)";
    admin.execute(sql, &[&card, &subscription]).await.unwrap();
    let sql = "update tenantry.organisations set plan = $1, billing_status = $2 where id = 'org_acme'";
    admin.execute(sql, &[&plan, &status]).await.unwrap();
}

async fn owing(app: &TestApp, days: i32) {
    let admin = app.world.database.client("postgres").await;
    let sql = "update tenantry.organisations
                  set billing_status = 'past_due', past_due_since = now() - make_interval(days => $1) where id = 'org_acme'";
    admin.execute(sql, &[&days]).await.unwrap();
}

#[tokio::test]
async fn whoever_manages_billing_sees_money_and_everybody_else_sees_who_does() {
    let app = TestApp::start().await;
    subscribed(&app, "business", "active").await;
    let page = app.get(&BEN, PAGE).await;
    assert_eq!(page.status, 200);
    for part in ["$99 a month", "Visa ending 4242", "accounts@acme.example", "Open Customer Portal"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let page = app.get(&MAX, PAGE).await;
    for part in ["Business plan", "You can look, not change", "ada", "ben"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    for part in [
        "$",
        "4242",
        "accounts@acme.example",
        "Customer Portal",
        "<form method=\"post\" action=\"/orgs/acme/settings/billing",
    ] {
        assert!(!page.body.contains(part), "{part}: {}", page.body);
    }
    let path = "/api/v1/orgs/acme/billing";
    let seen = app.get(&As::Program("max", Some("acme")), path).await.json();
    assert_eq!(seen["account"]["subscription"]["status"], "active");
    assert_eq!(seen["account"]["subscription"]["amount"], 0);
    assert_eq!((&seen["account"]["payment_method"], &seen["account"]["billing_email"]), (&json!(null), &json!(null)));
    let seen = app.get(&As::Program("ben", Some("acme")), path).await.json();
    assert_eq!(seen["account"]["payment_method"]["last4"], "4242");
    assert_eq!(seen["account"]["customer_id"], json!(null), "nobody needs it");
}

#[tokio::test]
async fn a_plan_below_what_is_used_is_refused_with_what_is_over() {
    let app = TestApp::start().await;
    subscribed(&app, "business", "active").await;
    let addresses: Vec<String> = (0..14).map(|number| format!("p{number}@example.test")).collect();
    let ada = As::Program("ada", Some("acme"));
    let body = json!({ "addresses": addresses, "role": "member" });
    assert!(app.json(&ada, Method::POST, "/api/v1/orgs/acme/invitations", &body).await.status.is_success());
    let page = app.get(&BEN, &format!("{PAGE}/change?price=tenantry_team_monthly")).await;
    assert_eq!(page.status, 409, "{}", page.body);
    assert!(page.body.contains("4 members and 14 pending invitations, of 15 places"), "{}", page.body);
    let body = json!({ "price": "tenantry_team_monthly" });
    let told =
        app.json(&As::Program("ben", Some("acme")), Method::POST, "/api/v1/orgs/acme/billing/portal", &body).await;
    assert_eq!((told.status.as_u16(), told.json()["code"].as_str()), (409, Some("downgrade_below_use")));
    // The page says so before it is tried.
    assert!(app.get(&BEN, PAGE).await.body.contains("More is in use than it allows: 4 members and 14 pending"));
}

#[tokio::test]
async fn what_is_no_price_of_ours_is_refused_whatever_else_is_sent() {
    let app = TestApp::start().await;
    for form in ["price=price_1", "price=", "amount=1", "price=tenantry_team_monthly%00&quantity=0"] {
        let answer = app.post(&BEN, &format!("{PAGE}/plan"), form).await;
        assert_eq!(answer.status, 422, "{form}");
    }
    let more = json!({ "price": "tenantry_team_monthly", "customer": "cus_other", "trial_days": 365 });
    let answer =
        app.json(&As::Program("ben", Some("acme")), Method::POST, "/api/v1/orgs/acme/billing/checkout", &more).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    // And where Stripe does not answer, nothing is half-done and that is said.
    let answer = app.post(&BEN, &format!("{PAGE}/plan"), "price=tenantry_team_monthly").await;
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("Stripe does not answer"), "{}", answer.body);
}

#[tokio::test]
async fn an_open_payment_is_told_on_every_page_and_narrows_pages_and_calls_alike() {
    let app = TestApp::start().await;
    subscribed(&app, "business", "past_due").await;
    let procedure = app.world.procedure("ada", &app.world.acme, "Close the month").await;
    let start = json!({ "procedure_id": procedure, "name": "November" });
    let (program, runs) = (As::Program("max", Some("acme")), "/api/v1/orgs/acme/runs");
    owing(&app, 1).await;
    assert!(app.get(&MAX, "/orgs/acme/runs").await.body.contains("A payment has failed."));
    assert_eq!(app.json(&program, Method::POST, runs, &start).await.status, 201);
    owing(&app, 10).await;
    assert!(app.get(&MAX, "/orgs/acme/runs").await.body.contains("A payment is still open."));
    assert_eq!(app.json(&program, Method::POST, runs, &start).await.status, 201, "work goes on");
    let ada = As::Program("ada", Some("acme"));
    let invite = json!({ "addresses": ["new@example.test"], "role": "member" });
    let refused = app.json(&ada, Method::POST, "/api/v1/orgs/acme/invitations", &invite).await;
    assert_eq!((refused.status.as_u16(), refused.json()["code"].as_str()), (403, Some("payment_overdue")));
    owing(&app, 30).await;
    assert!(app.get(&MAX, "/orgs/acme/runs").await.body.contains("can be read and not changed"));
    let refused = app.json(&program, Method::POST, runs, &start).await;
    assert_eq!((refused.status.as_u16(), refused.json()["code"].as_str()), (403, Some("organisation_read_only")));
    let refused = app.post(&MAX, "/orgs/acme/runs", &format!("procedure={procedure}&name=December")).await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("Settings, Billing"), "{}", refused.body);
    // What puts things right goes on.
    assert_eq!(app.get(&BEN, PAGE).await.status, 200);
    let removed = app.json(&ada, Method::DELETE, "/api/v1/orgs/acme/members/user_max", &json!({})).await;
    assert!(removed.status.is_success(), "{}", removed.body);
}

#[tokio::test]
async fn a_limit_names_itself_the_use_and_the_way_out() {
    let app = TestApp::start().await;
    for number in 0..3 {
        app.world.procedure("ada", &app.world.acme, &format!("Procedure {number}")).await;
    }
    plans::change(&app.world.app, &app.world.acme.id, Plan::FREE).await.unwrap();
    let ada = As::Program("ada", Some("acme"));
    let new = json!({ "name": "A fourth", "details": "" });
    let made = app.json(&ada, Method::POST, "/api/v1/orgs/acme/procedures", &new).await.json();
    let path = format!("/api/v1/orgs/acme/procedures/{}", made["id"].as_str().unwrap());
    let step = json!({ "title": "A step", "details": "" });
    assert!(app.json(&ada, Method::POST, &format!("{path}/steps"), &step).await.status.is_success());
    let refused = app.json(&ada, Method::POST, &format!("{path}/publish"), &json!({ "note": "" })).await;
    assert_eq!((refused.status.as_u16(), refused.json()["code"].as_str()), (403, Some("published_procedures_limit")));
    let told = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(told.contains("3 published procedures, and 3 are in use. Move to the Team plan"), "{told}");
}

/// What money refuses is one rule of the domain's, asked by pages and calls alike: every route answers as its permission
/// says, whatever it speaks.
#[tokio::test]
async fn money_refuses_the_same_on_pages_and_in_calls() {
    let app = TestApp::start().await;
    subscribed(&app, "business", "active").await;
    let until = jiff::Timestamp::UNIX_EPOCH;
    let inside: Vec<_> = routes::table().into_iter().filter(|route| route.caller.permission().is_some()).collect();
    for (days, standing) in [(10, Standing::Restricted { until }), (30, Standing::ReadOnly(Unpaid::Overdue))] {
        let mut refusals = [0, 0];
        for route in &inside {
            let Caller::InOrganisation(permission) = route.caller else { continue };
            owing(&app, 0).await;
            let things = Things::create(&app.world, "ada", &app.world.acme, "opening").await;
            owing(&app, days).await;
            let ada = match route.surface {
                Surface::Api => As::Program("ada", Some("acme")),
                _ => As::Browser("ada", Some("acme")),
            };
            let answer = app.send(requests::to(route, &ada, "acme", &things)).await;
            let refused = standing.allows(permission).is_err();
            assert_eq!(refused_for_money(&answer), refused, "{} {} after {days} days", route.method, route.path);
            refusals[usize::from(route.surface == Surface::Api)] += usize::from(refused);
        }
        assert!(refusals.iter().all(|&count| count > 3), "{days} days: {refusals:?}");
    }
}

fn refused_for_money(answer: &Answer) -> bool {
    answer.status == 403 && answer.body.contains("Whoever manages billing can put that right")
}
