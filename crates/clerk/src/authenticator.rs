//! [`Clerk`]: performs what the decision core asks for.

use std::sync::Arc;

use http::HeaderValue;
use jiff::Timestamp;

use crate::authenticate::{Answer, Decision, Effect, Failure, Step};
use crate::backend::Backend;
use crate::beacon::Beacon;
use crate::config::Config;
use crate::cookies::{CLIENT_UAT, SESSION, forget};
use crate::error::Error;
use crate::facts::{Facts, Site};
use crate::frontend::Frontend;
use crate::handshake;
use crate::http_client;
use crate::jwks::{KeySet, Keys, NoKey};
use crate::outcome::{Outcome, Redirect};
use crate::reason::Reason;
use crate::request::Request;
use crate::session::{Carrier, SignedIn};
use crate::token::Parts;
use crate::token_cache::TokenCache;
use crate::types::JsonWebKeySet;
use crate::verify::{Refusal, Verified, Verifier, check_header, verify_handshake};

/// Everything about one instance of Clerk. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Clerk {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: Config,
    site: Site,
    backend: Backend,
    verifier: Verifier,
    beacon: Beacon,
    frontend: Option<Frontend>,
    keys: Keys,
    tokens: Arc<TokenCache>,
}

impl Clerk {
    /// Makes the client; nothing is fetched yet.
    ///
    /// # Errors
    /// When the HTTP client cannot be made (the system has no certificates).
    pub fn new(config: Config) -> Result<Self, Error> {
        let client = http_client::build(&config)?;
        let tokens = Arc::new(TokenCache::new());
        let keys = match &config.jwt_key {
            Some(key) => Keys::Given(Arc::new(key.0.clone())),
            None => {
                let secret = config.domains.keys_need_the_secret.then(|| config.secret_key.clone());
                let set = KeySet::new(client.clone(), config.jwks_url.clone(), secret, Arc::clone(&tokens));
                Keys::Fetched(Arc::new(set))
            }
        };
        let shared = Shared {
            site: Site::new(&config),
            // The proxy's own address leads to this very process, which would always answer.
            beacon: Beacon::new(client.clone(), config.fapi_url.as_ref().unwrap_or(&config.frontend)),
            frontend: Frontend::new(client.clone(), &config),
            backend: Backend::new(client, &config),
            verifier: Verifier::new(&config),
            keys,
            tokens,
            config,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Who sends this request?
    pub async fn authenticate(&self, request: &Request<'_>) -> Outcome {
        let now = Timestamp::now().as_second();
        let facts = Facts::read(&self.shared.site, request, now);
        let mut decision = Decision::new(&self.shared.site, facts);
        let mut step = decision.begin();
        loop {
            match step {
                Step::Done(outcome) => return outcome,
                Step::Ask(effect) => step = decision.answer(self.perform(effect, now).await),
            }
        }
    }

    /// Sends the browser through a handshake that makes `organisation` (id or slug) the active one.
    ///
    /// `None` when the request is no page load, came with a bearer token, is already in that organisation, has been sent
    /// round too often, or would be sent to a Clerk that does not answer: then carry on as signed in, and answer 404 for
    /// an organisation that is not the token's.
    pub async fn activate_organisation(
        &self,
        request: &Request<'_>,
        signed_in: &SignedIn,
        organisation: &str,
    ) -> Option<Redirect> {
        let active = signed_in.session.organisation.as_ref();
        let already =
            active.is_some_and(|active| active.id == organisation || active.slug.as_deref() == Some(organisation));
        if already || signed_in.carrier == Carrier::Header {
            return None;
        }
        let site = &self.shared.site;
        let facts = Facts::read(site, request, Timestamp::now().as_second());
        let reason = Reason::ACTIVE_ORGANIZATION_MISMATCH;
        let redirect = handshake::request(site, &facts, &reason, Some(&signed_in.token), Some(organisation))?;
        let dark = site.excuses && !self.shared.beacon.shines().await;
        (!dark).then(|| redirect.with_cookies(&signed_in.cookies))
    }

    /// `Set-Cookie` values that make the browser forget the session. `secure` when the product is served over https.
    #[must_use]
    pub fn sign_out_cookies(&self, secure: bool) -> Vec<HeaderValue> {
        let names = &self.shared.site.names;
        [SESSION, &names.session, CLIENT_UAT, &names.client_uat, &names.refresh]
            .into_iter()
            .filter_map(|name| forget(name, secure))
            .collect()
    }

    /// Whether tokens can be checked now; fetches the keys if there are none yet. For a readiness probe.
    pub async fn has_keys(&self) -> bool {
        self.shared.keys.available().await
    }

    /// The keys that tokens are checked with, as the instance publishes them; fetches them if there are none yet. `None`
    /// where they cannot be had, or where one key was given.
    pub async fn published_keys(&self) -> Option<JsonWebKeySet> {
        match &self.shared.keys {
            Keys::Given(_) => None,
            Keys::Fetched(set) => set.published().await,
        }
    }

    /// The Backend API.
    #[must_use]
    pub fn backend(&self) -> &Backend {
        &self.shared.backend
    }

    /// The Frontend API, where this application is its proxy.
    #[must_use]
    pub fn frontend(&self) -> Option<&Frontend> {
        self.shared.frontend.as_ref()
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.shared.config
    }

    async fn perform(&self, effect: Effect, now: i64) -> Answer {
        let backend = &self.shared.backend;
        match effect {
            Effect::Verify { token, lenient } => Answer::Verified(self.verify(&token, lenient, now).await),
            Effect::VerifyHandshake { token } => Answer::HandshakeToken(self.verify_handshake(&token).await),
            Effect::RedeemNonce { nonce } => {
                Answer::HandshakeNonce(backend.handshake_payload(&nonce).await.map(|payload| payload.directives))
            }
            Effect::Excuse { token } => Answer::Verified(self.excuse(&token, now).await),
            Effect::Refresh { session_id, refresh } => {
                Answer::Refreshed(backend.refresh_session(&session_id, &refresh).await)
            }
        }
    }

    async fn verify(&self, token: &str, lenient: bool, now: i64) -> Result<Arc<Verified>, Failure> {
        let Shared { verifier, tokens, keys, .. } = &*self.shared;
        if lenient {
            tracing::warn!("this machine's clock and Clerk's differ; please set it right");
            let parts = split(token)?;
            let key = key(keys, &parts).await?;
            return verifier.lenient().verify(&parts, &key, now).map(Arc::new).map_err(Failure::Refused);
        }
        if let Some(verified) = tokens.get(token, now) {
            let window = verifier.check_window(verified.expires, verified.not_before, now);
            return window.map(|()| verified).map_err(Failure::Refused);
        }
        let parts = split(token)?;
        let key = key(keys, &parts).await?;
        let verified = Arc::new(verifier.verify(&parts, &key, now).map_err(Failure::Refused)?);
        tokens.insert(token, &verified, now);
        Ok(verified)
    }

    /// An ended token, while nobody could get another one. Whether its session was ended by hand the product knows.
    async fn excuse(&self, token: &str, now: i64) -> Result<Arc<Verified>, Failure> {
        if self.shared.beacon.shines().await {
            return Err(Failure::Refused(Refusal::Expired));
        }
        let parts = split(token)?;
        let key = key(&self.shared.keys, &parts).await?;
        let verifier = self.shared.verifier.excusing(self.shared.config.grace);
        verifier.verify(&parts, &key, now).map(Arc::new).map_err(Failure::Refused)
    }

    async fn verify_handshake(&self, token: &str) -> Result<Vec<String>, Failure> {
        let parts = split(token)?;
        let key = key(&self.shared.keys, &parts).await?;
        verify_handshake(&parts, &key).map_err(Failure::Refused)
    }
}

/// Takes a token apart and refuses what no key could save.
fn split(token: &str) -> Result<Parts<'_>, Failure> {
    let parts = Parts::split(token).map_err(|_| Failure::Refused(Refusal::Malformed))?;
    check_header(&parts.header).map_err(Failure::Refused)?;
    Ok(parts)
}

async fn key(keys: &Keys, parts: &Parts<'_>) -> Result<Arc<jsonwebtoken::DecodingKey>, Failure> {
    keys.find(parts.header.kid.as_deref()).await.map_err(|missing| match missing {
        NoKey::Unknown => Failure::Refused(Refusal::KeyMismatch),
        NoKey::Unavailable => Failure::Unavailable,
    })
}
