//! What follows from the publishable key: the Frontend API's host, the issuer and the suffix of the cookies.

use anyhow::{Context as _, bail};
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE};

/// The sandbox's own key. Its host ends like a development host of Clerk's, otherwise ClerkJS would not keep a
/// development browser.
pub(crate) const PUBLISHABLE_KEY: &str = "pk_test_dGVuYW50cnktc2FuZGJveC0xMy5jbGVyay5hY2NvdW50cy5kZXYk";

/// How many characters of the hash mark a cookie as belonging to one key.
const SUFFIX_LENGTH: usize = 8;

/// The identity of the instance as every party derives it from the publishable key.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    /// `https://` and the Frontend API's host.
    pub(crate) issuer: String,
    /// Suffix of this instance's cookies, without the underscore.
    pub(crate) suffix: String,
    /// Whether the key is that of a production instance, which knows browsers by cookies of its own host.
    pub(crate) is_production: bool,
}

impl Instance {
    /// Reads `pk_test_` or `pk_live_` and the base64 of `<host>$`.
    pub(crate) fn parse(publishable_key: &str) -> anyhow::Result<Self> {
        let (encoded, is_production) = match publishable_key {
            key if key.starts_with("pk_test_") => (&key["pk_test_".len()..], false),
            key if key.starts_with("pk_live_") => (&key["pk_live_".len()..], true),
            _ => bail!("--publishable-key must begin with pk_test_ (development) or pk_live_ (production)"),
        };
        let decoded = STANDARD_NO_PAD
            .decode(encoded.trim_end_matches('='))
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .context("--publishable-key must end in the base64 of the host and a dollar sign")?;
        let host = decoded
            .strip_suffix('$')
            .filter(|host| host.contains('.') && !host.contains('$'))
            .context("--publishable-key must hold a host name that ends in one dollar sign")?;
        Ok(Self { issuer: format!("https://{host}"), suffix: suffix(publishable_key), is_production })
    }
}

impl Instance {
    /// The word both APIs use.
    pub(crate) fn environment_type(&self) -> &'static str {
        if self.is_production { "production" } else { "development" }
    }
}

/// First characters of the URL-safe base64 of the SHA-1 of the key as written, padding included.
fn suffix(publishable_key: &str) -> String {
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, publishable_key.as_bytes());
    URL_SAFE.encode(hash.as_ref())[..SUFFIX_LENGTH].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_keys_have_known_suffixes() {
        assert_eq!(suffix(PUBLISHABLE_KEY), "TeaZz7fV");
        assert_eq!(suffix("pk_live_Y2xlcmsudGVuYW50cnkuZXhhbXBsZSQ"), "vetgWn7v");
        assert_eq!(suffix("pk_live_Y2xlcmsudGVuYW50cnkuZXhhbXBsZSQ="), "QTHUfFvV");
    }

    #[test]
    fn the_issuer_is_the_host_in_the_key() {
        let instance = Instance::parse(PUBLISHABLE_KEY).unwrap();
        assert_eq!(instance.issuer, "https://tenantry-sandbox-13.clerk.accounts.dev");
        assert!(!instance.is_production);
        assert!(Instance::parse("pk_live_Y2xlcmsudGVuYW50cnkuZXhhbXBsZSQ").unwrap().is_production);
        for bad in ["sk_live_Y2xlcmsudGVuYW50cnkuZXhhbXBsZSQ", "pk_test_", "pk_test_Zm9v", "x"] {
            assert!(Instance::parse(bad).is_err(), "{bad}");
        }
    }
}
