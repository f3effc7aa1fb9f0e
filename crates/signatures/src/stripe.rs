//! Stripe's scheme.
//!
//! Signed bytes are `<timestamp>.<raw body>`, the signature is HMAC-SHA256 under the secret as it is written, prefix
//! included, and the header reads `t=<timestamp>,v1=<hex>`, with more of `v1` while a secret is being rolled. Source:
//! Stripe's documentation; Stripe's own library agrees in both directions (e2e/stripe_requests.test.mjs).

use std::fmt;
use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq as _};

/// The header's name.
pub const HEADER: &str = "stripe-signature";

/// How far a timestamp may lie from now, in seconds, before and after.
pub const TOLERANCE_SECONDS: u64 = 5 * 60;

/// What a secret's text begins with.
const PREFIX: &str = "whsec_";

/// The only version of the scheme that counts; `v0` is made for tests and signs nothing.
const VERSION: &str = "v1";

/// A decoded HMAC-SHA256 is this long.
const SIGNATURE_BYTES: usize = 32;

/// Nobody rolls through more secrets than this at once; the rest of a header is not looked at.
const MOST_SIGNATURES: usize = 32;

/// A signing secret. Its `Debug` says nothing of the key.
#[derive(Clone)]
pub struct Secret {
    key: Vec<u8>,
}

impl Secret {
    /// Reads `whsec_…`; blanks around it are ignored.
    ///
    /// # Errors
    /// [`Error::EmptySecret`] when nothing is left or nothing follows the prefix, [`Error::MalformedSecret`] when there
    /// is no prefix, or what follows it is not visible characters.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Error::EmptySecret);
        }
        let rest = text.strip_prefix(PREFIX).ok_or(Error::MalformedSecret)?;
        if rest.trim().is_empty() {
            return Err(Error::EmptySecret);
        }
        if !rest.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::MalformedSecret);
        }
        Ok(Self { key: text.as_bytes().to_vec() })
    }

    fn digest(&self, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes a key of any length");
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

/// Why a message was refused. None of these says anything about the key or the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The secret is missing or blank.
    #[error("the webhook secret is empty; it should look like whsec_…")]
    EmptySecret,
    /// The secret has another form.
    #[error("the webhook secret should be whsec_ followed by visible characters")]
    MalformedSecret,
    /// No secret was given to check against.
    #[error("no webhook secret is configured")]
    NoSecret,
    /// There is no header, or an empty one.
    #[error("the header stripe-signature is missing")]
    MissingHeader,
    /// The header has no timestamp, more than one, or one that is not a decimal number of seconds.
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

/// Signs a message with each secret, as Stripe does while one is being rolled; the answer is the header's text.
#[must_use]
pub fn sign(secrets: &[Secret], unix_seconds: i64, body: &[u8]) -> String {
    let timestamp = unix_seconds.to_string();
    let mut header = format!("t={timestamp}");
    for secret in secrets {
        header.push_str(",v1=");
        for byte in secret.digest(&timestamp, body).finalize().into_bytes() {
            write!(header, "{byte:02x}").expect("a String takes everything");
        }
    }
    header
}

/// Checks a message against every secret: any one `v1` signature that fits any one secret passes, other versions are
/// skipped.
///
/// `now_unix_seconds` is the caller's clock. `body` must be the raw bytes, before any parsing.
///
/// # Errors
/// See [`Error`]. The header is judged first, then the time, then the signatures.
pub fn verify(secrets: &[Secret], header: &str, body: &[u8], now_unix_seconds: i64) -> Result<(), Error> {
    if secrets.is_empty() {
        return Err(Error::NoSecret);
    }
    if header.trim().is_empty() {
        return Err(Error::MissingHeader);
    }
    let timestamp = timestamp(header)?;
    check_time(timestamp, now_unix_seconds)?;

    let offered: Vec<[u8; SIGNATURE_BYTES]> =
        entries(header).filter(|(name, _)| *name == VERSION).filter_map(decode).take(MOST_SIGNATURES).collect();
    let mut fits = Choice::from(0);
    for secret in secrets {
        // The bytes signed are the header's own text, not a number printed again.
        let expected = secret.digest(timestamp, body).finalize().into_bytes();
        for signature in &offered {
            fits |= expected.as_slice().ct_eq(signature);
        }
    }
    if bool::from(fits) { Ok(()) } else { Err(Error::NoMatch) }
}

/// The header's parts, names and values.
fn entries(header: &str) -> impl Iterator<Item = (&str, &str)> {
    header.split(',').filter_map(|entry| entry.trim().split_once('='))
}

/// The one timestamp. Of two, nobody knows which one was signed.
fn timestamp(header: &str) -> Result<&str, Error> {
    let mut times = entries(header).filter(|(name, _)| *name == "t");
    match (times.next(), times.next()) {
        (Some((_, text)), None) => Ok(text),
        _ => Err(Error::MalformedTimestamp),
    }
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

/// Lower-case hex of exactly the right length; anything else is nothing.
fn decode((_, hex): (&str, &str)) -> Option<[u8; SIGNATURE_BYTES]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    if hex.len() != 2 * SIGNATURE_BYTES {
        return None;
    }
    let mut signature = [0; SIGNATURE_BYTES];
    for (byte, pair) in signature.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(signature)
}

#[cfg(test)]
mod tests;
