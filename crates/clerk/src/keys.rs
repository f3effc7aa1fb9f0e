//! The publishable key: which instance of Clerk this is, and the suffix of its cookies.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE};
use sha1::{Digest as _, Sha1};

/// Keys come with and without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How many characters of the digest make a cookie's suffix.
const SUFFIX_LENGTH: usize = 8;

/// What kind of instance a key belongs to; only the key's prefix says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstanceType {
    /// `pk_test_…`
    Development,
    /// `pk_live_…`
    Production,
}

/// A publishable key, `pk_test_` or `pk_live_` followed by base64 of `<frontend host>$`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishableKey {
    text: String,
    host: String,
    instance: InstanceType,
}

/// The text is not a publishable key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("should look like pk_test_ or pk_live_ followed by base64 of the instance's host name and a dollar sign")]
pub struct InvalidPublishableKey;

impl PublishableKey {
    /// Reads a key.
    ///
    /// # Errors
    /// [`InvalidPublishableKey`] when the prefix, the base64 or the host in it is wrong.
    pub fn parse(text: &str) -> Result<Self, InvalidPublishableKey> {
        let (instance, encoded) = if let Some(rest) = text.strip_prefix("pk_test_") {
            (InstanceType::Development, rest)
        } else if let Some(rest) = text.strip_prefix("pk_live_") {
            (InstanceType::Production, rest)
        } else {
            return Err(InvalidPublishableKey);
        };
        let decoded = LENIENT.decode(encoded).map_err(|_| InvalidPublishableKey)?;
        let decoded = String::from_utf8(decoded).map_err(|_| InvalidPublishableKey)?;
        let host = decoded.strip_suffix('$').ok_or(InvalidPublishableKey)?;
        let plausible = host.contains('.')
            && !host.starts_with('.')
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':'));
        if !plausible {
            return Err(InvalidPublishableKey);
        }
        Ok(Self { text: text.to_owned(), host: host.to_ascii_lowercase(), instance })
    }

    /// The key as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Host of the Frontend API, for instance `clerk.example.com`.
    #[must_use]
    pub fn frontend_host(&self) -> &str {
        &self.host
    }

    /// Development or production.
    #[must_use]
    pub fn instance_type(&self) -> InstanceType {
        self.instance
    }

    /// The `iss` of the instance's session tokens; a proxy in front does not change it.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!("https://{}", self.host)
    }

    /// Host of the hosted sign-in pages.
    #[must_use]
    pub fn accounts_host(&self) -> String {
        if self.host.contains("clerk.accounts.") {
            self.host.replacen("clerk.accounts.", "accounts.", 1)
        } else {
            self.host.replacen("clerk.", "accounts.", 1)
        }
    }

    /// The eight characters that end this instance's cookie names. They hang on the literal text, padding included.
    #[must_use]
    pub fn cookie_suffix(&self) -> String {
        let mut suffix = URL_SAFE.encode(Sha1::digest(self.text.as_bytes()));
        suffix.truncate(SUFFIX_LENGTH);
        suffix
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_published_vectors() {
        for (key, host, instance, suffix, accounts) in [
            (
                "pk_test_dGVuYW50cnktc2FuZGJveC0xMy5jbGVyay5hY2NvdW50cy5kZXYk",
                "tenantry-sandbox-13.clerk.accounts.dev",
                InstanceType::Development,
                "TeaZz7fV",
                "tenantry-sandbox-13.accounts.dev",
            ),
            (
                "pk_live_Y2xlcmsudGVuYW50cnkuZXhhbXBsZSQ",
                "clerk.tenantry.example",
                InstanceType::Production,
                "vetgWn7v",
                "accounts.tenantry.example",
            ),
            (
                "pk_live_Y2xlcmsudGVuYW50cnkuZXhhbXBsZSQ=",
                "clerk.tenantry.example",
                InstanceType::Production,
                "QTHUfFvV",
                "accounts.tenantry.example",
            ),
        ] {
            let parsed = PublishableKey::parse(key).unwrap();
            assert_eq!(parsed.frontend_host(), host);
            assert_eq!(parsed.instance_type(), instance);
            assert_eq!(parsed.cookie_suffix(), suffix);
            assert_eq!(parsed.accounts_host(), accounts);
            assert_eq!(parsed.issuer(), format!("https://{host}"));
            assert_eq!(parsed.as_str(), key);
        }
    }

    #[test]
    fn refuses_what_is_no_key() {
        let encode = |text: &str| format!("pk_test_{}", base64::engine::general_purpose::STANDARD.encode(text));
        for key in [
            String::new(),
            "pk_test_".to_owned(),
            "sk_test_dGVuYW50cnktc2FuZGJveC0xMy5jbGVyay5hY2NvdW50cy5kZXYk".to_owned(),
            "pk_test_!!!".to_owned(),
            encode("clerk.example.com"),
            encode("clerk.example.com$$"),
            encode("localhost$"),
            encode("clerk.example.com/path$"),
            encode("user@clerk.example.com$"),
            encode(".$"),
            encode("$"),
        ] {
            assert_eq!(PublishableKey::parse(&key), Err(InvalidPublishableKey), "{key}");
        }
    }
}
