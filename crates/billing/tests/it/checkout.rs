//! However many click, there is one customer and one way to pay.

use std::collections::BTreeSet;

use domain::Error as Refusal;
use futures_util::future::join_all;
use testkit::Organisation;

use crate::stage::Stage;

const TEAM: &str = "tenantry_team_monthly";
const BUSINESS: &str = "tenantry_business_yearly";
/// Of one organisation at the same time.
const CLICKS: usize = 50;

async fn sessions(stage: &Stage, customer: &str, status: &str) -> Vec<String> {
    let found =
        stage.account.says(&format!("/v1/checkout/sessions?customer={customer}&status={status}&limit=100")).await;
    found["data"].as_array().unwrap().iter().map(|one| one["url"].as_str().unwrap_or_default().to_owned()).collect()
}

async fn customers_of(stage: &Stage, at: &Organisation) -> Vec<String> {
    let found = stage.account.says(&format!("/v1/customers/search?query=metadata['org_id']:'{}'", at.id)).await;
    found["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

/// CLICKING_ORGANISATIONS says of how many; `script/test` asks for 200.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_clicks_at_once_end_in_one_customer_and_one_open_checkout() {
    let count = testkit::number_from("CLICKING_ORGANISATIONS", 4);
    let stage = Stage::set().await;
    for at in stage.organisations("click", usize::try_from(count).unwrap()).await {
        let org = stage.world.org("ada", &at);
        let click = |number: usize| {
            let (billing, org) = (stage.billing.clone(), org.clone());
            // Two prices at the same time, as two people might.
            async move { billing.checkout(&org, if number.is_multiple_of(5) { BUSINESS } else { TEAM }).await }
        };
        let answers = join_all((0..CLICKS).map(click)).await;
        let urls: BTreeSet<String> = answers.iter().filter_map(|answer| answer.as_ref().ok().cloned()).collect();
        for answer in &answers {
            if let Err(error) = answer {
                let told = matches!(
                    error,
                    billing::Error::Domain(Refusal::Conflict { code: "another_price_chosen" | "rights_changed", .. })
                );
                // Fifty are more than there are connections.
                let crowded = matches!(error, billing::Error::Domain(Refusal::Database(error)) if error.is_passing());
                assert!(told || crowded || error.is_transient(), "{error}");
            }
        }
        let customers = customers_of(&stage, &at).await;
        assert_eq!(customers.len(), 1, "{}", at.slug);
        let open = sessions(&stage, &customers[0], "open").await;
        assert!(open.len() <= 1, "{}: {open:?}", at.slug);
        // Whoever was sent somewhere last can pay there: one click more leads to it.
        let url = stage.billing.checkout(&org, TEAM).await.unwrap();
        assert_eq!(sessions(&stage, &customers[0], "open").await, [url]);
        assert!(!urls.is_empty());
    }
}

#[tokio::test]
async fn the_same_price_leads_to_the_same_page_and_another_one_closes_it() {
    let stage = Stage::set().await;
    let org = stage.world.org("ada", &stage.world.bolt);
    assert!(
        matches!(stage.billing.checkout(&org, TEAM).await, Err(billing::Error::Domain(Refusal::NotFound))),
        "not hers"
    );
    let org = stage.world.org("ben", &stage.world.acme);
    let first = stage.billing.checkout(&org, TEAM).await.unwrap();
    assert_eq!(stage.billing.checkout(&org, TEAM).await.unwrap(), first);
    let second = stage.billing.checkout(&org, BUSINESS).await.unwrap();
    assert_ne!(second, first);
    let customer = &customers_of(&stage, &stage.world.acme).await[0];
    assert_eq!(sessions(&stage, customer, "open").await, [second]);
    assert_eq!(sessions(&stage, customer, "expired").await.len(), 1);
}

#[tokio::test]
async fn only_who_manages_billing_may_and_nothing_but_the_price_is_theirs_to_say() {
    let stage = Stage::set().await;
    let member = stage.world.org("max", &stage.world.acme);
    assert!(matches!(stage.billing.checkout(&member, TEAM).await, Err(billing::Error::Domain(Refusal::Forbidden(_)))));
    let org = stage.world.org("ben", &stage.world.acme);
    for unknown in ["price_1", "", "tenantry_team_monthly'"] {
        let refused = stage.billing.checkout(&org, unknown).await;
        assert!(matches!(refused, Err(billing::Error::Domain(Refusal::Invalid(_)))), "{unknown}");
    }
    stage.billing.checkout(&org, TEAM).await.unwrap();
    let customer = &customers_of(&stage, &stage.world.acme).await[0];
    let found = stage.account.says(&format!("/v1/checkout/sessions?customer={customer}")).await;
    let session = &found["data"][0];
    assert_eq!(session["amount_total"], 0, "a first subscription begins with a trial");
    assert_eq!(session["client_reference_id"], stage.world.acme.id.as_str());
    let of_nobody = stage.account.says(&format!("/v1/customers/{customer}")).await;
    assert_eq!(of_nobody["name"], "The acme company");
    assert_eq!(of_nobody["email"], serde_json::Value::Null, "a customer is an organisation, and no person");
}

#[tokio::test]
async fn whoever_has_a_subscription_does_not_buy_another() {
    let stage = Stage::set().await;
    let acme = &stage.world.acme;
    let customer = stage.customer(acme, Some("pm_card_visa"), None).await;
    // Made at the dashboard: no event of it has come.
    stage.account.subscribe(&customer, TEAM, None).await;
    let refused = stage.billing.checkout(&stage.world.org("ada", acme), TEAM).await;
    assert!(matches!(refused, Err(billing::Error::Domain(Refusal::Conflict { code: "already_subscribed", .. }))));
    assert!(sessions(&stage, &customer, "open").await.is_empty());
    // And it is known from then on.
    assert_eq!(stage.terms(acme).await, ("team".to_owned(), Some("active".to_owned())));
}
