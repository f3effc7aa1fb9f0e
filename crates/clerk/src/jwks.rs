//! The instance's public keys: given as PEM, or fetched when needed and kept.
//!
//! One fetch at a time; a set is renewed after four minutes in the background and must be renewed after five, unless the
//! fetch fails, in which case the old keys stay. An unknown key id causes at most one fetch in 30 seconds.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::DecodingKey;
use reqwest::{Client, Url};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::error::Error;
use crate::http_client::{read_bounded, unreachable};
use crate::token_cache::TokenCache;
use crate::types::{JsonWebKey, JsonWebKeySet};
use crate::verify::ALGORITHM;

/// From this age on a set is renewed without anybody waiting.
const RENEW_AFTER: Duration = Duration::from_secs(4 * 60);
/// From this age on a set is renewed before it is used.
const STALE_AFTER: Duration = Duration::from_secs(5 * 60);
/// An unknown key id is not worth more than one fetch in this time.
const UNKNOWN_KEY_PAUSE: Duration = Duration::from_secs(30);
/// Between failed fetches while there is no key at all.
const COLD_PAUSE: Duration = Duration::from_secs(1);
/// Between failed fetches while old keys serve.
const STALE_PAUSE: Duration = Duration::from_secs(10);
/// How long a failed fetch keeps later requests from waiting for the next one.
const FAILING_FOR: Duration = Duration::from_secs(60);
/// A fetch, answer included; somebody is waiting.
const FETCH_TIMEOUT: Duration = Duration::from_secs(4);
/// A set of two keys is about two kilobytes.
const LARGEST_SET: usize = 256 << 10;
/// More keys than this are not kept.
const MOST_KEYS: usize = 32;
/// Sizes of modulus that the signature check takes, in bytes: 2048 to 8192 bits.
const MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

/// Where keys come from.
#[derive(Debug)]
pub(crate) enum Keys {
    /// One key for everything; key ids do not matter.
    Given(Arc<DecodingKey>),
    /// The instance's key set.
    Fetched(Arc<KeySet>),
}

/// What looking for a key came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoKey {
    /// There are keys, but not this one.
    Unknown,
    /// There are no keys.
    Unavailable,
}

/// A key set that is fetched.
#[derive(Debug)]
pub(crate) struct KeySet {
    client: Client,
    url: Url,
    /// For an address that is not public.
    secret: Option<SecretString>,
    /// Cleared when the keys change.
    tokens: Arc<TokenCache>,
    current: RwLock<Option<Arc<Fetched>>>,
    /// Held while fetching.
    fetching: Mutex<()>,
    last: RwLock<Option<Attempt>>,
    /// When a fetch was last made because of an unknown key id.
    asked_for_unknown: Mutex<Option<Instant>>,
}

/// The last fetch.
#[derive(Debug, Clone, Copy)]
struct Attempt {
    ended: Instant,
    failed: bool,
}

#[derive(Debug)]
struct Fetched {
    keys: HashMap<String, Arc<DecodingKey>>,
    published: JsonWebKeySet,
    at: Instant,
}

impl Keys {
    pub(crate) async fn find(&self, key_id: Option<&str>) -> Result<Arc<DecodingKey>, NoKey> {
        match self {
            Self::Given(key) => Ok(Arc::clone(key)),
            Self::Fetched(set) => set.find(key_id).await,
        }
    }

    /// Whether there is any key, fetching if there is none yet.
    pub(crate) async fn available(&self) -> bool {
        match self {
            Self::Given(_) => true,
            Self::Fetched(set) => set.usable().await.is_some(),
        }
    }
}

impl KeySet {
    pub(crate) fn new(client: Client, url: Url, secret: Option<SecretString>, tokens: Arc<TokenCache>) -> Self {
        Self {
            client,
            url,
            secret,
            tokens,
            current: RwLock::new(None),
            fetching: Mutex::new(()),
            last: RwLock::new(None),
            asked_for_unknown: Mutex::new(None),
        }
    }

