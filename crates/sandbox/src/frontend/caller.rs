//! Who calls: the page's origin, the development browser, and the session it means.

use axum::Json;
use axum::extract::FromRequestParts;
use http::header::ORIGIN;
use http::request::Parts;
use serde_json::{Value, json};

use crate::app::Shared;
use crate::clock::{self, Millis};
use crate::errors::{ApiError, ApiResult};
use crate::records::Session;
use crate::state::State;

/// A page with a development browser.
pub(super) struct Caller {
    /// Becomes `azp` of the tokens the page gets.
    pub(super) origin: String,
    dev_browser: String,
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
        let parameter = |wanted: &str| {
            url::form_urlencoded::parse(query.as_bytes())
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.into_owned())
        };
        let dev_browser = parameter("__clerk_db_jwt")
            .filter(|id| app.store.read(|state| state.dev_browsers.contains_key(id)))
            .ok_or_else(|| ApiError {
                long_message: Some(
                    "Unable to authenticate this browser for your development instance. Check your Clerk cookies and try again.".to_owned(),
                ),
                ..ApiError::unauthorized("dev_browser_unauthenticated", "Browser unauthenticated")
            })?;
        Ok(Self { origin, dev_browser, session_id: parameter("_clerk_session_id").filter(|id| !id.is_empty()) })
    }
}

impl Caller {
    /// A change: answers with what came of it and with the client as it is now, which ClerkJS takes over.
    pub(super) fn change(
        &self,
        app: &Shared,
        change: impl FnOnce(&mut State, &str, Millis) -> Result<Value, ApiError>,
    ) -> ApiResult {
        let now = clock::now();
        app.store.write(|state| {
            let client = state.ensure_client(&self.dev_browser, now);
            let response = change(state, &client, now)?;
            let client = state.client_json(&app.signer, &client, Some(&self.origin), now);
            Ok(Json(json!({"response": response, "client": client})))
        })
    }

    /// A look: answers with what is there.
    pub(super) fn look(&self, app: &Shared, look: impl FnOnce(&State, Millis) -> Result<Value, ApiError>) -> ApiResult {
        let now = clock::now();
        let response = app.store.read(|state| look(state, now))?;
        Ok(Json(json!({"response": response, "client": null})))
    }

    /// The client, if the browser has come that far.
    pub(super) fn client<'a>(&self, state: &'a State) -> Option<&'a str> {
        state.client_of(&self.dev_browser)
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
