//! Handshake payloads waiting to be fetched by the application's server.

use serde::{Deserialize, Serialize};

use crate::clock::{MINUTE, Millis};
use crate::ids;
use crate::state::State;

/// How long a payload can be read. More than once on purpose: browsers repeat requests.
const LIFE: Millis = MINUTE;

/// The cookies a handshake wants set.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Nonce {
    pub(crate) directives: Vec<String>,
    pub(crate) expires_at: Millis,
}

impl State {
    /// Keeps a payload for a minute and says under which name; forgets those whose minute is over.
    pub(crate) fn keep_directives(&mut self, directives: Vec<String>, now: Millis) -> String {
        self.nonces.retain(|_, nonce| nonce.expires_at > now);
        let id = ids::letters(32);
        self.nonces.insert(id.clone(), Nonce { directives, expires_at: now + LIFE });
        id
    }

    /// The payload of that name while its minute lasts.
    pub(crate) fn directives(&self, nonce: &str, now: Millis) -> Option<&[String]> {
        self.nonces.get(nonce).filter(|nonce| nonce.expires_at > now).map(|nonce| nonce.directives.as_slice())
    }
}
