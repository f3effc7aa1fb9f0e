//! Status to access, driven through time by clocks at Stripe.

use domain::standing::{Standing, Unpaid};
use domain::{Error as Refusal, Permission, Read};
use testkit::Organisation;

use crate::stage::Stage;

async fn standing(stage: &Stage, at: &Organisation) -> Standing {
    let (access, ()) = stage.world.org("ada", at).read(Read::access_only()).await.unwrap();
    access.organisation.terms.standing
}

async fn synced(stage: &Stage, customer: &str, at: &Organisation) -> (String, Option<String>) {
    stage.billing.sync_now(customer).await.unwrap();
    stage.terms(at).await
}

fn is(plan: &str, status: &str) -> (String, Option<String>) {
    (plan.to_owned(), Some(status.to_owned()))
}

#[tokio::test]
async fn a_trial_ends_with_a_card_and_without() {
    let stage = Stage::set().await;
    let (acme, bolt) = (&stage.world.acme, &stage.world.bolt);
    let clock = stage.account.clock().await;
    let paying = stage.customer(acme, Some("pm_card_visa"), Some(&clock)).await;
    let leaving = stage.customer(bolt, None, Some(&clock)).await;
    for customer in [&paying, &leaving] {
        stage.account.subscribe(customer, "tenantry_team_monthly", Some(14)).await;
    }
    assert_eq!(synced(&stage, &paying, acme).await, is("team", "trialing"));
    assert_eq!(synced(&stage, &leaving, bolt).await, is("team", "trialing"));
    stage.account.days_go_by(&clock, 15).await;
    assert_eq!(synced(&stage, &paying, acme).await, is("team", "active"));
    assert_eq!(synced(&stage, &leaving, bolt).await, is("free", "canceled"));
    // Nobody is removed for it: four are more than three, and stay.
    assert_eq!(standing(&stage, acme).await, Standing::Full);
}

#[tokio::test]
async fn a_failed_renewal_narrows_and_a_payment_gives_everything_back() {
    let stage = Stage::set().await;
    let acme = &stage.world.acme;
    let clock = stage.account.clock().await;
    let customer = stage.customer(acme, Some("pm_card_visa"), Some(&clock)).await;
    stage.account.subscribe(&customer, "tenantry_team_monthly", None).await;
    assert_eq!(synced(&stage, &customer, acme).await, is("team", "active"));
    // A renewal that works.
    stage.account.days_go_by(&clock, 32).await;
    assert_eq!(synced(&stage, &customer, acme).await, is("team", "active"));
    // And one that does not.
    stage.account.pays_with(&customer, "pm_card_chargeCustomerFail").await;
    stage.account.days_go_by(&clock, 32).await;
    assert_eq!(synced(&stage, &customer, acme).await, is("team", "past_due"));
    assert!(matches!(standing(&stage, acme).await, Standing::Grace { .. }));
    let since = async |days: i32| {
        let sql = "update tenantry.organisations set past_due_since = now() - make_interval(days => $1) where id = 'org_acme'";
        stage.admin.execute(sql, &[&days]).await.unwrap();
    };
    since(8).await;
    assert!(matches!(standing(&stage, acme).await, Standing::Restricted { .. }));
    let refused = stage.world.org("ada", acme).write().await.unwrap().require(Permission::MembersInvite);
    assert!(matches!(refused, Err(Refusal::LimitReached { code: "payment_overdue", .. })));
    since(22).await;
    assert_eq!(standing(&stage, acme).await, Standing::ReadOnly(Unpaid::Overdue));
    let tx = stage.world.org("ada", acme).write().await.unwrap();
    for (permission, refused) in [
        (Permission::RunsWork, true),
        (Permission::ProceduresManage, true),
        (Permission::RunsRead, false),
        (Permission::MembersManage, false),
        (Permission::BillingManage, false),
        (Permission::AuditRead, false),
    ] {
        assert_eq!(tx.require(permission).is_err(), refused, "{permission}");
    }
    drop(tx);
    // Being looked at again does not begin the count anew.
    assert_eq!(synced(&stage, &customer, acme).await, is("team", "past_due"));
    assert_eq!(standing(&stage, acme).await, Standing::ReadOnly(Unpaid::Overdue));
    // Paid.
    stage.account.pays_with(&customer, "pm_card_visa").await;
    let open = stage.account.says(&format!("/v1/invoices?customer={customer}&status=open")).await;
    let invoice = open["data"][0]["id"].as_str().unwrap();
    stage.account.does(&format!("/v1/invoices/{invoice}/pay"), &[]).await;
    assert_eq!(synced(&stage, &customer, acme).await, is("team", "active"));
    assert_eq!(standing(&stage, acme).await, Standing::Full);
}

