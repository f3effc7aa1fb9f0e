//! What webhooks are signed with: one secret, and for a while after a rotation the one before it too.
//!
//! Not kept: a sandbox that starts has the secret of its command line again, as its application does.

use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use signatures::svix::{self, Secret};

use crate::clock::{DAY, Millis};

/// How long an old secret goes on signing.
const OVERLAP: Millis = DAY;
/// Bytes of a secret.
const LENGTH: usize = 24;

/// The secrets, newest first.
pub(crate) struct WebhookSecrets {
    list: Mutex<Vec<Kept>>,
}

struct Kept {
    secret: Secret,
    /// When it stops signing; never for the newest.
    ends_at: Option<Millis>,
}

impl WebhookSecrets {
    /// The secret of the command line, if there is one.
    pub(crate) fn new(secret: Option<Secret>) -> Self {
        let list = secret.into_iter().map(|secret| Kept { secret, ends_at: None }).collect();
        Self { list: Mutex::new(list) }
    }

    /// The signature header: one signature for each secret there is, with blanks between.
    pub(crate) fn sign(&self, id: &str, timestamp: i64, body: &[u8], now: Millis) -> String {
        let mut list = self.lock();
        list.retain(|kept| kept.ends_at.is_none_or(|end| end > now));
        list.iter().map(|kept| svix::sign(&kept.secret, id, timestamp, body)).collect::<Vec<_>>().join(" ")
    }

    /// Signs with a new secret, and for a day with the old ones as well.
    pub(crate) fn rotate(&self, secret: Secret, now: Millis) {
        let mut list = self.lock();
        for kept in list.iter_mut() {
            kept.ends_at.get_or_insert(now + OVERLAP);
        }
        list.insert(0, Kept { secret, ends_at: None });
    }

    /// Stops signing with old secrets; says how many there were.
    pub(crate) fn end_overlap(&self) -> usize {
        let mut list = self.lock();
        let before = list.len();
        list.truncate(1);
        before - list.len()
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A random secret, as text.
pub(crate) fn fresh() -> String {
    let mut bytes = [0; LENGTH];
    SystemRandom::new().fill(&mut bytes).expect("the system has random bytes");
    format!("whsec_{}", STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_secret_signs_for_a_day() {
        let secrets = WebhookSecrets::new(Secret::parse(&fresh()).ok());
        let count = |now| secrets.sign("msg_1", 0, b"{}", now).split(' ').count();
        assert_eq!(count(0), 1);
        secrets.rotate(Secret::parse(&fresh()).unwrap(), 0);
        assert_eq!((count(0), count(OVERLAP - 1), count(OVERLAP)), (2, 2, 1));
        secrets.rotate(Secret::parse(&fresh()).unwrap(), OVERLAP);
        assert_eq!((secrets.end_overlap(), secrets.count()), (1, 1));
    }
}
