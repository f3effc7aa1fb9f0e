//! What belongs to a browser rather than to a session.

use super::Backend;
use crate::error::Error;
use crate::types::HandshakePayload;

impl Backend {
    /// What a handshake nonce stands for.
    ///
    /// # Errors
    /// [`Error::Api`] when the nonce is unknown or used up.
    pub async fn handshake_payload(&self, nonce: &str) -> Result<HandshakePayload, Error> {
        self.get(&["clients", "handshake_payload"], &[("nonce", nonce.to_owned())]).await
    }
}
