//! Sign-in tokens: a link by which a server lets a person in without a code.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::{DAY, Millis, SECOND};
use crate::errors::ApiError;
use crate::ids;
use crate::state::State;

/// How long a token works unless it says otherwise.
const LIFE: Millis = 30 * DAY;

/// One token.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct SignInToken {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) ticket: String,
    status: SignInTokenStatus,
    expires_at: Millis,
    created_at: Millis,
    updated_at: Millis,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum SignInTokenStatus {
    Pending,
    Accepted,
    Revoked,
}

impl State {
    /// A token for a person, which works for so many seconds.
    pub(crate) fn create_sign_in_token(
        &mut self,
        user_id: &str,
        seconds: Option<u32>,
        now: Millis,
    ) -> Result<SignInToken, ApiError> {
        if !self.users.contains_key(user_id) {
            return Err(ApiError::not_found("user", user_id));
        }
        let token = SignInToken {
            id: ids::fresh("sit_"),
            user_id: user_id.to_owned(),
            ticket: ids::letters(48),
            status: SignInTokenStatus::Pending,
            expires_at: now + seconds.map_or(LIFE, |seconds| Millis::from(seconds) * SECOND),
            created_at: now,
            updated_at: now,
        };
        self.sign_in_tokens.insert(token.id.clone(), token.clone());
        Ok(token)
    }

    /// Takes a token back.
    pub(crate) fn revoke_sign_in_token(&mut self, id: &str, now: Millis) -> Result<SignInToken, ApiError> {
        let token = self.sign_in_tokens.get_mut(id).ok_or_else(|| ApiError::not_found("sign in token", id))?;
        if token.status == SignInTokenStatus::Accepted {
            return Err(used());
        }
        token.status = SignInTokenStatus::Revoked;
        token.updated_at = now;
        Ok(token.clone())
    }

    /// What stands in the way of using a token.
    pub(crate) fn check_sign_in_token(&self, token: &SignInToken, now: Millis) -> Result<(), ApiError> {
        match token.status {
            SignInTokenStatus::Accepted => Err(used()),
            SignInTokenStatus::Revoked => Err(ApiError::bad_request(
                "sign_in_token_revoked_code",
                "This sign in token has been revoked and cannot be used anymore.",
            )),
            SignInTokenStatus::Pending if token.expires_at <= now => {
                Err(ApiError::bad_request("ticket_expired_code", "The sign in token has expired."))
            }
            SignInTokenStatus::Pending => Ok(()),
        }
    }

    /// Uses a token up.
    pub(crate) fn spend_sign_in_token(&mut self, id: &str, now: Millis) {
        if let Some(token) = self.sign_in_tokens.get_mut(id) {
            token.status = SignInTokenStatus::Accepted;
            token.updated_at = now;
        }
    }

    /// The object, with the secret only while it can be used.
    pub(crate) fn sign_in_token_json(&self, token: &SignInToken) -> Value {
        let pending = token.status == SignInTokenStatus::Pending;
        let mut json = json!({
            "object": "sign_in_token",
            "id": token.id,
            "user_id": token.user_id,
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

fn used() -> ApiError {
    ApiError::bad_request(
        "sign_in_token_already_used_code",
        "This sign in token has already been used. Each token can only be used once.",
    )
}
