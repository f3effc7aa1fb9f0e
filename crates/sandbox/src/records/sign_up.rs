//! Attempts to sign up with an address and a code.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::{DAY, Millis};
use crate::errors::ApiError;
use crate::ids;
use crate::records::email_address::email_taken;
use crate::records::user::check_name;
use crate::records::{Challenge, Metadata, NewUser, Password, Session, Ticket, User, check_email};
use crate::state::State;

/// One attempt, kept with its client.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct SignUp {
    pub(crate) id: String,
    /// Checked, in the form it will be kept in.
    pub(crate) email_address: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    unsafe_metadata: Metadata,
    #[serde(default)]
    password: Option<Password>,
    challenge: Option<Challenge>,
    created_user_id: Option<String>,
    created_session_id: Option<String>,
    created_at: Millis,
}

/// What a form says of a sign-up; what it does not say stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct SignUpFields {
    pub(crate) email_address: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) unsafe_metadata: Option<Metadata>,
    pub(crate) password: Option<String>,
}

impl SignUpFields {
    /// First and last name, checked.
    pub(crate) fn names(&self) -> Result<(Option<String>, Option<String>), ApiError> {
        let check = |param, name: &Option<String>| {
            Ok(name.as_deref().map(|name| check_name(param, name)).transpose()?.flatten())
        };
        Ok((check("first_name", &self.first_name)?, check("last_name", &self.last_name)?))
    }
}

impl SignUp {
    pub(crate) fn is_complete(&self) -> bool {
        self.created_session_id.is_some()
    }

    /// Whether a code has been asked for.
    pub(crate) fn has_code(&self) -> bool {
        self.challenge.is_some()
    }

    /// The sign-up object.
    pub(crate) fn json(&self, now: Millis) -> Value {
        let complete = self.is_complete();
        let missing: &[&str] = if self.email_address.is_none() { &["email_address"] } else { &[] };
        let unverified: &[&str] = if complete || self.email_address.is_none() { &[] } else { &["email_address"] };
        json!({
            "object": "sign_up_attempt",
            "id": self.id,
            "status": if complete { "complete" } else { "missing_requirements" },
            "required_fields": ["email_address"],
            "optional_fields": ["password", "first_name", "last_name"],
            "missing_fields": missing,
            "unverified_fields": unverified,
            "verifications": {
                "email_address": self.email_address.as_ref().map(|_| self.verification_json(now)),
                "phone_number": null,
                "web3_wallet": null,
                "external_account": null,
            },
            "username": null,
            "email_address": self.email_address,
            "phone_number": null,
            "web3_wallet": null,
            "external_account": null,
            "external_account_strategy": null,
            "password_enabled": self.password.is_some(),
            "has_password": self.password.is_some(),
            "first_name": self.first_name,
            "last_name": self.last_name,
            "unsafe_metadata": self.unsafe_metadata,
            "public_metadata": {},
            "custom_action": false,
            "external_id": null,
            "created_session_id": self.created_session_id,
            "created_user_id": self.created_user_id,
            "abandon_at": self.created_at + DAY,
            "legal_accepted_at": null,
            "locale": null,
            "timezone": null,
        })
    }

    fn verification_json(&self, now: Millis) -> Value {
        let mut json = self.challenge.as_ref().map_or_else(
            || {
                json!({
                    "object": "verification",
                    "status": "unverified",
                    "strategy": "email_code",
                    "attempts": null,
                    "expire_at": null,
                    "error": null,
                })
            },
            |challenge| challenge.json(now),
        );
        let next = match (&self.challenge, self.is_complete()) {
            (_, true) => "",
            (None, _) => "needs_prepare",
            (Some(_), _) => "needs_attempt",
        };
        json["next_action"] = next.into();
        json["supported_strategies"] = json!(["email_code"]);
        json
    }
}

impl State {
    /// Begins to sign up.
    pub(crate) fn create_sign_up(
        &mut self,
        client_id: &str,
        fields: SignUpFields,
        now: Millis,
    ) -> Result<SignUp, ApiError> {
        self.check_nobody_signed_in(client_id)?;
        let mut sign_up = SignUp {
            id: ids::fresh("sua_"),
            email_address: None,
            first_name: None,
            last_name: None,
            unsafe_metadata: Metadata::new(),
            password: None,
            challenge: None,
            created_user_id: None,
            created_session_id: None,
            created_at: now,
        };
        self.fill(&mut sign_up, fields, now)?;
        self.client_mut(client_id)?.sign_up = Some(sign_up.clone());
        Ok(sign_up)
    }

