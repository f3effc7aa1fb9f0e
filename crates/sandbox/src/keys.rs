//! The instance's RSA key: made on first start, kept in the data directory, published as a key set.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

const FILE: &str = "signing-key.der";

/// The key pair with the name it goes by.
pub(crate) struct Keys {
    pair: KeyPair,
    /// `kid`: the instance's id.
    kid: String,
}

impl Keys {
    /// Reads the key from the data directory, or makes one of 2048 bits and keeps it there, readable by its owner only.
    pub(crate) fn open(directory: &Path, kid: &str) -> anyhow::Result<Self> {
        let path = directory.join(FILE);
        let pair = match fs::read(&path) {
            Ok(der) => KeyPair::from_pkcs8(&der).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let pair = KeyPair::generate(KeySize::Rsa2048).context("cannot make an RSA key")?;
                let der = pair.as_der().context("cannot encode the RSA key")?;
                fs::OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(&path)
                    .and_then(|mut file| file.write_all(der.as_ref()))
                    .with_context(|| format!("cannot write {}", path.display()))?;
                pair
            }
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        };
        Ok(Self { pair, kid: kid.to_owned() })
    }

    /// `kid` of the only key.
    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    /// A compact token: header and claims signed with RS256.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let mut text = format!("{}.{}", encode(header), encode(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .expect("the buffer has the length of the modulus");
        text.push('.');
        text.push_str(&URL_SAFE_NO_PAD.encode(signature));
        text
    }

    /// The claims of a token this key has signed, however old; `None` for any other text.
    pub(crate) fn claims(&self, token: &str) -> Option<Value> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (_, claims) = signed.split_once('.')?;
        let public = self.pair.public_key();
        let components = RsaPublicKeyComponents {
            n: public.modulus().big_endian_without_leading_zero(),
            e: public.exponent().big_endian_without_leading_zero(),
        };
        components
            .verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).ok()?)
            .ok()?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }

    /// The key set both `/.well-known/jwks.json` and the Backend API answer with.
    pub(crate) fn jwks(&self) -> Value {
        let public = self.pair.public_key();
        json!({"keys": [{
            "use": "sig",
            "kty": "RSA",
            "kid": self.kid,
            "alg": "RS256",
            "n": URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
            "e": URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
        }]})
    }
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_survives_and_refuses_what_it_did_not_sign() {
        let directory = tempfile::tempdir().unwrap();
        let first = Keys::open(directory.path(), "ins_1").unwrap();
        let token = first.sign(&json!({"alg": "RS256"}), &json!({"sub": "user_1"}));
        let again = Keys::open(directory.path(), "ins_1").unwrap();
        assert_eq!(first.jwks(), again.jwks());
        assert_eq!(again.claims(&token), Some(json!({"sub": "user_1"})));
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (header, _) = signed.split_once('.').unwrap();
        let changed = format!("{header}.{}.{signature}", encode(&json!({"sub": "user_2"})));
        assert_eq!(again.claims(&changed), None);
        assert_eq!(again.claims("x.y.z"), None);
    }
}
