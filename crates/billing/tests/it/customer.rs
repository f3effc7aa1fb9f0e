//! The customer: found again where it was made and not written down, and called as its organisation is.

use domain::directory::{self, OrganisationRecord};
use serde_json::{Value, json};
use testkit::Organisation;

use crate::stage::Stage;

const TEAM: &str = "tenantry_team_monthly";

async fn customers(stage: &Stage) -> Vec<String> {
    let all = stage.account.says("/v1/customers?limit=100").await;
    all["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_customer_that_was_not_written_down_is_found_after_its_key_is_forgotten() {
    let stage = Stage::set().await;
    let acme = &stage.world.acme;
    stage.asked_ago(acme, 25).await;
    // Bolt's is no answer to what is asked for Acme.
    stage.account.customer(&stage.world.bolt, None, None).await;
    let lost = stage.account.customer(acme, None, None).await;
    stage.billing.checkout(&stage.world.org("ada", acme), TEAM).await.unwrap();
    let counts = domain::billing::customers::of(&stage.world.app, &acme.id).await.unwrap();
    assert_eq!(counts.as_deref(), Some(&*lost));
    assert_eq!(customers(&stage).await.len(), 2, "none was made");
}

#[tokio::test]
async fn it_is_found_in_the_list_where_search_is_late() {
    let stage = Stage::set().await;
    let acme = &stage.world.acme;
    stage.asked_ago(acme, 25).await;
    let search = format!("/v1/customers/search?query=metadata['org_id']:'{}'", acme.id);
    assert_eq!(stage.account.says(&search).await["data"], json!([]));
    let lost = stage.account.customer(acme, None, None).await;
    let late = json!({ "kind": "stale", "api": "stripe", "path": "/v1/customers/search" });
    stage.account.control("/faults", &late).await;
    assert_eq!(stage.account.says(&search).await["data"], json!([]), "search knows nothing of it");
    stage.billing.checkout(&stage.world.org("ada", acme), TEAM).await.unwrap();
    assert_eq!(customers(&stage).await, [lost]);
}

#[tokio::test]
async fn where_there_is_none_one_is_made_and_what_is_known_already_is_nobodys_to_find() {
    let stage = Stage::set().await;
    let acme = &stage.world.acme;
    stage.asked_ago(acme, 25).await;
    // Somebody at the dashboard has put Acme's name on Bolt's customer.
    let bolts = stage.customer(&stage.world.bolt, None, None).await;
    stage.account.does(&format!("/v1/customers/{bolts}"), &[("metadata[org_id]", acme.id.as_str())]).await;
    stage.billing.checkout(&stage.world.org("ada", acme), TEAM).await.unwrap();
    let counts = domain::billing::customers::of(&stage.world.app, &acme.id).await.unwrap().unwrap();
    assert_ne!(counts, bolts);
    assert_eq!(customers(&stage).await.len(), 2);
}

async fn rename(stage: &Stage, at: &Organisation, name: &str) {
    let record = OrganisationRecord::new(at.id.clone(), Some(&at.slug), name);
    let now = directory::now(&stage.world.app).await.unwrap();
    directory::record_organisation(&stage.world.app, &record, now).await.unwrap();
}

async fn jobs(stage: &Stage) -> i64 {
    let sql = "select count(*) from tenantry.jobs where kind = 'sync_billing' and organisation_id = 'org_acme'";
    stage.admin.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_new_name_is_told_at_once_and_only_where_there_is_a_customer() {
    let stage = Stage::set().await;
    let acme = &stage.world.acme;
    rename(&stage, acme, "Acme Foods").await;
    assert_eq!(jobs(&stage).await, 0, "nobody to tell");
    let customer = stage.customer(acme, None, None).await;
    stage.account.does(&format!("/v1/customers/{customer}"), &[("name", "Acme Foods")]).await;
    stage.billing.sync_now(&customer).await.unwrap();
    rename(&stage, acme, "Acme Foods").await;
    assert_eq!(jobs(&stage).await, 0, "nothing new");
    rename(&stage, acme, "Acme Fine Foods").await;
    assert_eq!(jobs(&stage).await, 1);
    // What the job does.
    stage.billing.sync_organisation(&acme.id).await.unwrap();
    let told: Value = stage.account.says(&format!("/v1/customers/{customer}")).await;
    assert_eq!(told["name"], "Acme Fine Foods");
}
