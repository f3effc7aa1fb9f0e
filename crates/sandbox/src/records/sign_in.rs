//! Attempts to sign in by a code to one's address, or by a password.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::{DAY, Millis};
use crate::errors::ApiError;
use crate::ids;
use crate::records::{Challenge, Session, Ticket};
use crate::state::State;

/// One attempt, kept with its client.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct SignIn {
    pub(crate) id: String,
    user_id: String,
    /// The address as kept.
    pub(crate) identifier: String,
    email_address_id: String,
    challenge: Option<Challenge>,
    created_session_id: Option<String>,
    /// Whether a password was what let the person in.
    #[serde(default)]
    by_password: bool,
    created_at: Millis,
}

impl SignIn {
    pub(crate) fn is_complete(&self) -> bool {
        self.created_session_id.is_some()
    }

    /// How the person proved who they are.
    pub(crate) fn strategy(&self) -> &'static str {
        match (self.by_password, &self.challenge) {
            (true, _) => "password",
            (false, Some(_)) => "email_code",
            (false, None) => "ticket",
        }
    }

    /// Whether a code has been asked for.
    pub(crate) fn has_code(&self) -> bool {
        self.challenge.is_some()
    }
}

impl State {
    /// Begins to sign in with an address somebody has.
    pub(crate) fn create_sign_in(
        &mut self,
        client_id: &str,
        identifier: &str,
        now: Millis,
    ) -> Result<SignIn, ApiError> {
        let sign_in = self.new_sign_in(client_id, identifier, now)?;
        self.client_mut(client_id)?.sign_in = Some(sign_in.clone());
        Ok(sign_in)
    }

    /// Signs in with an address and a password in one step.
    pub(crate) fn create_sign_in_by_password(
        &mut self,
        client_id: &str,
        identifier: &str,
        password: &str,
        now: Millis,
    ) -> Result<SignIn, ApiError> {
        let sign_in = self.new_sign_in(client_id, identifier, now)?;
        self.finish_by_password(client_id, sign_in, password, now)
    }

    /// Tries a password for an attempt that has begun.
    pub(crate) fn attempt_sign_in_by_password(
        &mut self,
        client_id: &str,
        id: &str,
        password: &str,
        now: Millis,
    ) -> Result<SignIn, ApiError> {
        self.check_nobody_signed_in(client_id)?;
        let sign_in = self.sign_in(client_id, id)?;
        self.finish_by_password(client_id, sign_in, password, now)
    }

    fn finish_by_password(
        &mut self,
        client_id: &str,
        mut sign_in: SignIn,
        password: &str,
        now: Millis,
    ) -> Result<SignIn, ApiError> {
        let known = self.users.get(&sign_in.user_id).and_then(|user| user.password.as_ref()).ok_or_else(|| {
            ApiError::bad_request(
                "strategy_for_user_invalid",
                "The verification strategy is not valid for this account.",
            )
        })?;
        known.check("password", password)?;
        let session = self.create_session(client_id, &sign_in.user_id.clone(), None, now)?;
        sign_in.created_session_id = Some(session.id);
        sign_in.by_password = true;
        self.client_mut(client_id)?.sign_in = Some(sign_in.clone());
        Ok(sign_in)
    }

    fn new_sign_in(&self, client_id: &str, identifier: &str, now: Millis) -> Result<SignIn, ApiError> {
        self.check_nobody_signed_in(client_id)?;
        let user = self
            .user_by_email(identifier)
            .ok_or_else(|| ApiError::form("form_identifier_not_found", "identifier", "Couldn't find your account."))?;
        user.check_may_sign_in()?;
        let address = identifier.trim().to_lowercase();
        let email = user
            .email_addresses
            .iter()
            .find(|email| email.email_address == address)
            .ok_or_else(|| ApiError::missing("identifier"))?;
        Ok(SignIn {
            id: ids::fresh("sia_"),
            user_id: user.id.clone(),
            identifier: address,
            email_address_id: email.id.clone(),
            challenge: None,
            created_session_id: None,
            by_password: false,
            created_at: now,
        })
    }

