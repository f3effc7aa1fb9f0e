//! The instance's RSA keys: the first is made on first start, all are kept in the data directory and published as a key set.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use anyhow::Context as _;
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::ids;

/// File of the first key, which goes by the instance's id.
const FILE: &str = "signing-key.der";

/// The instance's keys: the newest signs, and every one is published.
pub(crate) struct Keys {
    directory: PathBuf,
    /// Oldest first, never empty.
    pairs: RwLock<Vec<NamedPair>>,
}

/// A key pair with the `kid` it goes by.
struct NamedPair {
    kid: String,
    pair: KeyPair,
}

impl Keys {
    /// Reads the keys from the data directory: those of these names, or else the first one, which is made when it is
    /// not there.
    pub(crate) fn open(directory: &Path, instance_id: &str, kids: &[String]) -> anyhow::Result<Self> {
        let first = [instance_id.to_owned()];
        let kids = if kids.is_empty() { &first[..] } else { kids };
        let pairs = kids.iter().map(|kid| {
            let file = if kid == instance_id { FILE.to_owned() } else { file_of(kid) };
            Ok(NamedPair { kid: kid.clone(), pair: open_pair(&directory.join(file))? })
        });
        Ok(Self { directory: directory.to_owned(), pairs: RwLock::new(pairs.collect::<anyhow::Result<_>>()?) })
    }

    /// Makes another key, which signs from now on; answers with the names of all.
    pub(crate) fn rotate(&self) -> anyhow::Result<Vec<String>> {
        let kid = ids::fresh("ins_");
        let pair = open_pair(&self.directory.join(file_of(&kid)))?;
        let mut pairs = self.pairs.write().unwrap_or_else(PoisonError::into_inner);
        pairs.push(NamedPair { kid, pair });
        Ok(names(&pairs))
    }

    /// Publishes only the newest key from now on; answers with its name.
    pub(crate) fn withdraw_old(&self) -> Vec<String> {
        let mut pairs = self.pairs.write().unwrap_or_else(PoisonError::into_inner);
        let old = pairs.len().saturating_sub(1);
        pairs.drain(..old);
        names(&pairs)
    }

    /// The names of the published keys, oldest first.
    pub(crate) fn kids(&self) -> Vec<String> {
        names(&self.read())
    }

    /// A compact token: header and claims signed with RS256 by the newest key, whose name goes into the header.
    pub(crate) fn sign(&self, mut header: Value, claims: &Value) -> String {
        let pairs = self.read();
        let NamedPair { kid, pair } = pairs.last().expect("there is always a key");
        header["kid"] = kid.clone().into();
        let mut text = format!("{}.{}", encode(&header), encode(claims));
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .expect("the buffer has the length of the modulus");
        text.push('.');
        text.push_str(&URL_SAFE_NO_PAD.encode(signature));
        text
    }

    /// The claims of a token a published key has signed, however old; `None` for any other text.
    pub(crate) fn claims(&self, token: &str) -> Option<Value> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (_, claims) = signed.split_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let is_ours = self.read().iter().any(|NamedPair { pair, .. }| {
            let public = pair.public_key();
            let components = RsaPublicKeyComponents {
                n: public.modulus().big_endian_without_leading_zero(),
                e: public.exponent().big_endian_without_leading_zero(),
            };
            components.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).is_ok()
        });
        is_ours.then_some(())?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }

    /// The key set both `/.well-known/jwks.json` and the Backend API answer with.
    pub(crate) fn jwks(&self) -> Value {
        let keys = self.read().iter().map(NamedPair::jwk).collect::<Vec<_>>();
        json!({"keys": keys})
    }

    fn read(&self) -> RwLockReadGuard<'_, Vec<NamedPair>> {
        self.pairs.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl NamedPair {
    fn jwk(&self) -> Value {
        let public = self.pair.public_key();
        json!({
            "use": "sig",
            "kty": "RSA",
            "kid": self.kid,
            "alg": "RS256",
            "n": URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
            "e": URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
        })
    }
}

fn names(pairs: &[NamedPair]) -> Vec<String> {
    pairs.iter().map(|pair| pair.kid.clone()).collect()
}

fn file_of(kid: &str) -> String {
    format!("signing-key-{kid}.der")
}

/// Reads a key, or makes one of 2048 bits and keeps it there, readable by its owner only.
fn open_pair(path: &Path) -> anyhow::Result<KeyPair> {
    match fs::read(path) {
        Ok(der) => KeyPair::from_pkcs8(&der).map_err(|error| anyhow::anyhow!("{}: {error}", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let pair = KeyPair::generate(KeySize::Rsa2048).context("cannot make an RSA key")?;
            let der = pair.as_der().context("cannot encode the RSA key")?;
            fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)
                .and_then(|mut file| file.write_all(der.as_ref()))
                .with_context(|| format!("cannot write {}", path.display()))?;
            Ok(pair)
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
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
        let first = Keys::open(directory.path(), "ins_1", &[]).unwrap();
        let token = first.sign(json!({"alg": "RS256"}), &json!({"sub": "user_1"}));
        let again = Keys::open(directory.path(), "ins_1", &[]).unwrap();
        assert_eq!(first.jwks(), again.jwks());
        assert_eq!(again.claims(&token), Some(json!({"sub": "user_1"})));
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (header, _) = signed.split_once('.').unwrap();
        let changed = format!("{header}.{}.{signature}", encode(&json!({"sub": "user_2"})));
        assert_eq!(again.claims(&changed), None);
        assert_eq!(again.claims("x.y.z"), None);
    }

    #[test]
    fn a_second_key_signs_until_the_first_is_withdrawn() {
        let directory = tempfile::tempdir().unwrap();
        let keys = Keys::open(directory.path(), "ins_1", &[]).unwrap();
        let old = keys.sign(json!({}), &json!({"sub": "user_1"}));
        let kids = keys.rotate().unwrap();
        assert_eq!((kids.len(), kids[0].as_str()), (2, "ins_1"));
        let new = keys.sign(json!({}), &json!({"sub": "user_2"}));
        let again = Keys::open(directory.path(), "ins_1", &kids).unwrap();
        assert!(again.claims(&old).is_some() && again.claims(&new).is_some());
        assert_eq!(again.withdraw_old(), kids[1..]);
        assert_eq!(again.claims(&old), None);
        let again = Keys::open(directory.path(), "ins_1", &kids[1..]).unwrap();
        assert!(again.claims(&old).is_none() && again.claims(&new).is_some());
    }
}
