//! Several domains with one sign-in, and an address that follows the organisation: what the product does not use.

use url::Url;

use super::checks::{http_url, wrong};
use super::{Config, ConfigError, ConfigParts, FAPI_URL, base};
use crate::keys::InstanceType;
use crate::organisation_sync::{InvalidPattern, OrganisationPatterns, OrganisationSync};

/// An application on a domain of its own, whose people sign in on another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Satellite {
    /// Its domain, without a scheme. In production the Frontend API is at `clerk.<domain>`, unless there is a proxy, and
    /// the issuer of tokens in any case.
    pub domain: Option<String>,
    /// Ask the primary domain also for browsers without any cookie.
    pub auto_sync: bool,
    /// Whether [`Config::sign_in_url`] is the primary's page; without it a development instance cannot do this.
    pub has_sign_in_url: bool,
}

/// Which parts of the rules apply.
#[derive(Debug, Clone, Default)]
pub(crate) struct Domains {
    pub(crate) satellite: Option<Satellite>,
    pub(crate) answers_satellites: bool,
    pub(crate) organisation_sync: OrganisationSync,
    pub(crate) keys_need_the_secret: bool,
    pub(crate) as_lenient_as_the_sdk: bool,
}

impl ConfigParts {
    /// A proxy given as a path is below `public`, where people reach the application.
    #[must_use]
    pub fn under(mut self, public: &Url) -> Self {
        if let Some(path) = self.proxy_url.as_deref().filter(|text| text.starts_with('/')) {
            self.proxy_url = Some(format!("{}{path}", public.origin().ascii_serialization()));
        }
        self
    }

    /// The application at `public` is the proxy itself where `proxy_url` is an address of its own: what comes there goes
    /// on to `fapi_url`, or to Clerk's where that is not set. Elsewhere `fapi_url` means nothing.
    #[must_use]
    pub fn served_from(self, public: &Url) -> Self {
        let mut parts = self.under(public);
        let proxy = parts.proxy_url.as_deref().and_then(|text| Url::parse(text).ok());
        let own = proxy.is_some_and(|proxy| proxy.origin() == public.origin());
        parts.fapi_url = own.then(|| parts.fapi_url.unwrap_or_else(|| FAPI_URL.to_owned()));
        parts
    }
}

impl Config {
    /// Makes the application a satellite.
    ///
    /// # Errors
    /// When it has neither a domain nor a proxy, or, in development, no page to sign in at.
    pub fn with_satellite(mut self, satellite: Satellite) -> Result<Self, ConfigError> {
        let production = self.publishable_key.instance_type() == InstanceType::Production;
        match &satellite.domain {
            None if self.proxy_url.is_none() => {
                return Err(wrong("CLERK_DOMAIN", "is missing; a satellite has a domain or a CLERK_PROXY_URL"));
            }
            Some(domain) if production => {
                // Its tokens are made there too, also where a proxy is in front.
                let frontend = http_url("CLERK_DOMAIN", &format!("https://clerk.{domain}"))?;
                base(&frontend).clone_into(&mut self.issuer);
                if self.proxy_url.is_none() {
                    self.frontend = frontend;
                }
            }
            _ => {}
        }
        if !production && !satellite.has_sign_in_url {
            return Err(wrong("CLERK_SIGN_IN_URL", "is missing; a satellite sends people to the primary's page"));
        }
        self.domains.satellite = Some(satellite);
        Ok(self)
    }

    /// Answers satellites of a development instance: a link of theirs learns this browser's development identity and
    /// can lead anywhere.
    #[must_use]
    pub fn answering_satellites(mut self) -> Self {
        self.domains.answers_satellites = true;
        self
    }

    /// Has the session follow the address.
    ///
    /// # Errors
    /// When a pattern cannot be read.
    pub fn with_organisation_patterns(mut self, patterns: &OrganisationPatterns) -> Result<Self, InvalidPattern> {
        self.domains.organisation_sync = OrganisationSync::new(patterns)?;
        Ok(self)
    }

    /// Takes the keys from the Backend API, with the secret key, instead of the public address of the same set.
    ///
    /// # Errors
    /// When the API's URL cannot have a path.
    pub fn with_keys_from_the_backend(mut self) -> Result<Self, ConfigError> {
        self.jwks_url = http_url("CLERK_API_URL", &format!("{}/v1/jwks", base(&self.api_url)))?;
        self.domains.keys_need_the_secret = true;
        Ok(self)
    }

    /// Demands of a token only what Clerk's SDK demands: any issuer, and no session id. For comparisons with it, never
    /// for a product.
    #[doc(hidden)]
    #[must_use]
    pub fn as_lenient_as_the_sdk(mut self) -> Self {
        self.domains.as_lenient_as_the_sdk = true;
        self
    }
}
