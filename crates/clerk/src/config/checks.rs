//! What each variable must look like.

use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

use super::{ConfigError, base};
use crate::frontend::PROXY_PATH;
use crate::keys::{InstanceType, PublishableKey};

pub(super) fn wrong(variable: &'static str, problem: impl Into<String>) -> ConfigError {
    ConfigError { variable, problem: problem.into() }
}

pub(super) fn http_url(variable: &'static str, text: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(text).map_err(|error| {
        wrong(variable, format!("is not a URL ({error}); it should look like https://clerk.example.com"))
    })?;
    let plain = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    if plain { Ok(url) } else { Err(wrong(variable, "should be an http or https URL without a user name or password")) }
}

/// Where the application passes requests on to, and the address at which it takes them.
pub(super) fn fapi_url(text: &str, proxy: &Url) -> Result<Url, ConfigError> {
    if base(proxy) != format!("{}{PROXY_PATH}", proxy.origin().ascii_serialization()) {
        let only = format!("should have the path {PROXY_PATH} where it is on the application's own origin");
        return Err(wrong("CLERK_PROXY_URL", only));
    }
    let url = http_url("CLERK_FAPI_URL", text)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("CLERK_FAPI_URL", "should have neither a query nor a fragment"));
    }
    if url.origin() == proxy.origin() {
        return Err(wrong("CLERK_FAPI_URL", "is the application itself; it should be where Clerk answers"));
    }
    Ok(url)
}

pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

pub(super) fn check_secret_key(secret: &SecretString, key: &PublishableKey, api_url: &Url) -> Result<(), ConfigError> {
    const VARIABLE: &str = "CLERK_SECRET_KEY";
    let text = secret.expose_secret();
    if text.is_empty() {
        return Err(wrong(VARIABLE, "is missing; it should look like sk_test_… or sk_live_…"));
    }
    let (instance, rest) = if let Some(rest) = text.strip_prefix("sk_test_") {
        (InstanceType::Development, rest)
    } else if let Some(rest) = text.strip_prefix("sk_live_") {
        (InstanceType::Production, rest)
    } else {
        return Err(wrong(VARIABLE, "should begin with sk_test_ or sk_live_"));
    };
    if rest.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(wrong(VARIABLE, "should be sk_test_ or sk_live_ followed by visible characters"));
    }
    // A Clerk on this machine may play a production instance with a secret for tests.
    if instance != key.instance_type() && !is_loopback(api_url) {
        return Err(wrong(VARIABLE, "belongs to another kind of instance than CLERK_PUBLISHABLE_KEY (test or live)"));
    }
    Ok(())
}

/// A production key never travels in clear text beyond this machine.
pub(super) fn check_transport(
    variable: &'static str,
    key: &PublishableKey,
    url: Option<&Url>,
) -> Result<(), ConfigError> {
    match url {
        Some(url)
            if key.instance_type() == InstanceType::Production && url.scheme() != "https" && !is_loopback(url) =>
        {
            Err(wrong(variable, "should begin with https:// when CLERK_PUBLISHABLE_KEY is a pk_live_ key"))
        }
        _ => Ok(()),
    }
}

pub(super) fn issuer(text: Option<String>, key: &PublishableKey) -> Result<String, ConfigError> {
    let Some(text) = text else {
        return Ok(key.issuer());
    };
    http_url("CLERK_ISSUER", &text)?;
    Ok(text.trim_end_matches('/').to_owned())
}

pub(super) fn origin(text: &str) -> Result<String, ConfigError> {
    const SHAPE: &str = "should be a comma list of origins such as https://app.example.com, without a path";
    let url = Url::parse(text).map_err(|_| wrong("CLERK_AUTHORIZED_PARTIES", SHAPE))?;
    let origin = url.origin().ascii_serialization();
    let plain = matches!(url.scheme(), "http" | "https") && url.path() == "/" && url.query().is_none();
    let plain = plain && url.host_str().is_some_and(|host| !host.contains('*'));
    if plain && base(&url) == origin { Ok(origin) } else { Err(wrong("CLERK_AUTHORIZED_PARTIES", SHAPE)) }
}