    /// Sends a code for an attempt, a new one each time.
    pub(crate) fn prepare_sign_in(&mut self, client_id: &str, id: &str, now: Millis) -> Result<SignIn, ApiError> {
        let mut sign_in = self.sign_in(client_id, id)?;
        sign_in.challenge = Some(self.challenge(&sign_in.identifier, now));
        self.client_mut(client_id)?.sign_in = Some(sign_in.clone());
        Ok(sign_in)
    }

    /// Tries a code; the right one signs in.
    pub(crate) fn attempt_sign_in(
        &mut self,
        client_id: &str,
        id: &str,
        code: &str,
        now: Millis,
    ) -> Result<(SignIn, Session), ApiError> {
        self.check_nobody_signed_in(client_id)?;
        let mut sign_in = self.sign_in(client_id, id)?;
        let challenge = sign_in.challenge.as_mut().ok_or_else(|| {
            ApiError::bad_request(
                "verification_missing",
                "Ask for a code first: prepare_first_factor has not been called.",
            )
        })?;
        let outcome = challenge.attempt(code, now);
        self.client_mut(client_id)?.sign_in = Some(sign_in.clone());
        outcome?;
        let session = self.create_session(client_id, &sign_in.user_id.clone(), None, now)?;
        sign_in.created_session_id = Some(session.id.clone());
        self.client_mut(client_id)?.sign_in = Some(sign_in.clone());
        Ok((sign_in, session))
    }

    /// Signs in with a ticket: done at once, for the ticket proves who holds it.
    pub(crate) fn create_sign_in_by_ticket(
        &mut self,
        client_id: &str,
        ticket: &Ticket,
        now: Millis,
    ) -> Result<(SignIn, Session), ApiError> {
        let (user, session) = self.sign_in_by_ticket(client_id, ticket, now)?;
        let sign_in = SignIn {
            id: ids::fresh("sia_"),
            user_id: user.id.clone(),
            identifier: user.identifier().to_owned(),
            email_address_id: user.primary_email().map(|email| email.id.clone()).unwrap_or_default(),
            challenge: None,
            created_session_id: Some(session.id.clone()),
            by_password: false,
            created_at: now,
        };
        self.client_mut(client_id)?.sign_in = Some(sign_in.clone());
        Ok((sign_in, session))
    }

    /// The attempt of that id on the client.
    pub(crate) fn sign_in(&self, client_id: &str, id: &str) -> Result<SignIn, ApiError> {
        self.clients
            .get(client_id)
            .and_then(|client| client.sign_in.clone())
            .filter(|sign_in| sign_in.id == id)
            .ok_or_else(|| ApiError::not_found("sign in", id))
    }

    /// The sign-in object.
    pub(crate) fn sign_in_json(&self, sign_in: &SignIn, now: Millis) -> Value {
        let user = self.users.get(&sign_in.user_id);
        let status = if sign_in.is_complete() { "complete" } else { "needs_first_factor" };
        let code = json!({
            "strategy": "email_code",
            "safe_identifier": sign_in.identifier,
            "email_address_id": sign_in.email_address_id,
            "primary": user.and_then(|user| user.primary_email_address_id.as_ref()) == Some(&sign_in.email_address_id),
        });
        let password = user.and_then(|user| user.password.as_ref()).map(|_| json!({"strategy": "password"}));
        let verification = if sign_in.by_password {
            Some(json!({
                "object": "verification",
                "status": "verified",
                "strategy": "password",
                "attempts": null,
                "expire_at": null,
                "error": null,
                "verified_at_client": null,
            }))
        } else {
            sign_in.challenge.as_ref().map(|challenge| challenge.json(now))
        };
        json!({
            "object": "sign_in_attempt",
            "id": sign_in.id,
            "status": status,
            "supported_identifiers": ["email_address"],
            "supported_first_factors": password.into_iter().chain([code]).collect::<Vec<_>>(),
            "supported_second_factors": [],
            "first_factor_verification": verification,
            "second_factor_verification": null,
            "identifier": sign_in.identifier,
            "user_data": {
                "first_name": user.and_then(|user| user.first_name.as_deref()),
                "last_name": user.and_then(|user| user.last_name.as_deref()),
                "image_url": self.image_url(),
                "profile_image_url": self.image_url(),
                "has_image": false,
            },
            "created_session_id": sign_in.created_session_id,
            "abandon_at": sign_in.created_at + DAY,
        })
    }
}