    fn current(&self) -> Option<Arc<Fetched>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn last(&self) -> Option<Attempt> {
        *self.last.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The set as it was published.
    pub(crate) async fn published(self: &Arc<Self>) -> Option<JsonWebKeySet> {
        Some(self.usable().await?.published.clone())
    }

    async fn find(self: &Arc<Self>, key_id: Option<&str>) -> Result<Arc<DecodingKey>, NoKey> {
        let set = self.usable().await.ok_or(NoKey::Unavailable)?;
        // Without an id there is nothing to choose by, and nothing worth a fetch.
        let key_id = key_id.ok_or(NoKey::Unknown)?;
        if let Some(key) = set.keys.get(key_id) {
            return Ok(Arc::clone(key));
        }
        let pause = if self.is_worth_a_fetch().await { Duration::ZERO } else { UNKNOWN_KEY_PAUSE };
        self.fetch_unless_tried_within(pause).await;
        let set = self.current().ok_or(NoKey::Unavailable)?;
        set.keys.get(key_id).cloned().ok_or(NoKey::Unknown)
    }

    /// Whether no unknown key id has caused a fetch lately. One for another reason does not count: keys that were
    /// rotated right after it are found at once.
    async fn is_worth_a_fetch(&self) -> bool {
        let mut asked = self.asked_for_unknown.lock().await;
        let worth = asked.is_none_or(|at| at.elapsed() >= UNKNOWN_KEY_PAUSE);
        if worth {
            *asked = Some(Instant::now());
        }
        worth
    }

    /// The current set, renewed where its age asks for it.
    async fn usable(self: &Arc<Self>) -> Option<Arc<Fetched>> {
        let Some(set) = self.current() else {
            self.fetch_unless_tried_within(COLD_PAUSE).await;
            return self.current();
        };
        let age = set.at.elapsed();
        if age < RENEW_AFTER {
            return Some(set);
        }
        let last = self.last();
        // While the address does not answer, the old keys serve and nobody waits for the next attempt.
        let failing = last.is_some_and(|attempt| attempt.failed && attempt.ended.elapsed() < FAILING_FOR);
        if age >= STALE_AFTER && !failing {
            self.fetch_unless_tried_within(STALE_PAUSE).await;
            return self.current();
        }
        let paused = last.is_some_and(|attempt| attempt.ended.elapsed() < STALE_PAUSE);
        if !paused && self.fetching.try_lock().is_ok() {
            self.fetch_in_background();
        }
        Some(set)
    }

    fn fetch_in_background(self: &Arc<Self>) {
        let this = Arc::clone(self);
        tokio::spawn(async move { this.attempt(STALE_PAUSE).await });
    }

    /// Fetches, unless a fetch ended within `pause`; whoever comes while one is under way waits for it instead.
    async fn fetch_unless_tried_within(self: &Arc<Self>, pause: Duration) {
        let this = Arc::clone(self);
        // A task of its own: a caller who hangs up must not end the fetch that others wait for.
        if let Err(error) = tokio::spawn(async move { this.attempt(pause).await }).await {
            tracing::error!(%error, "fetching the key set was cut off");
        }
    }

    async fn attempt(&self, pause: Duration) {
        let _alone = self.fetching.lock().await;
        if self.last().is_some_and(|attempt| attempt.ended.elapsed() < pause) {
            return;
        }
        let answer = self.fetch().await;
        let failed = answer.is_err();
        match answer {
            Ok(fetched) => self.replace(fetched),
            Err(error) => tracing::warn!(%error, "the key set cannot be fetched"),
        }
        let attempt = Attempt { ended: Instant::now(), failed };
        *self.last.write().unwrap_or_else(PoisonError::into_inner) = Some(attempt);
    }

    async fn fetch(&self) -> Result<Fetched, Error> {
        let mut request = self.client.get(self.url.clone()).timeout(FETCH_TIMEOUT);
        if let Some(secret) = &self.secret {
            request = request.bearer_auth(secret.expose_secret());
        }
        let response = request.send().await.map_err(unreachable)?;
        if response.status() != http::StatusCode::OK {
            return Err(Error::Decode(format!("the key set's address answered {}", response.status()).into()));
        }
        let body = read_bounded(response, LARGEST_SET).await?;
        let published: JsonWebKeySet = serde_json::from_slice(&body).map_err(|error| Error::Decode(Box::new(error)))?;
        let keys: HashMap<_, _> = published.keys.iter().take(MOST_KEYS).filter_map(usable_key).collect();
        if keys.is_empty() {
            return Err(Error::Decode("the key set has no RS256 key".into()));
        }
        Ok(Fetched { keys, published, at: Instant::now() })
    }

    fn replace(&self, fetched: Fetched) {
        let fetched = Arc::new(fetched);
        let before = {
            let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
            current.replace(Arc::clone(&fetched))
        };
        if before.is_some_and(|before| before.published != fetched.published) {
            tracing::info!(keys = fetched.keys.len(), "the instance's keys have changed");
            self.tokens.clear();
        }
    }
}

/// A key we can check RS256 signatures with, and its id.
fn usable_key(key: &JsonWebKey) -> Option<(String, Arc<DecodingKey>)> {
    let signs = key.usage.as_deref().is_none_or(|usage| usage == "sig");
    let algorithm = key.alg.as_deref().is_none_or(|algorithm| algorithm == ALGORITHM);
    if key.kty != "RSA" || !signs || !algorithm {
        return None;
    }
    let (n, e) = (key.n.as_deref()?, key.e.as_deref()?);
    // Four characters of base64 are three bytes; a leading zero byte may be there.
    if !MODULUS_BYTES.contains(&(n.trim_end_matches('=').len() * 3 / 4)) {
        return None;
    }
    let decoded = DecodingKey::from_rsa_components(n, e).ok()?;
    Some((key.kid.clone()?, Arc::new(decoded)))
}
