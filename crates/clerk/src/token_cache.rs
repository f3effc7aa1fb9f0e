//! Verified tokens, so that a signature is checked once per token and not once per request.
//!
//! The key is the whole token, entries live as long as the token but at most a minute, failures are never kept, and the
//! number of entries is bounded. Whoever finds an entry must still check the token's own times.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::{Arc, PoisonError, RwLock};

use crate::verify::Verified;

/// Independent locks, so that requests on several cores do not wait for each other.
const SHARDS: usize = 16;

/// Entries per lock: 16 384 tokens of about a kilobyte in all.
const SHARD_CAPACITY: usize = 1024;

/// Longest life of an entry in seconds, so that a withdrawn key does not live on in here.
const LONGEST_LIFE: i64 = 60;

#[derive(Debug, Clone)]
struct Entry {
    verified: Arc<Verified>,
    /// Unix seconds.
    until: i64,
}

type Shard = RwLock<HashMap<Box<str>, Entry>>;

#[derive(Debug)]
pub(crate) struct TokenCache {
    shards: [Shard; SHARDS],
    hasher: RandomState,
}

impl TokenCache {
    pub(crate) fn new() -> Self {
        Self { shards: std::array::from_fn(|_| Shard::default()), hasher: RandomState::new() }
    }

    fn shard(&self, token: &str) -> &Shard {
        // Reduced modulo SHARDS, so the truncation does not matter.
        let index = usize::try_from(self.hasher.hash_one(token) % SHARDS as u64).unwrap_or(0);
        &self.shards[index]
    }

    /// `now` is unix seconds.
    pub(crate) fn get(&self, token: &str, now: i64) -> Option<Arc<Verified>> {
        let shard = self.shard(token).read().unwrap_or_else(PoisonError::into_inner);
        shard.get(token).filter(|entry| entry.until > now).map(|entry| Arc::clone(&entry.verified))
    }

    /// `now` is unix seconds.
    pub(crate) fn insert(&self, token: &str, verified: &Arc<Verified>, now: i64) {
        let until = verified.expires.min(now + LONGEST_LIFE);
        if until <= now {
            return;
        }
        let mut shard = self.shard(token).write().unwrap_or_else(PoisonError::into_inner);
        if shard.len() >= SHARD_CAPACITY {
            shard.retain(|_, entry| entry.until > now);
            if shard.len() >= SHARD_CAPACITY {
                shard.clear();
            }
        }
        shard.insert(token.into(), Entry { verified: Arc::clone(verified), until });
    }

    /// Forgets everything: the keys have changed.
    pub(crate) fn clear(&self) {
        for shard in &self.shards {
            shard.write().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.read().unwrap().len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::session::{Session, SessionStatus};

    fn verified(expires: i64) -> Arc<Verified> {
        let session = Session {
            user_id: "user_1".into(),
            session_id: "sess_1".into(),
            status: SessionStatus::Active,
            organisation: None,
            issued_at: Timestamp::UNIX_EPOCH,
            expires_at: Timestamp::from_second(expires).unwrap(),
            authorised_party: None,
            impersonator: None,
            factor_age: None,
        };
        Arc::new(Verified { session, expires, not_before: None })
    }

    #[test]
    fn lives_as_long_as_the_token_but_at_most_a_minute() {
        let cache = TokenCache::new();
        cache.insert("short", &verified(1010), 1000);
        cache.insert("long", &verified(9_999), 1000);
        cache.insert("over", &verified(1000), 1000);
        assert!(cache.get("short", 1009).is_some());
        assert!(cache.get("short", 1010).is_none());
        assert!(cache.get("long", 1059).is_some());
        assert!(cache.get("long", 1060).is_none());
        assert!(cache.get("over", 1000).is_none());
        assert!(cache.get("shor", 1000).is_none());
        assert!(cache.get("short.", 1000).is_none());
    }

    #[test]
    fn is_bounded_and_can_be_cleared() {
        let cache = TokenCache::new();
        for number in 0..3 * SHARDS * SHARD_CAPACITY {
            cache.insert(&format!("token {number}"), &verified(2000), 1000);
        }
        assert!(cache.len() <= SHARDS * SHARD_CAPACITY);
        assert!(cache.len() > 0);
        cache.clear();
        assert_eq!(cache.len(), 0);
    }
}
