//! The configuration contract: Clerk's own variable names, with defaults derived from the publishable key.

mod checks;
mod domains;

use std::fmt;
use std::time::Duration;

use jsonwebtoken::DecodingKey;
use secrecy::SecretString;
use url::Url;

use self::checks::{check_secret_key, check_transport, fapi_url, http_url, is_loopback, issuer, origin, wrong};
use crate::keys::PublishableKey;

use self::domains::Domains;
pub use self::domains::Satellite;

/// Where the Backend API of real instances is.
const API_URL: &str = "https://api.clerk.com";

/// Where the Frontend API of real instances is for a proxy, which names the instance in a header.
const FAPI_URL: &str = "https://frontend-api.clerk.dev";

/// How far clocks may differ unless told otherwise.
const CLOCK_SKEW: Duration = Duration::from_secs(5);

/// More skew than this would keep ended tokens alive for too long.
const MOST_CLOCK_SKEW: Duration = Duration::from_secs(60);

/// Where ClerkJS is, below the Frontend API.
const SCRIPT_PATH: &str = "npm/@clerk/clerk-js@6/dist/clerk.browser.js";

/// A checked configuration; made by [`Config::from_parts`] or [`Config::from_variables`].
#[derive(Clone)]
#[non_exhaustive]
pub struct Config {
    /// `CLERK_PUBLISHABLE_KEY`
    pub publishable_key: PublishableKey,
    /// `CLERK_SECRET_KEY`
    pub secret_key: SecretString,
    /// `CLERK_API_URL`: base of the Backend API, without `/v1`.
    pub api_url: Url,
    /// `CLERK_PROXY_URL`: where browsers reach the Frontend API, when not at its own host.
    pub proxy_url: Option<Url>,
    /// `CLERK_FAPI_URL`: the Frontend API itself, where the application is its proxy.
    pub fapi_url: Option<Url>,
    /// `CLERK_JWKS_URL`
    pub jwks_url: Url,
    /// `CLERK_ISSUER`: what `iss` must be.
    pub issuer: String,
    /// `CLERK_JWT_KEY`: the public key, for checking tokens without a network.
    pub jwt_key: Option<JwtKey>,
    /// `CLERK_AUTHORIZED_PARTIES`: origins that `azp` must be one of; empty is any.
    pub authorized_parties: Vec<String>,
    /// How far clocks may differ.
    pub clock_skew: Duration,
    /// How long ago a session may have ended while Clerk does not answer; zero is not at all.
    pub grace: Duration,
    /// Calls that the Backend API allows in ten seconds, where that is not what Clerk's documentation says.
    pub calls_in_ten_seconds: Option<u32>,
    /// `CLERK_SIGN_IN_URL`
    pub sign_in_url: Url,
    /// `CLERK_SIGN_UP_URL`
    pub sign_up_url: Url,
    /// `CLERK_JS_URL`: the script that pages load.
    pub js_url: Url,
    /// Base of the Frontend API as browsers reach it.
    pub(crate) frontend: Url,
    /// Satellites, organisation sync, and leniency.
    pub(crate) domains: Domains,
}

/// What a [`Config`] is made of; everything but the two keys has a default.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of Config, as text")]
pub struct ConfigParts {
    pub publishable_key: String,
    pub secret_key: SecretString,
    pub api_url: Option<String>,
    pub proxy_url: Option<String>,
    /// Only [`ConfigParts::served_from`] can say that the application is the proxy.
    pub fapi_url: Option<String>,
    pub jwks_url: Option<String>,
    pub issuer: Option<String>,
    /// PEM; line ends may be written as `\n`.
    pub jwt_key: Option<String>,
    pub authorized_parties: Vec<String>,
    pub clock_skew: Option<Duration>,
    pub grace: Option<Duration>,
    pub calls_in_ten_seconds: Option<u32>,
    pub sign_in_url: Option<String>,
    pub sign_up_url: Option<String>,
    pub js_url: Option<String>,
}

/// A public RSA key read from PEM.
#[derive(Clone)]
pub struct JwtKey(pub(crate) DecodingKey);

/// A variable is missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {problem}")]
pub struct ConfigError {
    /// The variable's name.
    pub variable: &'static str,
    /// What is wrong with it and what it should look like.
    pub problem: String,
}

