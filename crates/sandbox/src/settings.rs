//! What the options come to once the ports are known.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use signatures::svix::Secret;
use url::Url;

use crate::options::{Options, RetrySchedule};
use crate::origins::{Origins, origin};

/// Directory of the script ClerkJS, as npm lays it out.
const CLERK_JS: &str = "node_modules/@clerk/clerk-js/dist";
/// The file every page loads first.
const CLERK_JS_ENTRY: &str = "clerk.browser.js";

/// The running sandbox's settings.
pub(crate) struct Settings {
    /// `http://localhost:<clerk port>`.
    pub(crate) public_origin: String,
    /// `http://localhost:<mailbox port>`.
    pub(crate) mailbox_origin: String,
    /// The application's address, where people land without a redirect_url.
    pub(crate) app_url: Url,
    /// Origin of the application.
    pub(crate) app_origin: String,
    pub(crate) origins: Origins,
    pub(crate) secret_key: String,
    pub(crate) webhook: Option<Webhook>,
    pub(crate) stripe: StripeSettings,
    /// Directory with ClerkJS; `None` when it is not installed.
    pub(crate) clerk_js: Option<PathBuf>,
    pub(crate) retry_schedule: RetrySchedule,
    pub(crate) retry_scale: f64,
    /// How long the application may take to answer a webhook.
    pub(crate) webhook_timeout: Duration,
}

/// Where webhooks go and what they are signed with.
pub(crate) struct Webhook {
    pub(crate) url: Url,
    pub(crate) secret: Secret,
}

/// What the command line says about Stripe.
pub(crate) struct StripeSettings {
    /// `http://localhost:<stripe port>`.
    pub(crate) origin: String,
    pub(crate) secret_key: String,
    /// Where its webhooks go, and what they are signed with.
    pub(crate) webhook: Option<(Url, Vec<String>)>,
}

impl StripeSettings {
    fn new(options: &Options, port: u16) -> anyhow::Result<Self> {
        if !["sk_test_", "rk_test_"].iter().any(|prefix| options.stripe_secret_key.starts_with(prefix)) {
            bail!("--stripe-secret-key must begin with sk_test_");
        }
        let given = options.stripe_webhook_secrets.iter().map(|secret| secret.trim().to_owned());
        let secrets: Vec<_> = given.filter(|secret| !secret.is_empty()).collect();
        if secrets.iter().any(|secret| signatures::stripe::Secret::parse(secret).is_err()) {
            bail!("--stripe-webhook-secrets must be secrets that begin with whsec_, with commas between");
        }
        let webhook = match &options.stripe_webhook_url {
            Some(_) if secrets.is_empty() => bail!("--stripe-webhook-url needs --stripe-webhook-secrets"),
            Some(url) => Some((url.clone(), secrets)),
            None => None,
        };
        let origin = format!("http://localhost:{port}");
        Ok(Self { origin, secret_key: options.stripe_secret_key.clone(), webhook })
    }
}

impl Settings {
    /// Checks the options; each complaint names its option.
    pub(crate) fn new(options: &Options, clerk_port: u16, stripe_port: u16, mailbox_port: u16) -> anyhow::Result<Self> {
        let prefix = if options.publishable_key.starts_with("pk_live_") { "sk_live_" } else { "sk_test_" };
        if !options.secret_key.starts_with(prefix) {
            bail!("--secret-key must begin with {prefix}, as the instance of --publishable-key asks for");
        }
        if !(options.retry_scale.is_finite() && options.retry_scale > 0.0) {
            bail!("--retry-scale must be a number above 0");
        }
        let webhook_timeout = Duration::try_from_secs_f64(options.webhook_timeout)
            .ok()
            .filter(|timeout| !timeout.is_zero())
            .context("--webhook-timeout must be a number of seconds above 0")?;
        for (name, url) in [("--app-url", Some(&options.app_url))]
            .into_iter()
            .chain([("--webhook-url", options.webhook_url.as_ref())])
            .chain([("--stripe-webhook-url", options.stripe_webhook_url.as_ref())])
            .chain(options.allow_origin.iter().map(|url| ("--allow-origin", Some(url))))
        {
            if url.is_some_and(|url| !matches!(url.scheme(), "http" | "https")) {
                bail!("{name} must be an http or https address");
            }
        }
        let webhook = match (&options.webhook_url, &options.webhook_secret) {
            (Some(url), Some(secret)) => Some(Webhook {
                url: url.clone(),
                secret: Secret::parse(secret).context("--webhook-secret must be whsec_ and base64")?,
            }),
            (Some(_), None) => bail!("--webhook-url needs --webhook-secret"),
            (None, _) => None,
        };
        Ok(Self {
            public_origin: format!("http://localhost:{clerk_port}"),
            mailbox_origin: format!("http://localhost:{mailbox_port}"),
            app_origin: origin(&options.app_url),
            app_url: options.app_url.clone(),
            origins: Origins::new(clerk_port, std::iter::once(&options.app_url).chain(&options.allow_origin)),
            secret_key: options.secret_key.clone(),
            webhook,
            stripe: StripeSettings::new(options, stripe_port)?,
            clerk_js: clerk_js(options.clerk_js.as_deref())?,
            retry_schedule: options.retry_schedule,
            retry_scale: options.retry_scale,
            webhook_timeout,
        })
    }
}

/// The directory given, or the first `node_modules` from the current directory upwards that has the package.
fn clerk_js(given: Option<&Path>) -> anyhow::Result<Option<PathBuf>> {
    if let Some(given) = given {
        if !given.join(CLERK_JS_ENTRY).is_file() {
            bail!("--clerk-js must be the directory with {CLERK_JS_ENTRY}; {} is not", given.display());
        }
        return Ok(Some(given.to_owned()));
    }
    let here = std::env::current_dir().context("the current directory is gone")?;
    let found = here
        .ancestors()
        .map(|directory| directory.join(CLERK_JS))
        .find(|directory| directory.join(CLERK_JS_ENTRY).is_file());
    if found.is_none() {
        tracing::warn!("ClerkJS is not installed here ({CLERK_JS}): pages will load without it");
    }
    Ok(found)
}
