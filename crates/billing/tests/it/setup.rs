//! What stands at Stripe beside what should: each difference is named, and mended by one run.

use crate::stage::StripeAccount;

#[tokio::test]
async fn a_portal_that_somebody_changed_at_the_dashboard_is_told_and_mended() {
    let account = StripeAccount::open().await;
    let defects = async || {
        let all = billing::setup::defects(&account.stripe, None).await.unwrap();
        all.into_iter().map(|defect| defect.what).collect::<Vec<_>>()
    };
    assert_eq!(defects().await, Vec::<String>::new());
    let all = account.says("/v1/billing_portal/configurations?active=true").await;
    let named = |name: &str| {
        let found = all["data"].as_array().unwrap().iter().find(|one| one["metadata"]["tenantry_portal"] == name);
        format!("/v1/billing_portal/configurations/{}", found.unwrap()["id"].as_str().unwrap())
    };
    let (manage, change) = (named("manage"), named("change-plan"));
    account.does(&manage, &[("features[customer_update][allowed_updates][0]", "email")]).await;
    account.does(&manage, &[("features[subscription_cancel][mode]", "immediately")]).await;
    // A price that is not sold, in the place of those that are.
    let team = account.price("tenantry_team_monthly").await;
    let products = "features[subscription_update][products][0]";
    account
        .does(
            &change,
            &[(&format!("{products}[product]"), "prod_tenantry_team"), (&format!("{products}[prices][0]"), &team)],
        )
        .await;
    let told = defects().await;
    let expected = [
        "manage differs in customer_update.allowed_updates",
        "manage differs in subscription_cancel.mode",
        "change-plan differs in subscription_update.products",
    ];
    assert_eq!(told.len(), expected.len(), "{told:?}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.contains(expected) && told.contains("run `tenantry stripe setup`"), "{told}");
    }
    let changed = async || {
        let done = billing::setup::set_up(&account.stripe, None).await.unwrap();
        done.steps.into_iter().filter(|step| step.changed).map(|step| step.what).collect::<Vec<_>>()
    };
    assert_eq!(changed().await, ["portal configuration manage", "portal configuration change-plan"]);
    assert_eq!(defects().await, Vec::<String>::new());
    assert_eq!(changed().await, Vec::<String>::new(), "a second run has nothing to do");
}
