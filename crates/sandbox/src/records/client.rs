//! Clients: what a browser is to the instance once it has begun to sign in or up.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::Millis;
use crate::errors::ApiError;
use crate::ids;
use crate::records::{Session, SessionStatus, SignIn, SignUp};
use crate::state::State;
use crate::tokens::Signer;

/// One client.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) sign_in: Option<SignIn>,
    pub(crate) sign_up: Option<SignUp>,
    pub(crate) last_active_session_id: Option<String>,
    /// Changes whenever somebody signs in.
    pub(crate) rotating_token: String,
    pub(crate) created_at: Millis,
    /// Last time somebody signed in or out; `__client_uat` follows it, so nothing else may move it: a session token
    /// older than this is not believed.
    pub(crate) updated_at: Millis,
}

impl Client {
    /// How somebody last signed in or up with it.
    fn strategy(&self) -> &'static str {
        self.sign_in.as_ref().filter(|sign_in| sign_in.is_complete()).map_or("email_code", SignIn::strategy)
    }

    /// What its cookie holds in production: which client, and a proof that changes with each sign-in.
    pub(crate) fn token(&self) -> String {
        format!("{}.{}", self.id, self.rotating_token)
    }
}

impl State {
    /// The client of a cookie, if its proof is the newest.
    pub(crate) fn client_by_token(&self, token: &str) -> Option<&str> {
        let (id, _) = token.split_once('.')?;
        self.clients.get(id).filter(|client| client.token() == token).map(|client| client.id.as_str())
    }

    /// A client nobody is signed in with.
    pub(crate) fn create_client(&mut self, now: Millis) -> String {
        let client = Client {
            id: ids::fresh("client_"),
            sign_in: None,
            sign_up: None,
            last_active_session_id: None,
            rotating_token: ids::letters(32),
            created_at: now,
            updated_at: now,
        };
        let id = client.id.clone();
        self.clients.insert(id.clone(), client);
        id
    }

    /// The client, which must be known.
    pub(crate) fn client_mut(&mut self, id: &str) -> Result<&mut Client, ApiError> {
        self.clients.get_mut(id).ok_or_else(|| ApiError::not_found("client", id))
    }

    /// The session a client uses: the one used last, or else the first that is live.
    pub(crate) fn current_session(&self, client_id: &str) -> Option<&Session> {
        let last = self.clients.get(client_id)?.last_active_session_id.as_deref();
        last.and_then(|id| self.live_session(id)).or_else(|| self.sessions_of_client(client_id).next())
    }

    /// 400 when somebody is signed in: this instance has one session for each client.
    pub(crate) fn check_nobody_signed_in(&self, client_id: &str) -> Result<(), ApiError> {
        if self.sessions_of_client(client_id).next().is_none() {
            return Ok(());
        }
        Err(ApiError::bad_request("session_exists", "You're already signed in."))
    }

    /// Signs everybody out of a client; attempts to sign in or up are forgotten.
    pub(crate) fn remove_sessions(&mut self, client_id: &str, now: Millis) {
        let live: Vec<_> = self.sessions_of_client(client_id).map(|session| session.id.clone()).collect();
        for id in live {
            self.end_session(&id, SessionStatus::Removed, now);
        }
        if let Some(client) = self.clients.get_mut(client_id) {
            client.sign_in = None;
            client.sign_up = None;
            client.updated_at = now;
        }
    }

    /// Takes a client away from its browser.
    pub(crate) fn forget_client(&mut self, client_id: &str) {
        self.clients.remove(client_id);
        for browser in self.dev_browsers.values_mut() {
            if browser.client_id.as_deref() == Some(client_id) {
                browser.client_id = None;
            }
        }
    }

    /// The client object of the Frontend API; its sessions carry fresh tokens for the caller's origin.
    pub(crate) fn client_json(&self, signer: &Signer, client_id: &str, origin: Option<&str>, now: Millis) -> Value {
        let Some(client) = self.clients.get(client_id) else {
            return Value::Null;
        };
        let sessions: Vec<_> = self
            .sessions_of_client(client_id)
            .map(|session| self.session_with_token(signer, session, origin, now))
            .collect();
        json!({
            "object": "client",
            "id": client.id,
            "sessions": sessions,
            "sign_in": client.sign_in.as_ref().filter(|sign_in| !sign_in.is_complete()).map(|sign_in| self.sign_in_json(sign_in, now)),
            "sign_up": client.sign_up.as_ref().filter(|sign_up| !sign_up.is_complete()).map(|sign_up| sign_up.json(now)),
            "last_active_session_id": client.last_active_session_id,
            "last_authentication_strategy": client.last_active_session_id.as_ref().map(|_| client.strategy()),
            "cookie_expires_at": null,
            "captcha_bypass": false,
            "created_at": client.created_at,
            "updated_at": client.updated_at,
        })
    }
}
