//! What an event leads to, and where any order of them ends.

mod crash;
mod histories;
mod permutations;

use serde_json::json;

use super::*;
use crate::stage::Stage;

#[test]
fn an_event_leads_to_whom_it_speaks_of() {
    let ada = || Some(Subject::Person(UserId::parse("user_ada").unwrap()));
    let member = json!({ "public_user_data": { "user_id": "user_ada" }, "organization": { "id": "org_acme" } });
    assert_eq!(subject("user.updated", &json!({ "id": "user_ada" })), ada());
    assert_eq!(subject("organizationMembership.deleted", &member), ada());
    let acme = OrganisationId::parse("org_acme").unwrap();
    assert_eq!(subject("organization.created", &json!({ "id": "org_acme" })), Some(Subject::Organisation(acme)));
    assert_eq!(subject("session.created", &json!({})), Some(Subject::Nobody));
    let session = json!({ "id": "sess_1", "user_id": "user_ada" });
    let ended = || Some(Subject::EndedSession(UserId::parse("user_ada").unwrap(), "sess_1".to_owned()));
    for kind in ["session.ended", "session.removed", "session.revoked"] {
        assert_eq!(subject(kind, &session), ended(), "{kind}");
    }
    assert_eq!(subject("session.ended", &json!({ "id": "sess_1" })), None);
    assert_eq!(subject("something.new", &json!({})), Some(Subject::Nobody));
    assert_eq!(subject("user.created", &json!({ "id": 7 })), None);
}

#[tokio::test]
async fn what_happened_in_another_instance_changes_nothing_and_waits_for_an_operator() {
    let Stage { clerk, state, .. } = Stage::set().await;
    clerk.account().person("user_ada", "Ada");
    let event = |instance: &str| json!({ "data": { "id": "user_ada" }, "instance_id": instance }).to_string();
    let foreign = look_into(&state, "user.created", &event("ins_other")).await.unwrap_err();
    assert!(matches!(foreign, Failure::ForeignInstance(_)) && foreign.is_hopeless());
    let known = async || domain::directory::person(&state.database, &UserId::parse("user_ada").unwrap(), None).await;
    assert!(known().await.unwrap().is_none());
    look_into(&state, "user.created", &event("ins_test")).await.unwrap();
    assert!(known().await.unwrap().is_some());
}
