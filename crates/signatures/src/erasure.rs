//! Signatures of erasure records: Ed25519 (RFC 8032) over the record's text, so that anyone who has the public key can check that
//! this installation wrote it.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::prelude::{BASE64_STANDARD, Engine};

/// Signs. Made from a seed of 32 bytes, which is the secret.
pub struct Signer(Ed25519KeyPair);

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

impl Signer {
    /// From a seed in base64; none where it is not one of 32 bytes.
    pub fn from_base64(seed: &str) -> Option<Self> {
        let seed = BASE64_STANDARD.decode(seed.trim()).ok()?;
        Ed25519KeyPair::from_seed_unchecked(&seed).ok().map(Self)
    }

    /// 64 bytes.
    pub fn sign(&self, text: &str) -> Vec<u8> {
        self.0.sign(text.as_bytes()).as_ref().to_vec()
    }

    /// What others check signatures with, in base64.
    pub fn public_key(&self) -> String {
        BASE64_STANDARD.encode(self.0.public_key().as_ref())
    }
}

/// Whether the owner of this public key, in base64, signed this text.
pub fn is_signed(text: &str, signature: &[u8], public_key: &str) -> bool {
    let Ok(key) = BASE64_STANDARD.decode(public_key.trim()) else { return false };
    UnparsedPublicKey::new(&ED25519, key).verify(text.as_bytes(), signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(byte: u8) -> Signer {
        Signer::from_base64(&BASE64_STANDARD.encode([byte; 32])).unwrap()
    }

    #[test]
    fn only_the_same_text_by_the_same_key() {
        let ours = signer(7);
        let signature = ours.sign("a record");
        assert!(is_signed("a record", &signature, &ours.public_key()));
        assert!(!is_signed("another", &signature, &ours.public_key()));
        assert!(!is_signed("a record", &signature, &signer(8).public_key()));
        assert!(!is_signed("a record", &signature[1..], &ours.public_key()));
        assert!(!is_signed("a record", &signature, "no key"));
    }

    /// RFC 8032, section 7.1, test 1.
    #[test]
    fn the_example_of_the_standard() {
        let bytes = |hex: &str| -> Vec<u8> {
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
        };
        let seed = bytes("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
        let signer = Signer::from_base64(&BASE64_STANDARD.encode(seed)).unwrap();
        let public = bytes("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        assert_eq!(signer.public_key(), BASE64_STANDARD.encode(public));
        let signature = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";
        assert_eq!(signer.sign(""), bytes(signature));
    }

    #[test]
    fn a_seed_of_another_length_is_none() {
        assert!(Signer::from_base64(&BASE64_STANDARD.encode([1; 31])).is_none());
        assert!(Signer::from_base64("nonsense!").is_none());
    }
}
