//! Two tabs were paid: one subscription goes on, and the organisation is told.

use domain::billing;

use crate::stage::Stage;

#[tokio::test]
async fn the_second_subscription_is_ended_credited_and_told() {
    let stage = Stage::set().await;
    let acme = &stage.world.acme;
    let customer = stage.customer(acme, Some("pm_card_visa"), None).await;
    let first = stage.account.subscribe(&customer, "tenantry_team_monthly", None).await;
    stage.billing.sync_now(&customer).await.unwrap();
    let second = stage.account.subscribe(&customer, "tenantry_business_monthly", None).await;
    stage.billing.sync_now(&customer).await.unwrap();
    let status = async |id: &str| {
        stage.account.says(&format!("/v1/subscriptions/{id}")).await["status"].as_str().unwrap().to_owned()
    };
    assert_eq!((status(&first.id).await, status(&second.id).await), ("active".to_owned(), "canceled".to_owned()));
    // What was paid for it is credit.
    let balance = stage.account.says(&format!("/v1/customers/{customer}")).await["balance"].as_i64().unwrap();
    assert!((-9900..=-9890).contains(&balance), "{balance}");
    let (_, page) = stage.world.org("ben", acme).read(billing::show()).await.unwrap();
    let doubled = page.account.doubled.unwrap();
    assert_eq!((doubled.kept, doubled.ended), (first.id, second.id));
    assert_eq!(page.account.balance, balance);
    let told = "select count(*) from tenantry.audit_log where organisation_id = $1 and action = 'billing.second_subscription_ended'";
    assert_eq!(stage.admin.query_one(told, &[&acme.id.as_str()]).await.unwrap().get::<_, i64>(0), 1);
    // Nothing of it a second time.
    stage.billing.sync_now(&customer).await.unwrap();
    assert_eq!(stage.admin.query_one(told, &[&acme.id.as_str()]).await.unwrap().get::<_, i64>(0), 1);
}
