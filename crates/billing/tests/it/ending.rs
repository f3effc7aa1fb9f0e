//! The end of an organisation's plan: whatever there is at Stripe is ended, once, and nothing is charged twice.

use domain::billing::{self, Account};
use serde_json::json;
use testkit::Organisation;

use crate::stage::Stage;

const TEAM: &str = "tenantry_team_monthly";

async fn account(stage: &Stage, at: &Organisation) -> Account {
    stage.world.org("ada", at).read(billing::show()).await.unwrap().1.account
}

/// What Stripe lists of a customer: open ways to pay, live subscriptions, invoices.
async fn there(stage: &Stage, customer: &str) -> [usize; 3] {
    let count = async |path: String| stage.account.says(&path).await["data"].as_array().unwrap().len();
    [
        count(format!("/v1/checkout/sessions?customer={customer}&status=open")).await,
        // Without a status the ended ones are left out.
        count(format!("/v1/subscriptions?customer={customer}")).await,
        count(format!("/v1/invoices?customer={customer}&limit=100")).await,
    ]
}

#[tokio::test]
async fn whatever_there_is_is_ended_and_what_was_paid_is_credit() {
    let stage = Stage::set().await;
    let acme = &stage.world.acme;
    let customer = stage.customer(acme, Some("pm_card_visa"), None).await;
    let first = stage.account.subscribe(&customer, TEAM, None).await;
    stage.account.does("/v1/subscription_schedules", &[("from_subscription", &first.id)]).await;
    stage.billing.sync_now(&customer).await.unwrap();
    let price = stage.account.price("tenantry_business_monthly").await;
    let till = [
        ("customer", &*customer),
        ("mode", "subscription"),
        ("line_items[0][price]", &*price),
        ("line_items[0][quantity]", "1"),
        ("success_url", "https://app.example"),
    ];
    stage.account.does("/v1/checkout/sessions", &till).await;
    // A second one that nobody has looked at yet.
    stage.account.subscribe(&customer, "tenantry_business_monthly", None).await;
    assert_eq!(there(&stage, &customer).await, [1, 2, 2]);

    let told = stage.billing.final_invoice(&account(&stage, acme).await).await.unwrap().unwrap();
    let last = stage.billing.end(&acme.id).await.unwrap().unwrap();
    assert_eq!(there(&stage, &customer).await, [0, 0, 4]);
    assert!(last.number.is_some() && last.total < 0 && last.due == 0, "{last:?}");
    assert!((told.total + 2900).abs() <= 2, "what was shown before is the whole of what was paid just now: {told:?}");
    let balance = stage.account.says(&format!("/v1/customers/{customer}")).await["balance"].as_i64().unwrap();
    assert!((-12_800..=-12_790).contains(&balance), "{balance}");
    assert_eq!(stage.terms(acme).await.0, "free");
    // Again it is the same end, with the same invoice.
    assert_eq!(stage.billing.end(&acme.id).await.unwrap(), Some(last));
    assert_eq!(there(&stage, &customer).await, [0, 0, 4]);
}

#[tokio::test]
async fn where_stripe_fails_on_the_way_the_next_try_goes_on_and_charges_nothing_twice() {
    let stage = Stage::set().await;
    let acme = &stage.world.acme;
    let customer = stage.customer(acme, Some("pm_card_visa"), None).await;
    stage.account.subscribe(&customer, TEAM, None).await;
    stage.billing.sync_now(&customer).await.unwrap();
    // Not done, however often the client asks; then done, and answered as if it were not.
    for (kind, times) in [("error", 8), ("stored_error", 1)] {
        let fault =
            json!({ "kind": kind, "api": "stripe", "method": "DELETE", "path": "/v1/subscriptions/*", "times": times });
        stage.account.control("/faults", &fault).await;
        let mut tries = 0;
        while let Err(error) = stage.billing.end(&acme.id).await {
            assert!(error.is_transient(), "{error}");
            tries += 1;
            assert!(tries < 10, "it does not come to its end");
        }
    }
    assert_eq!(there(&stage, &customer).await, [0, 0, 2]);
}

#[tokio::test]
async fn where_nothing_is_paid_nothing_is_asked_and_nothing_invoiced() {
    let stage = Stage::set().await;
    let acme = &stage.world.acme;
    assert_eq!(stage.billing.final_invoice(&account(&stage, acme).await).await.unwrap(), None);
    assert_eq!(stage.billing.end(&acme.id).await.unwrap(), None);
    let customer = stage.customer(acme, None, None).await;
    assert_eq!(stage.billing.end(&acme.id).await.unwrap(), None);
    assert_eq!(there(&stage, &customer).await, [0, 0, 0]);
    // Afterwards it is nobody's: nothing at Stripe says whose it was.
    stage.billing.unlink(&acme.id, &customer).await.unwrap();
    let left = stage.account.says(&format!("/v1/customers/{customer}")).await;
    assert!(!left["metadata"].to_string().contains("org_acme"), "{left}");
}
