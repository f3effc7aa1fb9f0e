//! What is due is erased by whichever worker, in whatever state the vendors are; too much at once is not.

use serde_json::json;
use tenancy::OrganisationId;

use super::*;
use crate::stage::Stage;

/// An organisation at Clerk and here, deleted so long ago that it is due.
async fn due(stage: &Stage, name: &str) -> OrganisationId {
    let id = format!("org_{name}");
    stage.clerk.account().person("user_ada", "Ada");
    stage.clerk.account().organisation(&id, name, &format!("Canary {name}"));
    stage.clerk.account().member("user_ada", &id, "admin");
    let at = OrganisationId::parse(&id).unwrap();
    stage.state.mirror.user(&tenancy::UserId::parse("user_ada").unwrap()).await.unwrap();
    let sql = "update tenantry.organisations
                  set deleted_at = now() - interval '31 days', erase_at = now() - interval '1 day' where id = $1";
    assert_eq!(stage.admin.execute(sql, &[&id]).await.unwrap(), 1);
    at
}

async fn exists(stage: &Stage, at: &OrganisationId) -> bool {
    let sql = "select count(*) from tenantry.organisations where id = $1";
    stage.admin.query_one(sql, &[&at.as_str()]).await.unwrap().get::<_, i64>(0) == 1
}

#[tokio::test]
async fn more_than_may_be_at_once_are_an_alarm_and_none_is_touched() {
    let mut stage = Stage::set().await;
    stage.state.ends.most_erased = 2;
    let all = [due(&stage, "one").await, due(&stage, "two").await, due(&stage, "three").await];
    let erased = erase_due(&stage.state).await.unwrap();
    assert_eq!((erased.done.len(), erased.refused.len()), (0, 3));
    for at in &all {
        assert!(exists(&stage, at).await, "{at}");
    }
    let begun = "select count(*) from tenantry.erasures";
    assert_eq!(stage.admin.query_one(begun, &[]).await.unwrap().get::<_, i64>(0), 0);
    stage.state.ends.most_erased = 3;
    assert_eq!(erase_due(&stage.state).await.unwrap().done.len(), 3);
}

#[tokio::test]
async fn a_vendor_that_does_not_answer_stops_one_at_its_step_and_the_next_look_goes_on() {
    let stage = Stage::set().await;
    let at = due(&stage, "one").await;
    stage.clerk.account().refuse(&[503; 12]);
    let erased = erase_due(&stage.state).await.unwrap();
    assert_eq!((erased.done.len(), erased.stuck.len()), (0, 1));
    assert_eq!(erasure::step(&stage.state.database, &at).await.unwrap(), Step::Clerk);
    assert!(exists(&stage, &at).await, "its own row goes last");
    stage.clerk.account().refuse(&[]);
    let mut looks = 0;
    while erase_due(&stage.state).await.unwrap().done.is_empty() {
        looks += 1;
        assert!(looks < 12, "it never comes to its end");
    }
    assert!(!exists(&stage, &at).await);
    let told = stage.state.mirror.organisation(&at).await;
    assert!(told.is_ok() && !exists(&stage, &at).await, "Clerk does not have it, and asking brings nothing back");
}

#[tokio::test]
async fn what_clerk_says_of_it_afterwards_is_not_kept() {
    let stage = Stage::set().await;
    let at = due(&stage, "one").await;
    assert_eq!(erase_due(&stage.state).await.unwrap().done, std::slice::from_ref(&at));
    let gone = json!({ "id": at.as_str(), "object": "organization", "slug": "canary", "deleted": true });
    stage.record("msg_late", "organization.deleted", &gone).await;
    let member = json!({ "organization": { "id": at.as_str(), "name": "Canary one" }, "public_user_data": { "user_id": "user_ada" } });
    stage.record("msg_later", "organizationMembership.deleted", &member).await;
    let of_another = json!({ "id": "org_two", "object": "organization", "slug": "two", "deleted": true });
    stage.record("msg_other", "organization.deleted", &of_another).await;
    while crate::work_once(&stage.state).await.unwrap() > 0 {}
    let sql = "select event_id, body = '', processed_at is not null from tenantry.inbound_events order by event_id";
    let rows = stage.admin.query(sql, &[]).await.unwrap();
    let kept: Vec<(String, bool, bool)> = rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    let of = |id: &str, emptied| (id.to_owned(), emptied, true);
    assert_eq!(kept, [of("msg_late", true), of("msg_later", true), of("msg_other", false)]);
    assert!(!exists(&stage, &at).await);
}
