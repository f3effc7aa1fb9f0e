//! Sessions and their tokens.

use std::collections::BTreeMap;
use std::fmt;

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Backend, page};
use crate::error::Error;
use crate::types::{Session, SessionState, SessionToken};

/// What it takes to get a new session token for an ended one.
#[derive(Clone, Serialize)]
pub struct SessionRefresh {
    /// The ended token.
    pub expired_token: String,
    /// The value of the refresh cookie.
    pub refresh_token: String,
    /// Origin of the request that is being answered; must be the ended token's `azp`.
    pub request_origin: String,
    /// Headers of that request which describe the browser.
    pub request_headers: BTreeMap<String, Vec<String>>,
    /// Whether the cookies to write are the suffixed ones.
    #[serde(skip)]
    pub suffixed_cookies: bool,
}

impl fmt::Debug for SessionRefresh {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SessionRefresh").field("origin", &self.request_origin).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Cookies {
    cookies: Vec<String>,
}

impl Backend {
    /// One session.
    ///
    /// # Errors
    /// [`Error::Api`] with status 404 when there is none.
    pub async fn get_session(&self, session_id: &str) -> Result<Session, Error> {
        self.get(&["sessions", session_id], &[]).await
    }

    /// A person's sessions, one page (`limit` 1 to 500), in one state or in all.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_user_sessions(
        &self,
        user_id: &str,
        status: Option<&SessionState>,
        limit: u32,
        offset: u32,
    ) -> Result<Vec<Session>, Error> {
        let mut query = page(limit, offset);
        query.push(("user_id", user_id.to_owned()));
        query.extend(status.map(|status| ("status", status.as_str().to_owned())));
        self.get(&["sessions"], &query).await
    }

    /// Ends a session: no new tokens; the last one lives on for up to a minute.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn revoke_session(&self, session_id: &str) -> Result<Session, Error> {
        self.call(Method::POST, &["sessions", session_id, "revoke"], &[], &json!({})).await
    }

    /// Makes a session without a sign-in. Development instances only.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn create_session(&self, user_id: &str, organization_id: Option<&str>) -> Result<Session, Error> {
        let mut body = json!({ "user_id": user_id });
        if let Some(organization_id) = organization_id {
            body["active_organization_id"] = organization_id.into();
        }
        self.call(Method::POST, &["sessions"], &[], &body).await
    }

    /// Makes a session token; it lives 60 s unless told otherwise (30 s at least).
    ///
    /// # Errors
    /// [`Error::Api`] with status 404 when there is no such session.
    pub async fn create_session_token(
        &self,
        session_id: &str,
        expires_in_seconds: Option<u32>,
    ) -> Result<SessionToken, Error> {
        let body = expires_in_seconds.map_or_else(|| json!({}), |seconds| json!({ "expires_in_seconds": seconds }));
        self.call(Method::POST, &["sessions", session_id, "tokens"], &[], &body).await
    }

    /// Exchanges an ended token and a refresh token for `Set-Cookie` values with a new session token.
    ///
    /// # Errors
    /// [`Error::Api`] with a code that begins with `refresh_` or `session_refresh_`.
    pub async fn refresh_session(&self, session_id: &str, refresh: &SessionRefresh) -> Result<Vec<String>, Error> {
        let mut body = serde_json::to_value(refresh).map_err(|error| Error::Decode(Box::new(error)))?;
        body["format"] = "cookie".into();
        let query = [("suffixed_cookies", refresh.suffixed_cookies.to_string())];
        let answer: Cookies = self.call(Method::POST, &["sessions", session_id, "refresh"], &query, &body).await?;
        Ok(answer.cookies)
    }
}
