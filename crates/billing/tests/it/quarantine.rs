//! What cannot be about us, or not as it says, changes nothing.

use billing::{Error, Quarantine};
use domain::billing::customers::{self, Turn};
use jiff::Timestamp;
use serde_json::json;
use stripe::Event;

use crate::stage::Stage;

fn event(customer: &str, more: &serde_json::Value) -> Event {
    let mut event = json!({
        "id": "evt_1", "object": "event", "type": "customer.subscription.updated", "created": 1_790_000_000, "livemode": false,
        "data": { "object": { "id": "sub_1", "object": "subscription", "customer": customer } },
    });
    for (name, value) in more.as_object().unwrap() {
        event[name] = value.clone();
    }
    Event::from_slice(event.to_string().as_bytes()).unwrap()
}

async fn why(stage: &Stage, event: &Event) -> Quarantine {
    let received_at = customers::now(&stage.world.app).await.unwrap();
    match stage.billing.apply(event, received_at).await {
        Err(Error::Quarantined(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn other_modes_accounts_and_customers_are_quarantined() {
    let stage = Stage::set().await;
    let customer = stage.customer(&stage.world.acme, Some("pm_card_visa"), None).await;
    stage.account.subscribe(&customer, "tenantry_team_monthly", None).await;
    assert_eq!(
        why(&stage, &event(&customer, &json!({ "livemode": true }))).await,
        Quarantine::OtherMode { live: true }
    );
    let account = why(&stage, &event(&customer, &json!({ "account": "acct_other" }))).await;
    assert_eq!(account, Quarantine::OtherAccount("acct_other".to_owned()));
    let unknown = why(&stage, &event("cus_nobody", &json!({}))).await;
    assert!(unknown.may_clear_up(), "our own row may be about to be written");
    // None of them had anything looked at.
    assert_eq!(stage.terms(&stage.world.acme).await, ("business".to_owned(), None));
}

#[tokio::test]
async fn metadata_that_names_somebody_else_is_a_contradiction_and_not_a_way_in() {
    let stage = Stage::set().await;
    // Acme's row, and Bolt's name on it: a customer that was changed at the dashboard, or worse.
    let customer = stage.account.customer(&stage.world.bolt, Some("pm_card_visa"), None).await;
    customers::claim(&stage.world.app, &customer, &stage.world.acme.id).await.unwrap();
    stage.account.subscribe(&customer, "tenantry_team_monthly", None).await;
    let found = why(&stage, &event(&customer, &json!({}))).await;
    assert!(
        matches!(&found, Quarantine::Contradiction { ours, theirs, .. } if ours == "org_acme" && theirs == "org_bolt")
    );
    assert!(!found.may_clear_up());
    for place in [&stage.world.acme, &stage.world.bolt] {
        assert_eq!(stage.terms(place).await, ("business".to_owned(), None));
    }
    let worker = stage.world.database.worker().await;
    let report = stage.billing.over(worker).reconcile().await.unwrap();
    assert!(report.found.iter().any(|difference| !difference.repaired && difference.what.contains("org_bolt")));
}

#[tokio::test]
async fn an_event_about_what_is_known_since_is_not_looked_into() {
    let stage = Stage::set().await;
    let customer = stage.customer(&stage.world.acme, Some("pm_card_visa"), None).await;
    stage.account.subscribe(&customer, "tenantry_team_monthly", None).await;
    let received_at = customers::now(&stage.world.app).await.unwrap();
    let first = stage.billing.apply(&event(&customer, &json!({})), received_at).await.unwrap();
    assert!(matches!(first, billing::Applied::Synced(billing::Synced::Changed(_))));
    let old = stage.billing.apply(&event(&customer, &json!({})), received_at).await.unwrap();
    assert_eq!(old, billing::Applied::Synced(billing::Synced::NotNeeded));
    let older = stage.billing.apply(&event(&customer, &json!({})), Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!(older, billing::Applied::Synced(billing::Synced::NotNeeded));
    assert_eq!(stage.terms(&stage.world.acme).await, ("team".to_owned(), Some("active".to_owned())));
}

#[tokio::test]
async fn a_fetch_that_goes_on_keeps_its_turn_and_one_that_died_holds_nobody_up_for_long() {
    let stage = Stage::set().await;
    let customer = stage.customer(&stage.world.acme, None, None).await;
    let app = &stage.world.app;
    let now = customers::now(app).await.unwrap();
    let Turn::Yours(lease) = customers::turn(app, &customer, now).await.unwrap() else {
        panic!("nobody else is there")
    };
    let left = async || {
        let sql = "select extract(epoch from leased_until - now())::float8 from tenantry.stripe_customers where customer_id = $1";
        stage.admin.query_one(sql, &[&customer]).await.unwrap().get::<_, f64>(0)
    };
    assert!((14.0..=15.0).contains(&left().await));
    assert!(matches!(customers::turn(app, &customer, now).await.unwrap(), Turn::Busy));
    // A slow Stripe: the turn is kept for as long as it takes.
    let sql = "update tenantry.stripe_customers set leased_until = now() + interval '1 second'";
    stage.admin.execute(sql, &[]).await.unwrap();
    assert!(customers::renew(app, &lease).await.unwrap());
    assert!((14.0..=15.0).contains(&left().await));
    // Whoever holds it is gone; the next one's turn is theirs alone.
    stage.leases_run_out().await;
    assert!(matches!(customers::turn(app, &customer, now).await.unwrap(), Turn::Yours(_)));
    assert!(!customers::renew(app, &lease).await.unwrap());
}
