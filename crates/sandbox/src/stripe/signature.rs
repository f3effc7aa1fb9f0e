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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_secret_is_the_key() {
        // By `printf '1700000000.{}' | openssl dgst -sha256 -hmac whsec_test`.
        let known = "35495024f4ef3f94e5a93e22221544c4b75e9a42300cd965ab81cb85cd994e91";
        let header = sign(["whsec_test", "whsec_old"].into_iter(), 1_700_000_000, "{}");
        let parts: Vec<_> = header.split(',').collect();
        assert_eq!(parts[..2], ["t=1700000000", &format!("v1={known}")]);
        assert!(parts.len() == 3 && parts[2].starts_with("v1=") && parts[2] != parts[1]);
    }
}
