//! Tokens that sign a person in once.

use reqwest::Method;
use serde_json::json;

use super::Backend;
use crate::error::Error;
use crate::types::SignInToken;

impl Backend {
    /// Makes a token; it lives 30 days unless told otherwise.
    ///
    /// # Errors
    /// [`Error::Api`] with status 404 when there is no such person.
    pub async fn create_sign_in_token(
        &self,
        user_id: &str,
        expires_in_seconds: Option<u32>,
    ) -> Result<SignInToken, Error> {
        let mut body = json!({ "user_id": user_id });
        if let Some(seconds) = expires_in_seconds {
            body["expires_in_seconds"] = seconds.into();
        }
        self.call(Method::POST, &["sign_in_tokens"], &[], &body).await
    }

    /// Takes a token back.
    ///
    /// # Errors
    /// [`Error::Api`] with status 404 when there is none, 400 when it was used.
    pub async fn revoke_sign_in_token(&self, token_id: &str) -> Result<SignInToken, Error> {
        self.call(Method::POST, &["sign_in_tokens", token_id, "revoke"], &[], &json!({})).await
    }
}
