//! Who calls: the page's origin, the browser, and the session it means.

use axum::extract::FromRequestParts;
use http::header::ORIGIN;
use http::request::Parts;
use serde_json::{Value, json};

use crate::app::Shared;
use crate::browser::Browser;
use crate::clock::{self, Millis};
use crate::errors::ApiError;
use crate::frontend::answer::{Answer, Answered};
use crate::records::Session;
use crate::state::State;

/// A page in a browser that is known.
pub(super) struct Caller {
    /// Becomes `azp` of the tokens the page gets.
    pub(super) origin: String,
    browser: Browser,
    session_id: Option<String>,
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, ApiError> {
        let origin = parts
            .headers
            .get(ORIGIN)
            .and_then(|origin| origin.to_str().ok())
            .unwrap_or(&app.settings.app_origin)
            .to_owned();
        let query = parts.uri.query().unwrap_or_default();
        let browser = Browser::known(app, &parts.headers, query).ok_or_else(|| ApiError {
            long_message: Some(
                "Unable to authenticate this browser for your development instance. Check your Clerk cookies and try again.".to_owned(),
            ),
            ..ApiError::unauthorized("dev_browser_unauthenticated", "Browser unauthenticated")
        })?;
        let session_id = url::form_urlencoded::parse(query.as_bytes())
            .find(|(name, value)| name == "_clerk_session_id" && !value.is_empty())
            .map(|(_, value)| value.into_owned());
        Ok(Self { origin, browser, session_id })
    }
}

impl Caller {
    /// A change: answers with what came of it and with the client as it is now, which ClerkJS takes over.
    pub(super) fn change(
        &self,
        app: &Shared,
        change: impl FnOnce(&mut State, &str, Millis) -> Result<Value, ApiError>,
    ) -> Answered {
        let now = clock::now();
        let mut browser = self.browser.clone();
        app.store.write(|state| {
            let client = browser.ensure_client(state, now);
            let response = change(state, &client, now)?;
            let client = state.client_json(&app.signer, &client, Some(&self.origin), now);
            Ok(Answer { body: json!({"response": response, "client": client}), cookies: browser.cookies(app, state) })
        })
    }

    /// A look: answers with what is there.
    pub(super) fn look(&self, app: &Shared, look: impl FnOnce(&State, Millis) -> Result<Value, ApiError>) -> Answered {
        let response = self.bare(app, look)?;
        Ok(Answer { body: json!({"response": response.body, "client": null}), ..response })
    }

    /// A look whose answer has no envelope.
    pub(super) fn bare(&self, app: &Shared, look: impl FnOnce(&State, Millis) -> Result<Value, ApiError>) -> Answered {
        let now = clock::now();
        app.store.read(|state| Ok(Answer { body: look(state, now)?, cookies: self.browser.cookies(app, state) }))
    }

    /// Signs everybody out and forgets the client.
    pub(super) fn forget(&self, app: &Shared) -> Answered {
        app.store.write(|state| {
            if let Some(client) = self.browser.client(state).map(str::to_owned) {
                state.remove_sessions(&client, clock::now());
                state.forget_client(&client);
            }
            Ok(Answer { body: json!({"response": null, "client": null}), cookies: self.browser.cookies(app, state) })
        })
    }

    /// The client, if the browser has come that far.
    pub(super) fn client<'a>(&'a self, state: &'a State) -> Option<&'a str> {
        self.browser.client(state)
    }

    /// The live session the page means; 401 makes ClerkJS look at its client again and sign out.
    pub(super) fn session(&self, state: &State) -> Result<Session, ApiError> {
        self.client(state)
            .and_then(|client| match &self.session_id {
                Some(id) => state.live_session(id).filter(|session| session.client_id == client),
                None => state.current_session(client),
            })
            .cloned()
            .ok_or_else(signed_out)
    }

    /// A session of this client by its id: 404 when it is none of theirs, 401 when it is over.
    pub(super) fn own_session(&self, state: &State, id: &str) -> Result<Session, ApiError> {
        let session = state
            .sessions
            .get(id)
            .filter(|session| Some(session.client_id.as_str()) == self.client(state))
            .ok_or_else(|| ApiError::not_found("session", id))?;
        if state.session_status(session).is_live() { Ok(session.clone()) } else { Err(signed_out()) }
    }
}

fn signed_out() -> ApiError {
    ApiError::unauthorized("signed_out", "You are signed out")
}
