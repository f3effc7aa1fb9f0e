//! Actor tokens: a link by which somebody acts in a person's name.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::{HOUR, MINUTE, Millis, SECOND};
use crate::errors::ApiError;
use crate::ids;
use crate::records::Metadata;
use crate::state::State;

/// How long a token works unless it says otherwise.
const LIFE: Millis = HOUR;
/// How long the session that it makes lives unless it says otherwise.
const SESSION_LIFE: Millis = 30 * MINUTE;

/// One token.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct ActorToken {
    pub(crate) id: String,
    /// Whose name it is.
    pub(crate) user_id: String,
    /// Who acts in it: the `act` claim of the session's tokens.
    pub(crate) actor: Metadata,
    pub(crate) ticket: String,
    pub(crate) session_life: Millis,
    status: ActorTokenStatus,
    expires_at: Millis,
    created_at: Millis,
    updated_at: Millis,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum ActorTokenStatus {
    Pending,
    Accepted,
    Revoked,
}

/// What a token is to be.
#[derive(Debug)]
pub(crate) struct NewActorToken {
    pub(crate) user_id: String,
    pub(crate) actor: Metadata,
    pub(crate) expires_in_seconds: Option<u32>,
    pub(crate) session_max_duration_in_seconds: Option<u32>,
}

impl State {
    /// A token for a person's name.
    pub(crate) fn create_actor_token(&mut self, new: NewActorToken, now: Millis) -> Result<ActorToken, ApiError> {
        if !self.users.contains_key(&new.user_id) {
            return Err(ApiError::not_found("user", &new.user_id));
        }
        if new.actor.get("sub").and_then(Value::as_str).unwrap_or_default().is_empty() {
            return Err(ApiError::invalid("actor", "actor needs a sub: the id of whoever acts."));
        }
        let millis = |seconds| Millis::from(seconds) * SECOND;
        let token = ActorToken {
            id: ids::fresh("act_"),
            user_id: new.user_id,
            actor: new.actor,
            ticket: ids::letters(48),
            session_life: new.session_max_duration_in_seconds.map_or(SESSION_LIFE, millis),
            status: ActorTokenStatus::Pending,
            expires_at: now + new.expires_in_seconds.map_or(LIFE, millis),
            created_at: now,
            updated_at: now,
        };
        self.actor_tokens.insert(token.id.clone(), token.clone());
        Ok(token)
    }

    /// Takes a token back.
    pub(crate) fn revoke_actor_token(&mut self, id: &str, now: Millis) -> Result<ActorToken, ApiError> {
        let token = self.actor_tokens.get_mut(id).ok_or_else(|| ApiError::not_found("actor token", id))?;
        let is = match token.status {
            ActorTokenStatus::Pending => {
                token.status = ActorTokenStatus::Revoked;
                token.updated_at = now;
                return Ok(token.clone());
            }
            ActorTokenStatus::Accepted => "accepted",
            ActorTokenStatus::Revoked => "revoked",
        };
        Err(ApiError::bad_request(
            "actor_token_cannot_be_revoked_code",
            format!("Actor token cannot be revoked because its status is {is}. Only pending tokens can be revoked."),
        ))
    }

    /// What stands in the way of using a token.
    pub(crate) fn check_actor_token(&self, token: &ActorToken, now: Millis) -> Result<(), ApiError> {
        let (code, message) = match token.status {
            ActorTokenStatus::Accepted => (
                "actor_token_already_used_code",
                "This actor token has already been used. Each token can only be used once.",
            ),
            ActorTokenStatus::Revoked => {
                ("actor_token_revoked_code", "This actor token has been revoked and cannot be used anymore.")
            }
            ActorTokenStatus::Pending if token.expires_at <= now => {
                ("ticket_expired_code", "The actor token has expired.")
            }
            ActorTokenStatus::Pending => return Ok(()),
        };
        Err(ApiError::bad_request(code, message))
    }

    /// Uses a token up.
    pub(crate) fn spend_actor_token(&mut self, id: &str, now: Millis) {
        if let Some(token) = self.actor_tokens.get_mut(id) {
            token.status = ActorTokenStatus::Accepted;
            token.updated_at = now;
        }
    }

    /// The object, with the secret only while it can be used.
    pub(crate) fn actor_token_json(&self, token: &ActorToken) -> Value {
        let pending = token.status == ActorTokenStatus::Pending;
        let mut json = json!({
            "object": "actor_token",
            "id": token.id,
            "user_id": token.user_id,
            "actor": token.actor,
            "status": token.status,
            "url": pending.then(|| self.ticket_url(&token.ticket)),
            "created_at": token.created_at,
            "updated_at": token.updated_at,
        });
        if pending {
            json["token"] = token.ticket.clone().into();
        }
        json
    }
}
