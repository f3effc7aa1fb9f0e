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
async fn each_failed_attempt_is_told_once_to_whoever_looks_after_billing() {
    let stage = Stage::set().await;
    let acme = &stage.world.acme;
    let clock = stage.account.clock().await;
    let customer = stage.customer(acme, Some("pm_card_visa"), Some(&clock)).await;
    stage.account.does(&format!("/v1/customers/{customer}"), &[("email", "Books@acme.example")]).await;
    stage.account.subscribe(&customer, "tenantry_team_monthly", None).await;
    let mails = async || {
        let sql = "select key, address, notice from tenantry.mails order by key, address";
        let rows = stage.admin.query(sql, &[]).await.unwrap();
        rows.iter()
            .map(|row| (row.get(0), row.get(1), row.get(2)))
            .collect::<Vec<(String, String, serde_json::Value)>>()
    };
    synced(&stage, &customer, acme).await;
    assert!(mails().await.is_empty(), "all is paid");
    stage.account.pays_with(&customer, "pm_card_chargeCustomerFail").await;
    stage.account.days_go_by(&clock, 32).await;
    for _ in 0..2 {
        assert_eq!(synced(&stage, &customer, acme).await, is("team", "past_due"));
    }
    let told = mails().await;
    let to: Vec<&str> = told.iter().map(|(_, address, _)| address.as_str()).collect();
    assert_eq!(to, ["ada@example.test", "ben@example.test", "books@acme.example"]);
    let (key, _, notice) = &told[0];
    assert!(key.starts_with("payment_failed:in_") && key.ends_with(":1"), "{key}");
    assert_eq!(notice["owed"], serde_json::json!({ "minor": 2900, "currency": "usd" }));
    assert_eq!(notice["billing"], "/orgs/acme/settings/billing");
    assert!(notice["next_try"].is_string() && notice["invoice"].is_string(), "{notice}");
    // The next attempt.
    stage.account.days_go_by(&clock, 2).await;
    for _ in 0..2 {
        synced(&stage, &customer, acme).await;
    }
    let told = mails().await;
    assert_eq!(told.len(), 6, "{told:?}");
    assert!(told[3].0.ends_with(":2"), "{told:?}");
}

/// The address is Stripe's too, and would come back with the next look.
#[tokio::test]
async fn invoices_of_somebody_who_is_forgotten_go_to_an_admin() {
    let stage = Stage::set().await;
    let acme = &stage.world.acme;
    let customer = stage.customer(acme, Some("pm_card_visa"), None).await;
    stage.account.does(&format!("/v1/customers/{customer}"), &[("email", "max@example.test")]).await;
    stage.account.subscribe(&customer, "tenantry_team_monthly", None).await;
    synced(&stage, &customer, acme).await;
    let known = async || {
        let sql =
            "select billing_email, email_forgotten from tenantry.billing_accounts where organisation_id = 'org_acme'";
        let row = stage.admin.query_one(sql, &[]).await.unwrap();
        (row.get::<_, Option<String>>(0), row.get::<_, bool>(1))
    };
    assert_eq!(known().await, (Some("max@example.test".to_owned()), false));
    let gone = "update tenantry.users set deleted_at = now() where id = 'user_max'";
    stage.admin.batch_execute(gone).await.unwrap();
    let worker = stage.world.database.worker().await;
    domain::forgetting::forget(&worker, &testkit::user("max")).await.unwrap();
    assert_eq!(known().await, (None, true));
    for _ in 0..2 {
        synced(&stage, &customer, acme).await;
        assert_eq!(known().await, (Some("ada@example.test".to_owned()), false));
        let says = stage.account.says(&format!("/v1/customers/{customer}")).await;
        assert_eq!(says["email"], "ada@example.test");
    }
    let sql = "select count(*) from tenantry.audit_log where organisation_id = 'org_acme' and before::text || after::text like '%max@%'";
    assert_eq!(stage.admin.query_one(sql, &[]).await.unwrap().get::<_, i64>(0), 0);
    assert_eq!(domain::audit_log::verify(&worker, &acme.id).await.unwrap(), None);
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
