//! Session tokens of Clerk's form, signed with a key made for this test run.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://tenantry-sandbox-13.clerk.accounts.dev";
pub(crate) const APP: &str = "http://localhost:3000";

/// The key that the server trusts.
pub(crate) static TRUSTED: LazyLock<Key> = LazyLock::new(Key::generate);
/// A key of another instance.
pub(crate) static FOREIGN: LazyLock<Key> = LazyLock::new(Key::generate);

pub(crate) struct Key(KeyPair);

impl Key {
    fn generate() -> Self {
        Self(KeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    pub(crate) fn public_pem(&self) -> String {
        let der: PublicKeyX509Der<'_> = self.0.public_key().as_der().unwrap();
        let lines: Vec<String> = STANDARD
            .encode(der.as_ref())
            .as_bytes()
            .chunks(64)
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }

    /// As an instance publishes it.
    pub(crate) fn published(&self) -> Value {
        let der: PublicKeyX509Der<'_> = self.0.public_key().as_der().unwrap();
        // The modulus of 2048 bits stands before the exponent's five bytes at the end.
        let modulus = &der.as_ref()[der.as_ref().len() - 5 - 256..der.as_ref().len() - 5];
        let key = json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "ins_test", "e": "AQAB", "n": URL_SAFE_NO_PAD.encode(modulus) });
        json!({ "keys": [key] })
    }

    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

pub(crate) fn header() -> Value {
    json!({ "alg": "RS256", "typ": "JWT", "cat": "cl_B7d4PD111AAA", "kid": "ins_test" })
}

pub(crate) fn now() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

/// Another one with each token: a sign-out ends one of them alone.
fn session(name: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("sess_{name}{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Claims of a person whose active organisation is at this address.
pub(crate) fn claims(name: &str, slug: Option<&str>) -> Value {
    let now = now();
    let mut claims = json!({
        "v": 2, "iss": ISSUER, "azp": APP, "sub": format!("user_{name}"), "sid": session(name),
        "sts": "active", "jti": "j", "fva": [0, -1], "iat": now, "nbf": now - 10, "exp": now + 60,
    });
    if let Some(slug) = slug {
        claims["o"] = json!({ "id": format!("org_{slug}"), "slg": slug, "rol": role(name) });
    }
    claims
}

/// As Clerk knows them.
fn role(name: &str) -> &'static str {
    if matches!(name, "ada" | "olga") { "admin" } else { "member" }
}

/// The session a token is of.
pub(crate) fn session_of(token: &str) -> String {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice::<Value>(&payload).unwrap()["sid"].as_str().unwrap().to_owned()
}

pub(crate) fn token(name: &str, slug: Option<&str>) -> String {
    TRUSTED.sign(&header(), &claims(name, slug))
}
