//! The context of a transaction: whose rows it may see, under whose name, or why outside any organisation.
//!
//! Written by `set local` in the message that begins the transaction, so it ends with it. With a key the context is
//! signed as well (HMAC-SHA256, RFC 2104), and a database that asks for signatures believes nothing else.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::{Error, OrganisationId, SystemReason, UserId};

/// How long a signed context is good for beginning a transaction. Covers clocks that differ a little.
const LIFETIME: Duration = Duration::from_secs(120);
/// Of SHA-256, in bytes.
const BLOCK: usize = 64;

/// A key that signs contexts: a name, and 32 bytes that only servers and the database know.
#[derive(Clone)]
pub struct ContextKey {
    name: String,
    secret: [u8; 32],
}

/// The text is not a context key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a context key is a name of 1 to 16 lower-case letters and digits, a colon, and 64 hexadecimal digits")]
pub struct InvalidContextKey;

impl ContextKey {
    /// From `name:64 hexadecimal digits`.
    pub fn parse(text: &str) -> Result<Self, InvalidContextKey> {
        let (name, digits) = text.split_once(':').ok_or(InvalidContextKey)?;
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        if !(1..=16).contains(&name.len()) || !name.bytes().all(plain) || digits.len() != 64 || !digits.is_ascii() {
            return Err(InvalidContextKey);
        }
        let mut secret = [0; 32];
        for (byte, at) in secret.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| InvalidContextKey)?;
        }
        Ok(Self { name: name.to_owned(), secret })
    }

    /// The name, which is no secret.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key's two halves as the database keeps them: filled up to a block, xor 0x36 and xor 0x5c.
    pub(crate) fn halves(&self) -> (Vec<u8>, Vec<u8>) {
        let half = |pad: u8| {
            let mut block = vec![pad; BLOCK];
            block.iter_mut().zip(self.secret).for_each(|(byte, secret)| *byte ^= secret);
            block
        };
        (half(0x36), half(0x5c))
    }

    fn sign(&self, body: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes keys of any length");
        mac.update(body.as_bytes());
        mac.finalize().into_bytes().iter().fold(String::with_capacity(64), |mut digits, byte| {
            let _ = write!(digits, "{byte:02x}");
            digits
        })
    }
}

impl std::fmt::Debug for ContextKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ContextKey({})", self.name)
    }
}

/// What a transaction says of itself.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Context<'a> {
    pub(crate) organisation: Option<&'a OrganisationId>,
    pub(crate) user: Option<&'a UserId>,
    pub(crate) reason: Option<SystemReason>,
}

impl Context<'_> {
    /// `begin` and everything that has to be set, as one message.
    ///
    /// Ids are letters, digits and one underscore by their type, so they need no quoting.
    pub(crate) fn message(&self, begin: &str, key: Option<&ContextKey>) -> String {
        let mut message = begin.to_owned();
        let reason = self.reason.map(SystemReason::as_str);
        for (setting, value) in [
            ("app.current_org_id", self.organisation.map(OrganisationId::as_str)),
            ("app.current_user_id", self.user.map(UserId::as_str)),
            ("app.system_reason", reason),
        ] {
            if let Some(value) = value {
                let _ = write!(message, "; set local {setting} = '{value}'");
            }
        }
        if let Some(key) = key {
            let _ = write!(message, "; set local app.context = '{}'", self.signed(key, SystemTime::now()));
        }
        message
    }

    /// The organisation, the person and the reason stand beside it in the clear: the signature covers them.
    fn signed(&self, key: &ContextKey, now: SystemTime) -> String {
        let until = now.duration_since(UNIX_EPOCH).unwrap_or_default() + LIFETIME;
        let body = format!(
            "{}|{}|{}|{}|{}",
            key.name,
            self.organisation.map_or("", OrganisationId::as_str),
            self.user.map_or("", UserId::as_str),
            self.reason.map_or("", SystemReason::as_str),
            until.as_secs()
        );
        format!("{}|{}|{}", key.name, until.as_secs(), key.sign(&body))
    }
}

/// Whether the server's configuration and the database agree about signatures.
pub(crate) fn agreed(signed: bool, key: Option<&ContextKey>, believed: bool) -> Result<(), Error> {
    let problem = match (signed, key) {
        (false, None) => return Ok(()),
        (true, Some(_)) if believed => return Ok(()),
        (true, Some(key)) => format!(
            "the database does not believe contexts signed with the key {:?}: it has another secret under that name, \
             or none, or its clock differs from ours by more than {} s. Add the key with: tenantry context sign",
            key.name,
            LIFETIME.as_secs()
        ),
        (true, None) => {
            "the database believes signed contexts alone, and no key is given: set CONTEXT_KEY, or go back \
                         with: tenantry context plain"
                .to_owned()
        }
        (false, Some(_)) => "a context key is given, and the database does not ask for signatures: run \
                             tenantry context sign, or unset CONTEXT_KEY"
            .to_owned(),
    };
    Err(Error::Context(problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "k1:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    #[test]
    fn a_key_has_a_name_and_32_bytes() {
        assert_eq!(ContextKey::parse(KEY).unwrap().name(), "k1");
        assert!(!format!("{:?}", ContextKey::parse(KEY).unwrap()).contains("0102"));
        let other = |text: &str| text.replace("k1:", "");
        for bad in ["", "k1", "k1:", "K1:00", &KEY[..20], &format!("{KEY}0"), &KEY.replace("00", "zz"), &other(KEY)] {
            assert_eq!(ContextKey::parse(bad).unwrap_err(), InvalidContextKey, "{bad}");
        }
    }

    #[test]
    fn everything_the_database_reads_is_under_the_signature() {
        let key = ContextKey::parse(KEY).unwrap();
        let (acme, bolt) = (OrganisationId::parse("org_acme").unwrap(), OrganisationId::parse("org_bolt").unwrap());
        let ada = UserId::parse("user_ada").unwrap();
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let context = Context { organisation: Some(&acme), user: Some(&ada), reason: None };
        let signed = context.signed(&key, at(1_000_000));
        assert!(signed.starts_with("k1|1000120|"), "{signed}");
        let (_, signature) = signed.rsplit_once('|').unwrap();
        assert_eq!(signature.len(), 64);
        for other in [
            Context { organisation: Some(&bolt), ..context }.signed(&key, at(1_000_000)),
            Context { user: None, ..context }.signed(&key, at(1_000_000)),
            Context { reason: Some(SystemReason::Jobs), ..context }.signed(&key, at(1_000_000)),
            context.signed(&key, at(1_000_001)),
        ] {
            assert!(!other.ends_with(signature));
        }
    }

    #[test]
    fn without_a_key_nothing_is_signed() {
        let acme = OrganisationId::parse("org_acme").unwrap();
        let context = Context { organisation: Some(&acme), ..Context::default() };
        assert_eq!(
            context.message("begin read only", None),
            "begin read only; set local app.current_org_id = 'org_acme'"
        );
    }
}