    /// Changes what was said before; another address needs another code.
    pub(crate) fn change_sign_up(
        &mut self,
        client_id: &str,
        id: &str,
        fields: SignUpFields,
        now: Millis,
    ) -> Result<SignUp, ApiError> {
        let mut sign_up = self.sign_up(client_id, id)?;
        self.fill(&mut sign_up, fields, now)?;
        self.client_mut(client_id)?.sign_up = Some(sign_up.clone());
        Ok(sign_up)
    }

    fn fill(&self, sign_up: &mut SignUp, fields: SignUpFields, now: Millis) -> Result<(), ApiError> {
        if let Some(address) = fields.email_address {
            let address = check_email(&address)?;
            if self.user_by_email(&address).is_some() {
                return Err(email_taken());
            }
            if sign_up.email_address.as_ref() != Some(&address) {
                sign_up.challenge = None;
            }
            sign_up.email_address = Some(address);
        }
        if let Some(name) = fields.first_name {
            sign_up.first_name = check_name("first_name", &name)?;
        }
        if let Some(name) = fields.last_name {
            sign_up.last_name = check_name("last_name", &name)?;
        }
        if let Some(metadata) = fields.unsafe_metadata {
            sign_up.unsafe_metadata = metadata;
        }
        if let Some(password) = fields.password {
            sign_up.password = Some(Password::choose("password", &password, now)?);
        }
        Ok(())
    }

    /// Sends a code for an attempt, a new one each time.
    pub(crate) fn prepare_sign_up(&mut self, client_id: &str, id: &str, now: Millis) -> Result<SignUp, ApiError> {
        let mut sign_up = self.sign_up(client_id, id)?;
        let address = sign_up.email_address.clone().ok_or_else(|| ApiError::missing("email_address"))?;
        sign_up.challenge = Some(self.challenge(&address, now));
        self.client_mut(client_id)?.sign_up = Some(sign_up.clone());
        Ok(sign_up)
    }

    /// Tries a code; the right one makes the person and signs them in.
    pub(crate) fn attempt_sign_up(
        &mut self,
        client_id: &str,
        id: &str,
        code: &str,
        now: Millis,
    ) -> Result<(SignUp, Session), ApiError> {
        self.check_nobody_signed_in(client_id)?;
        let mut sign_up = self.sign_up(client_id, id)?;
        let challenge = sign_up.challenge.as_mut().ok_or_else(|| {
            ApiError::bad_request(
                "verification_missing",
                "Ask for a code first: prepare_verification has not been called.",
            )
        })?;
        let outcome = challenge.attempt(code, now);
        self.client_mut(client_id)?.sign_up = Some(sign_up.clone());
        outcome?;
        let user = self.create_user(
            NewUser {
                email_addresses: sign_up.email_address.clone().into_iter().collect(),
                verified_by: "email_code",
                first_name: sign_up.first_name.clone(),
                last_name: sign_up.last_name.clone(),
                unsafe_metadata: sign_up.unsafe_metadata.clone(),
                password: sign_up.password.clone(),
                ..NewUser::default()
            },
            now,
        )?;
        let session = self.create_session(client_id, &user.id, None, now)?;
        sign_up.created_user_id = Some(user.id);
        sign_up.created_session_id = Some(session.id.clone());
        self.client_mut(client_id)?.sign_up = Some(sign_up.clone());
        Ok((sign_up, session))
    }

    /// Signs up with a ticket: done at once, for the ticket proves the address.
    pub(crate) fn create_sign_up_by_ticket(
        &mut self,
        client_id: &str,
        ticket: &Ticket,
        fields: SignUpFields,
        now: Millis,
    ) -> Result<(SignUp, User, Session), ApiError> {
        let (user, session) = self.sign_up_by_ticket(client_id, ticket, fields, now)?;
        let sign_up = SignUp {
            id: ids::fresh("sua_"),
            email_address: Some(user.identifier().to_owned()),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            unsafe_metadata: user.unsafe_metadata.clone(),
            password: user.password.clone(),
            challenge: None,
            created_user_id: Some(user.id.clone()),
            created_session_id: Some(session.id.clone()),
            created_at: now,
        };
        self.client_mut(client_id)?.sign_up = Some(sign_up.clone());
        Ok((sign_up, user, session))
    }

    /// The attempt of that id on the client.
    pub(crate) fn sign_up(&self, client_id: &str, id: &str) -> Result<SignUp, ApiError> {
        self.clients
            .get(client_id)
            .and_then(|client| client.sign_up.clone())
            .filter(|sign_up| sign_up.id == id)
            .ok_or_else(|| ApiError::not_found("sign up", id))
    }
}
