//! Clerk's events are hints: whom they speak of is looked up at Clerk as it is now.

use domain::inbound_events;
use serde_json::Value;
use tenancy::{OrganisationId, UserId};
use uuid::Uuid;

use crate::{Failure, State};

/// Whom an event speaks of.
#[derive(Debug, PartialEq, Eq)]
enum Subject {
    Person(UserId),
    Organisation(OrganisationId),
    /// Recorded, and nothing of ours depends on it.
    Nobody,
}

pub(crate) async fn apply(state: &State, payload: &Value) -> Result<(), Failure> {
    let event: Uuid = payload["event"].as_str().and_then(|id| id.parse().ok()).ok_or(Failure::Payload)?;
    let recorded = inbound_events::load(&state.database, event).await?;
    let body: Value = serde_json::from_str(&recorded.body).map_err(|_| Failure::Payload)?;
    match subject(&recorded.kind, &body["data"]).ok_or(Failure::Payload)? {
        Subject::Person(user) => state.mirror.user(&user).await?,
        Subject::Organisation(organisation) => state.mirror.organisation(&organisation).await?,
        Subject::Nobody => tracing::debug!(kind = recorded.kind, "nothing to do for this event"),
    }
    Ok(inbound_events::processed(&state.database, event).await?)
}

/// `None` when an event of a kind we know does not name whom it speaks of.
fn subject(kind: &str, data: &Value) -> Option<Subject> {
    let person = |id: &Value| UserId::parse(id.as_str()?).ok().map(Subject::Person);
    match kind.split_once('.').map_or(kind, |(noun, _)| noun) {
        "user" => person(&data["id"]),
        "organizationMembership" => person(&data["public_user_data"]["user_id"]),
        "organization" => OrganisationId::parse(data["id"].as_str()?).ok().map(Subject::Organisation),
        _ => Some(Subject::Nobody),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_leads_to_whom_it_speaks_of() {
        let ada = || Some(Subject::Person(UserId::parse("user_ada").unwrap()));
        let member = json!({ "public_user_data": { "user_id": "user_ada" }, "organization": { "id": "org_acme" } });
        assert_eq!(subject("user.updated", &json!({ "id": "user_ada" })), ada());
        assert_eq!(subject("organizationMembership.deleted", &member), ada());
        let acme = OrganisationId::parse("org_acme").unwrap();
        assert_eq!(subject("organization.created", &json!({ "id": "org_acme" })), Some(Subject::Organisation(acme)));
        assert_eq!(subject("session.created", &json!({})), Some(Subject::Nobody));
        assert_eq!(subject("something.new", &json!({})), Some(Subject::Nobody));
        assert_eq!(subject("user.created", &json!({ "id": 7 })), None);
    }
}
