//! Session tokens of Clerk's form, signed with a key made for this run; and with another one, for forgeries.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::people;

/// A development key of no instance, and what follows from it.
pub(crate) const PUBLISHABLE_KEY: &str = "pk_test_cHJvb2YuY2xlcmsuYWNjb3VudHMuZGV2JA";
const ISSUER: &str = "https://proof.clerk.accounts.dev";
/// Where the server under attack believes to be reached.
pub(crate) const ORIGIN: &str = "http://localhost:3000";
/// How long a token is good for, and how long it is used, in seconds.
const LIFETIME: (u64, u64) = (600, 300);

/// Whose session, in which organisation (id and address), and whether the key is the server's.
pub(crate) type Claim = (&'static str, Option<(&'static str, &'static str)>, bool);

/// Signs and remembers.
pub(crate) struct Tokens {
    trusted: KeyPair,
    foreign: KeyPair,
    signed: Mutex<HashMap<Claim, (u64, String)>>,
    sessions: AtomicU64,
}

impl Tokens {
    pub(crate) fn new() -> Result<Self> {
        let pair = || KeyPair::generate(KeySize::Rsa2048).map_err(|_| unusable("made"));
        Ok(Self { trusted: pair()?, foreign: pair()?, signed: Mutex::default(), sessions: AtomicU64::default() })
    }

    /// The key that the server trusts.
    pub(crate) fn public_pem(&self) -> Result<String> {
        let der: PublicKeyX509Der<'_> = self.trusted.public_key().as_der().map_err(|_| unusable("written"))?;
        Ok(format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der.as_ref())))
    }

    /// A token, made anew before it ends.
    pub(crate) fn token(&self, claim: Claim) -> String {
        let now = now();
        let mut signed = self.signed.lock().unwrap_or_else(PoisonError::into_inner);
        match signed.get(&claim) {
            Some((at, token)) if at + LIFETIME.1 > now => token.clone(),
            _ => {
                let token = self.sign(claim, now);
                signed.insert(claim, (now, token.clone()));
                token
            }
        }
    }

    /// After a sign-out: everybody comes with another session from here on.
    pub(crate) fn renew(&self) {
        self.signed.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.sessions.fetch_add(1, Ordering::Relaxed);
    }

    fn sign(&self, (person, organisation, trusted): Claim, now: u64) -> String {
        let mut claims = json!({
            "v": 2, "iss": ISSUER, "azp": ORIGIN, "sub": people::user_id(person), "sid": format!("sess_{person}{}", self.sessions.load(Ordering::Relaxed)),
            "sts": "active", "jti": "j", "fva": [0, -1], "iat": now, "nbf": now - 10, "exp": now + LIFETIME.0,
        });
        if let Some((id, slug)) = organisation {
            claims["o"] = json!({ "id": id, "slg": slug, "rol": "admin" });
        }
        let header = json!({ "alg": "RS256", "typ": "JWT", "cat": "cl_B7d4PD111AAA", "kid": "ins_proof" });
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", encode(&header), encode(&claims));
        let pair = if trusted { &self.trusted } else { &self.foreign };
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .expect("the buffer has the length of the modulus");
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn unusable(what: &str) -> Error {
    Error::CannotRun(format!("no RSA key could be {what} for the sessions of the proof"))
}
