//! What erasure records of tests are signed with.

use signatures::erasure::Signer;

/// A key for erasure records. Everybody knows it.
#[expect(clippy::missing_panics_doc, reason = "the seed is a constant")]
pub fn signer() -> Signer {
    Signer::from_base64("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").expect("32 bytes")
}
