//! Clerk's events are hints: whom they speak of is looked up at Clerk as it is now.

use domain::inbound_events;
use domain::lifecycle::erasure;
use serde_json::Value;
use tenancy::{OrganisationId, UserId};
use uuid::Uuid;

use crate::{Failure, State};

/// Whom an event speaks of.
#[derive(Debug, PartialEq, Eq)]
enum Subject {
    Person(UserId),
    Organisation(OrganisationId),
    /// A session that is over. The one thing that is believed as it is told: nothing brings a session back.
    EndedSession(UserId, String),
    /// Recorded, and nothing of ours depends on it.
    Nobody,
}

pub(crate) async fn apply(state: &State, payload: &Value) -> Result<(), Failure> {
    let event: Uuid = payload["event"].as_str().and_then(|id| id.parse().ok()).ok_or(Failure::Payload)?;
    let recorded = inbound_events::load(&state.database, event).await?;
    look_into(state, &recorded.kind, &recorded.body).await?;
    if let Some(organisation) = organisation(&recorded.body)
        && erasure::is_erased(&state.database, &organisation, "").await?
    {
        return Ok(inbound_events::emptied(&state.database, event).await?);
    }
    Ok(inbound_events::processed(&state.database, event).await?)
}

/// The organisation that an event speaks of, or speaks of beside a person.
fn organisation(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    let named = [&body["data"]["organization"]["id"], &body["data"]["organization_id"], &body["data"]["id"]];
    named.into_iter().filter_map(Value::as_str).find(|id| id.starts_with("org_")).map(str::to_owned)
}

async fn look_into(state: &State, kind: &str, body: &str) -> Result<(), Failure> {
    let body: Value = serde_json::from_str(body).map_err(|_| Failure::Payload)?;
    if let Some(instance) = body["instance_id"].as_str()
        && !state.mirror.is_ours(instance).await?
    {
        return Err(Failure::ForeignInstance(instance.to_owned()));
    }
    match subject(kind, &body["data"]).ok_or(Failure::Payload)? {
        Subject::Person(user) => state.mirror.user(&user).await?,
        Subject::Organisation(organisation) => state.mirror.organisation(&organisation).await?,
        Subject::EndedSession(user, session) => state.mirror.session_ended(&user, &session).await?,
        Subject::Nobody => tracing::debug!(kind, "nothing to do for this event"),
    }
    Ok(())
}

/// `None` when an event of a kind we know does not name whom it speaks of.
fn subject(kind: &str, data: &Value) -> Option<Subject> {
    let person = |id: &Value| UserId::parse(id.as_str()?).ok().map(Subject::Person);
    let (noun, verb) = kind.split_once('.').unwrap_or((kind, ""));
    match noun {
        "session" if matches!(verb, "ended" | "removed" | "revoked") => {
            let user = UserId::parse(data["user_id"].as_str()?).ok()?;
            Some(Subject::EndedSession(user, data["id"].as_str()?.to_owned()))
        }
        "user" => person(&data["id"]),
        "organizationMembership" => person(&data["public_user_data"]["user_id"]),
        "organization" => OrganisationId::parse(data["id"].as_str()?).ok().map(Subject::Organisation),
        _ => Some(Subject::Nobody),
    }
}

#[cfg(test)]
mod tests;