#[tokio::test]
async fn nobody_pays_to_the_end_and_the_plan_is_free_again() {
    let stage = Stage::set().await;
    let acme = &stage.world.acme;
    let clock = stage.account.clock().await;
    let customer = stage.customer(acme, Some("pm_card_visa"), Some(&clock)).await;
    stage.account.subscribe(&customer, "tenantry_business_monthly", None).await;
    stage.account.pays_with(&customer, "pm_card_chargeCustomerFail").await;
    stage.account.days_go_by(&clock, 32).await;
    assert_eq!(synced(&stage, &customer, acme).await, is("business", "past_due"));
    for _ in 0..4 {
        stage.account.days_go_by(&clock, 7).await;
        stage.billing.sync_now(&customer).await.unwrap();
    }
    assert_eq!(stage.terms(acme).await, is("free", "canceled"));
    assert_eq!(standing(&stage, acme).await, Standing::Full);
}

#[tokio::test]
async fn upgrades_are_at_once_ends_wait_and_can_be_taken_back() {
    let stage = Stage::set().await;
    let acme = &stage.world.acme;
    let clock = stage.account.clock().await;
    let customer = stage.customer(acme, Some("pm_card_visa"), Some(&clock)).await;
    let subscription = stage.account.subscribe(&customer, "tenantry_team_monthly", None).await;
    assert_eq!(synced(&stage, &customer, acme).await, is("team", "active"));
    let org = stage.world.org("ben", acme);
    let (_, page) = org.read(domain::billing::show()).await.unwrap();
    // What Stripe says that it costs is what it takes.
    stage.account.days_go_by(&clock, 10).await;
    let preview = stage.billing.preview(&page.account, "tenantry_business_monthly").await.unwrap();
    let (item, price) =
        (page.account.live().unwrap().item.clone(), stage.account.price("tenantry_business_monthly").await);
    let form = [("items[0][id]", item.as_str()), ("items[0][price]", &price), ("proration_behavior", "always_invoice")];
    stage.account.does(&format!("/v1/subscriptions/{}", subscription.id), &form).await;
    assert_eq!(synced(&stage, &customer, acme).await, is("business", "active"));
    let invoices = stage.account.says(&format!("/v1/invoices?customer={customer}&limit=1")).await;
    assert_eq!(invoices["data"][0]["amount_due"].as_i64(), preview.today);
    assert!(preview.today.is_some_and(|today| (4000..5500).contains(&today)), "{preview:?}");
    // An end that was asked for, taken back, and asked for again.
    let path = format!("/v1/subscriptions/{}", subscription.id);
    stage.account.does(&path, &[("cancel_at", "min_period_end")]).await;
    assert_eq!(synced(&stage, &customer, acme).await, is("business", "active"));
    let ends = async || org.read(domain::billing::show()).await.unwrap().1.account.live().unwrap().cancel_at;
    assert!(ends().await.is_some());
    stage.billing.keep(&org).await.unwrap();
    assert!(ends().await.is_none());
    stage.account.does(&path, &[("cancel_at_period_end", "true")]).await;
    stage.billing.sync_now(&customer).await.unwrap();
    assert!(ends().await.is_some());
    stage.account.days_go_by(&clock, 32).await;
    assert_eq!(synced(&stage, &customer, acme).await, is("free", "canceled"));
}

#[tokio::test]
async fn a_customer_that_is_gone_makes_room_for_another() {
    let stage = Stage::set().await;
    let acme = &stage.world.acme;
    let org = stage.world.org("ada", acme);
    let customer = stage.customer(acme, Some("pm_card_visa"), None).await;
    stage.account.subscribe(&customer, "tenantry_team_monthly", None).await;
    assert_eq!(synced(&stage, &customer, acme).await, is("team", "active"));
    stage.account.stripe.delete_customer(&customer).await.unwrap();
    stage.billing.sync_now(&customer).await.unwrap();
    assert_eq!(stage.terms(acme).await, ("free".to_owned(), None));
    stage.billing.checkout(&org, "tenantry_team_monthly").await.unwrap();
    let new = domain::billing::customers::of(&stage.world.app, &acme.id).await.unwrap().unwrap();
    assert_ne!(new, customer);
    // Late news of the old one change nothing.
    assert_eq!(stage.billing.sync_now(&customer).await.unwrap(), billing::Synced::NotNeeded);
}
