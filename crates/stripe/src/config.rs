//! The configuration contract: Stripe's own names, with defaults.

use std::fmt;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use signatures::stripe::Secret;
use url::{Host, Url};

/// Where Stripe is.
const API_BASE: &str = "https://api.stripe.com";

/// With fewer calls in a second there would be no turn for jobs.
const FEWEST_CALLS: u32 = 4;

/// Whether money is real; only the key's prefix says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `sk_test_…`, `rk_test_…`
    Test,
    /// `sk_live_…`, `rk_live_…`
    Live,
}

impl Mode {
    /// What `livemode` says in objects and events of this mode.
    #[must_use]
    pub fn is_live(self) -> bool {
        self == Self::Live
    }
}

/// A checked configuration; made by [`Config::from_parts`] or [`Config::from_variables`].
#[derive(Clone)]
#[non_exhaustive]
pub struct Config {
    /// `STRIPE_API_BASE`: without `/v1`.
    pub api_base: Url,
    /// `STRIPE_SECRET_KEY`
    pub secret_key: SecretString,
    /// `STRIPE_WEBHOOK_SECRETS`: more than one while a secret is being rolled.
    pub webhook_secrets: Vec<Secret>,
    /// Test or live, as the key says.
    pub mode: Mode,
    /// Calls in a second, where that is not what Stripe's documentation allows less a fifth.
    pub calls_in_a_second: Option<u32>,
    /// Calls at the same time, where that is not the default.
    pub calls_at_once: Option<usize>,
    /// How often a call that failed on its way is tried again; twice unless said otherwise.
    pub retries: Option<u32>,
    /// How long one attempt may take, where that is not the default.
    pub call_timeout: Option<Duration>,
}

/// What a [`Config`] is made of; everything but the key has a default.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of Config, as text")]
pub struct ConfigParts {
    pub api_base: Option<String>,
    pub secret_key: SecretString,
    pub webhook_secrets: Vec<SecretString>,
    pub calls_in_a_second: Option<u32>,
    pub calls_at_once: Option<usize>,
    /// How often a call that failed on its way is tried again; twice unless said otherwise.
    pub retries: Option<u32>,
    pub call_timeout: Option<Duration>,
}

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
        let number = |name: &'static str| {
            let read = |text: String| text.parse().map_err(|_| wrong(name, "should be a number"));
            get(name).map(read).transpose()
        };
        Self::from_parts(ConfigParts {
            api_base: get("STRIPE_API_BASE"),
            secret_key: get("STRIPE_SECRET_KEY").unwrap_or_default().into(),
            webhook_secrets: get("STRIPE_WEBHOOK_SECRETS")
                .map(|list| list.split(',').map(|secret| secret.to_owned().into()).collect())
                .unwrap_or_default(),
            calls_in_a_second: number("STRIPE_CALLS_IN_A_SECOND")?,
            calls_at_once: None,
            retries: None,
            call_timeout: None,
        })
    }

    /// Checks the parts and fills in what is missing.
    ///
    /// # Errors
    /// Names the first variable that is missing or wrong.
    pub fn from_parts(parts: ConfigParts) -> Result<Self, ConfigError> {
        let api_base = api_base(parts.api_base.as_deref().unwrap_or(API_BASE))?;
        let mode = mode(&parts.secret_key)?;
        if mode.is_live() && api_base.scheme() != "https" && !is_loopback(&api_base) {
            return Err(wrong("STRIPE_API_BASE", "should begin with https:// when STRIPE_SECRET_KEY is a live key"));
        }
        let secrets = parts.webhook_secrets.iter().map(|secret| Secret::parse(secret.expose_secret()));
        let webhook_secrets = secrets.collect::<Result<_, _>>().map_err(|_| {
            wrong(
                "STRIPE_WEBHOOK_SECRETS",
                "should be a comma list of signing secrets, each whsec_…, none of them blank",
            )
        })?;
        if parts.calls_in_a_second.is_some_and(|calls| calls < FEWEST_CALLS) {
            return Err(wrong("STRIPE_CALLS_IN_A_SECOND", format!("should be at least {FEWEST_CALLS}")));
        }
        Ok(Self {
            api_base,
            secret_key: parts.secret_key,
            webhook_secrets,
            mode,
            calls_in_a_second: parts.calls_in_a_second,
            calls_at_once: parts.calls_at_once,
            retries: parts.retries,
            call_timeout: parts.call_timeout,
        })
    }

    /// Whether nothing this process talks to is beyond this machine, so that certificates and proxies do not matter.
    pub(crate) fn stays_on_this_machine(&self) -> bool {
        self.api_base.scheme() == "http" && is_loopback(&self.api_base)
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Config")
            .field("api_base", &self.api_base.as_str())
            .field("mode", &self.mode)
            .field("webhook_secrets", &self.webhook_secrets.len())
            .finish_non_exhaustive()
    }
}

fn wrong(variable: &'static str, problem: impl Into<String>) -> ConfigError {
    ConfigError { variable, problem: problem.into() }
}

fn api_base(text: &str) -> Result<Url, ConfigError> {
    const VARIABLE: &str = "STRIPE_API_BASE";
    let url = Url::parse(text).map_err(|error| {
        wrong(VARIABLE, format!("is not a URL ({error}); it should look like https://api.stripe.com"))
    })?;
    let plain = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    if !plain || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(VARIABLE, "should be an http or https URL without a user name, a password or a query"));
    }
    if url.path().trim_end_matches('/').ends_with("/v1") {
        return Err(wrong(VARIABLE, "should not end in /v1; that is added"));
    }
    Ok(url)
}

fn mode(secret: &SecretString) -> Result<Mode, ConfigError> {
    const VARIABLE: &str = "STRIPE_SECRET_KEY";
    let text = secret.expose_secret();
    if text.is_empty() {
        return Err(wrong(
            VARIABLE,
            "is missing; it should look like sk_test_… or sk_live_…, or rk_… for a restricted key",
        ));
    }
    if text.starts_with("pk_") {
        return Err(wrong(VARIABLE, "is a publishable key (pk_…); it should be the secret one (sk_… or rk_…)"));
    }
    let kinds =
        [("sk_test_", Mode::Test), ("rk_test_", Mode::Test), ("sk_live_", Mode::Live), ("rk_live_", Mode::Live)];
    let found = kinds.into_iter().find_map(|(prefix, mode)| Some((text.strip_prefix(prefix)?, mode)));
    let Some((rest, mode)) = found else {
        return Err(wrong(VARIABLE, "should begin with sk_test_, sk_live_, rk_test_ or rk_live_"));
    };
    if rest.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(wrong(VARIABLE, "should be its prefix followed by visible characters"));
    }
    Ok(mode)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests;
