//! The instance's public keys, by way of the secret key.

use super::Backend;
use crate::error::Error;
use crate::types::JsonWebKeySet;

impl Backend {
    /// The key set. Verification uses the public address of the same set (`CLERK_JWKS_URL`), which is cached.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn jwks(&self) -> Result<JsonWebKeySet, Error> {
        self.get(&["jwks"], &[]).await
    }
}
