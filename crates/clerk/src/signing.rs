//! For tests: keys made on the spot, and tokens of Clerk's shape signed with them.

use std::sync::LazyLock;

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// The issuer of the development key used in tests.
pub(crate) const ISSUER: &str = "https://tenantry-sandbox-13.clerk.accounts.dev";
/// A development key.
pub(crate) const DEVELOPMENT_KEY: &str = "pk_test_dGVuYW50cnktc2FuZGJveC0xMy5jbGVyay5hY2NvdW50cy5kZXYk";
/// The application's origin in tests.
pub(crate) const PARTY: &str = "https://app.example.test";

static INSTANCE: LazyLock<Signer> = LazyLock::new(|| Signer::generate("ins_test"));
static STRANGER: LazyLock<Signer> = LazyLock::new(|| Signer::generate("ins_test"));

pub(crate) struct Signer {
    key: KeyPair,
    pub(crate) key_id: &'static str,
}

impl Signer {
    pub(crate) fn generate(key_id: &'static str) -> Self {
        Self { key: KeyPair::generate(KeySize::Rsa2048).unwrap(), key_id }
    }

    /// The instance's own key.
    pub(crate) fn instance() -> &'static Self {
        &INSTANCE
    }

    /// Somebody else's key under the same id.
    pub(crate) fn stranger() -> &'static Self {
        &STRANGER
    }

    pub(crate) fn pem(&self) -> String {
        let der: PublicKeyX509Der<'_> = self.key.public_key().as_der().unwrap();
        let text = STANDARD.encode(der.as_ref());
        let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }

    pub(crate) fn jwk(&self) -> Value {
        let public = self.key.public_key();
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({
            "use": "sig", "kty": "RSA", "alg": "RS256", "kid": self.key_id,
            "n": text(public.modulus().big_endian_without_leading_zero()),
            "e": text(public.exponent().big_endian_without_leading_zero()),
        })
    }

    pub(crate) fn header(&self) -> Value {
        json!({ "alg": "RS256", "typ": "JWT", "kid": self.key_id, "cat": "cl_B7d4PD111AAA" })
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_text(&self.header().to_string(), &claims.to_string())
    }

    /// Signs a header and claims as they are written.
    pub(crate) fn sign_text(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// The claims of a version 2 token made at `now`.
pub(crate) fn claims(now: i64) -> Value {
    json!({
        "v": 2, "iss": ISSUER, "sub": "user_1", "sid": "sess_1", "azp": PARTY, "sts": "active", "jti": "a1",
        "iat": now, "nbf": now - 10, "exp": now + 60, "fva": [3, -1],
        "o": { "id": "org_1", "slg": "acme", "rol": "admin" },
    })
}

/// The claims with some of them replaced; `null` takes one away.
pub(crate) fn claims_with(now: i64, changes: &Value) -> Value {
    let mut claims = claims(now);
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}