impl Config {
    /// Reads the variables through `lookup`, which answers `None` for one that is not set; an empty one counts as not set.
    ///
    /// # Errors
    /// Names the first variable that is missing or wrong.
    pub fn from_variables(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let get = |name: &str| lookup(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        Self::from_parts(ConfigParts {
            publishable_key: get("CLERK_PUBLISHABLE_KEY").unwrap_or_default(),
            secret_key: get("CLERK_SECRET_KEY").unwrap_or_default().into(),
            api_url: get("CLERK_API_URL"),
            proxy_url: get("CLERK_PROXY_URL"),
            fapi_url: None,
            jwks_url: get("CLERK_JWKS_URL"),
            issuer: get("CLERK_ISSUER"),
            jwt_key: get("CLERK_JWT_KEY"),
            authorized_parties: get("CLERK_AUTHORIZED_PARTIES")
                .map(|list| list.split(',').map(|origin| origin.trim().to_owned()).collect())
                .unwrap_or_default(),
            clock_skew: None,
            grace: None,
            calls_in_ten_seconds: get("CLERK_CALLS_IN_TEN_SECONDS").and_then(|calls| calls.parse().ok()),
            sign_in_url: get("CLERK_SIGN_IN_URL"),
            sign_up_url: get("CLERK_SIGN_UP_URL"),
            js_url: get("CLERK_JS_URL"),
        })
    }

    /// Checks the parts and fills in what is missing.
    ///
    /// # Errors
    /// Names the first variable that is missing or wrong.
    pub fn from_parts(parts: ConfigParts) -> Result<Self, ConfigError> {
        if parts.publishable_key.is_empty() {
            return Err(wrong("CLERK_PUBLISHABLE_KEY", "is missing; it should look like pk_test_… or pk_live_…"));
        }
        let key = PublishableKey::parse(&parts.publishable_key)
            .map_err(|error| wrong("CLERK_PUBLISHABLE_KEY", error.to_string()))?;
        let api_url = http_url("CLERK_API_URL", parts.api_url.as_deref().unwrap_or(API_URL))?;
        let proxy_url = parts.proxy_url.as_deref().map(|text| http_url("CLERK_PROXY_URL", text)).transpose()?;
        check_secret_key(&parts.secret_key, &key, &api_url)?;
        check_transport("CLERK_API_URL", &key, Some(&api_url))?;
        check_transport("CLERK_PROXY_URL", &key, proxy_url.as_ref())?;
        let fapi_url = match (&proxy_url, parts.fapi_url) {
            (Some(proxy), Some(text)) => Some(fapi_url(&text, proxy)?),
            _ => None,
        };
        check_transport("CLERK_FAPI_URL", &key, fapi_url.as_ref())?;

        let frontend_url = match &proxy_url {
            Some(url) => url.clone(),
            None => http_url("CLERK_PUBLISHABLE_KEY", &key.issuer())?,
        };
        let frontend = base(&frontend_url);
        let portal = format!("https://{}", key.accounts_host());
        let url = |variable, text: Option<String>, default: String| http_url(variable, &text.unwrap_or(default));
        // Through its own proxy the application would wait for itself: the Backend API has the same keys.
        let keys_need_the_secret = fapi_url.is_some() && parts.jwks_url.is_none();
        let published = if keys_need_the_secret {
            format!("{}/v1/jwks", base(&api_url))
        } else {
            format!("{frontend}/.well-known/jwks.json")
        };
        let jwks_url = url("CLERK_JWKS_URL", parts.jwks_url, published)?;
        check_transport("CLERK_JWKS_URL", &key, Some(&jwks_url))?;
        let clock_skew = parts.clock_skew.unwrap_or(CLOCK_SKEW);
        if clock_skew > MOST_CLOCK_SKEW {
            return Err(wrong("CLERK_CLOCK_SKEW", "should be at most 60 seconds"));
        }
        Ok(Self {
            issuer: issuer(parts.issuer, &key)?,
            jwt_key: parts.jwt_key.as_deref().map(JwtKey::from_pem).transpose()?,
            authorized_parties: parts.authorized_parties.iter().map(|text| origin(text)).collect::<Result<_, _>>()?,
            clock_skew,
            grace: parts.grace.unwrap_or_default(),
            calls_in_ten_seconds: parts.calls_in_ten_seconds,
            sign_in_url: url("CLERK_SIGN_IN_URL", parts.sign_in_url, format!("{portal}/sign-in"))?,
            sign_up_url: url("CLERK_SIGN_UP_URL", parts.sign_up_url, format!("{portal}/sign-up"))?,
            js_url: url("CLERK_JS_URL", parts.js_url, format!("{frontend}/{SCRIPT_PATH}"))?,
            secret_key: parts.secret_key,
            publishable_key: key,
            api_url,
            proxy_url,
            fapi_url,
            jwks_url,
            frontend: frontend_url,
            domains: Domains { keys_need_the_secret, ..Domains::default() },
        })
    }

    /// Base of the Frontend API as browsers reach it, without a slash at its end.
    #[must_use]
    pub fn frontend_url(&self) -> &str {
        base(&self.frontend)
    }

    /// Whether the keys come from the Backend API, with the secret key, and not from where they are published.
    #[must_use]
    pub fn keys_come_from_the_backend(&self) -> bool {
        self.domains.keys_need_the_secret
    }

    /// Whether nothing this process talks to is beyond this machine, so that certificates and proxies do not matter.
    pub(crate) fn stays_on_this_machine(&self) -> bool {
        [&self.api_url, &self.jwks_url]
            .into_iter()
            .chain(&self.fapi_url)
            .all(|url| url.scheme() == "http" && is_loopback(url))
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Config")
            .field("publishable_key", &self.publishable_key.as_str())
            .field("api_url", &self.api_url.as_str())
            .field("proxy_url", &self.proxy_url.as_ref().map(Url::as_str))
            .field("jwks_url", &self.jwks_url.as_str())
            .field("issuer", &self.issuer)
            .field("jwt_key", &self.jwt_key.is_some())
            .field("authorized_parties", &self.authorized_parties)
            .finish_non_exhaustive()
    }
}

impl JwtKey {
    fn from_pem(text: &str) -> Result<Self, ConfigError> {
        let text = text.replace("\\n", "\n");
        DecodingKey::from_rsa_pem(text.trim().as_bytes())
            .map(Self)
            .map_err(|_| wrong("CLERK_JWT_KEY", "should be a public RSA key in PEM (-----BEGIN PUBLIC KEY-----)"))
    }
}

impl fmt::Debug for JwtKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JwtKey(…)")
    }
}

/// The URL without a slash at its end.
fn base(url: &Url) -> &str {
    url.as_str().trim_end_matches('/')
}

#[cfg(test)]
mod tests;
