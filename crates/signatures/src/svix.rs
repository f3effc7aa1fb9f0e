//! The Svix scheme (also called Standard Webhooks), which Clerk uses.
//!
//! Signed bytes are `<id>.<timestamp>.<raw body>`, the signature is HMAC-SHA256 under the decoded secret, and the
//! header reads `v1,<base64>`, possibly several of them with spaces between. Source: the published Standard Webhooks
//! specification.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq as _};

/// How far a timestamp may lie from now, in seconds, before and after.
pub const TOLERANCE_SECONDS: u64 = 5 * 60;

/// What a secret's text begins with.
const PREFIX: &str = "whsec_";

/// The only version of the scheme that exists with a shared secret.
const VERSION: &str = "v1";

/// A decoded HMAC-SHA256 is this long.
const SIGNATURE_BYTES: usize = 32;

/// Nobody rotates through more keys than this (the vendor keeps ten old ones); the rest of a header is not looked at.
const MOST_SIGNATURES: usize = 32;

/// A signing secret. Its `Debug` says nothing of the key.
#[derive(Clone)]
pub struct Secret {
    key: Vec<u8>,
}

impl Secret {
    /// Reads `whsec_<base64>`; the prefix may be left out, blanks around it are ignored.
    ///
    /// # Errors
    /// [`Error::EmptySecret`] when nothing or only zero bytes are left, [`Error::MalformedSecret`] when the rest is not base64.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let encoded = text.strip_prefix(PREFIX).unwrap_or(text).trim();
        if encoded.is_empty() {
            return Err(Error::EmptySecret);
        }
        let key = STANDARD.decode(encoded).map_err(|_| Error::MalformedSecret)?;
        // HMAC pads its key with zeros, so a key of nothing but zeros equals the empty key.
        if key.iter().all(|byte| *byte == 0) {
            return Err(Error::EmptySecret);
        }
        Ok(Self { key })
    }

    fn digest(&self, id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes a key of any length");
        mac.update(id.as_bytes());
        mac.update(b".");
        mac.update(timestamp.as_bytes());
        mac.update(b".");
        mac.update(body);
        mac
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(whsec_…)")
    }
}

impl std::str::FromStr for Secret {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

/// The three headers as received: `svix-id`, `svix-timestamp`, `svix-signature` (white-label senders say `webhook-…`).
#[derive(Debug, Clone, Copy, Default)]
pub struct Headers<'a> {
    /// The message's id, the same for every attempt.
    pub id: &'a str,
    /// Unix seconds in decimal.
    pub timestamp: &'a str,
    /// One or several `v1,<base64>`.
    pub signature: &'a str,
}

/// Why a message was refused. None of these says anything about the key or the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The secret is missing, blank or nothing but zeros.
    #[error("the webhook secret is empty; it should look like whsec_ followed by base64")]
    EmptySecret,
    /// The secret is not base64.
    #[error("the webhook secret is not base64; it should look like whsec_ followed by base64")]
    MalformedSecret,
    /// No secret was given to check against.
    #[error("no webhook secret is configured")]
    NoSecret,
    /// A header is missing or empty; names it.
    #[error("the header {0} is missing")]
    MissingHeader(&'static str),
    /// The timestamp is not a decimal number of seconds.
    #[error("the timestamp is not a number of seconds")]
    MalformedTimestamp,
    /// The timestamp lies more than [`TOLERANCE_SECONDS`] in the past.
    #[error("the message is too old")]
    TooOld,
    /// The timestamp lies more than [`TOLERANCE_SECONDS`] in the future.
    #[error("the message comes from the future")]
    TooNew,
    /// No signature fits any secret.
    #[error("no signature fits")]
    NoMatch,
}

/// Signs a message; the answer is the header's text, `v1,<base64>`.
#[must_use]
pub fn sign(secret: &Secret, id: &str, unix_seconds: i64, body: &[u8]) -> String {
    let digest = secret.digest(id, &unix_seconds.to_string(), body).finalize().into_bytes();
    format!("{VERSION},{}", STANDARD.encode(digest))
}

/// Checks a message against every secret: any one `v1` signature that fits any one secret passes, unknown versions are
/// skipped.
///
/// `now_unix_seconds` is the caller's clock. `body` must be the raw bytes, before any parsing.
///
/// # Errors
/// See [`Error`]. Headers are judged first, then the time, then the signatures.
pub fn verify(secrets: &[Secret], headers: Headers<'_>, body: &[u8], now_unix_seconds: i64) -> Result<(), Error> {
    if secrets.is_empty() {
        return Err(Error::NoSecret);
    }
    for (name, value) in
        [("svix-id", headers.id), ("svix-timestamp", headers.timestamp), ("svix-signature", headers.signature)]
    {
        if value.trim().is_empty() {
            return Err(Error::MissingHeader(name));
        }
    }
    check_time(headers.timestamp, now_unix_seconds)?;

    let offered: Vec<[u8; SIGNATURE_BYTES]> =
        headers.signature.split(' ').filter_map(decode_signature).take(MOST_SIGNATURES).collect();
    let mut fits = Choice::from(0);
    for secret in secrets {
        // The bytes signed are the header's own text, not a number printed again.
        let expected = secret.digest(headers.id, headers.timestamp, body).finalize().into_bytes();
        for signature in &offered {
            fits |= expected.as_slice().ct_eq(signature);
        }
    }
    if bool::from(fits) { Ok(()) } else { Err(Error::NoMatch) }
}

/// Refuses what is not plain decimal digits, and what lies outside the tolerance.
fn check_time(text: &str, now: i64) -> Result<(), Error> {
    // `parse` alone would take a leading plus.
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::MalformedTimestamp);
    }
    let sent: i64 = text.parse().map_err(|_| Error::MalformedTimestamp)?;
    if now.abs_diff(sent) <= TOLERANCE_SECONDS {
        Ok(())
    } else if sent < now {
        Err(Error::TooOld)
    } else {
        Err(Error::TooNew)
    }
}

/// One `v1,<base64>` of exactly the right length; anything else is nothing.
fn decode_signature(entry: &str) -> Option<[u8; SIGNATURE_BYTES]> {
    let (version, encoded) = entry.split_once(',')?;
    if version != VERSION {
        return None;
    }
    STANDARD.decode(encoded).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests;
