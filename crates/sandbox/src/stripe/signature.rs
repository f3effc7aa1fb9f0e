//! The `Stripe-Signature` header.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign as hmac};

use crate::stripe::clock::Seconds;

/// One `v1` for each secret; the whole text of a secret is the key.
pub(super) fn sign<'a>(secrets: impl Iterator<Item = &'a str>, at: Seconds, body: &str) -> String {
    let message = format!("{at}.{body}");
    secrets.fold(format!("t={at}"), |header, secret| {
        let tag = hmac(&Key::new(HMAC_SHA256, secret.as_bytes()), message.as_bytes());
        let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{header},v1={hex}")
    })
}
