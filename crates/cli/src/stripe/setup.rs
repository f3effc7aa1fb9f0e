//! `tenantry stripe setup`: from an empty account to one that can sell.

use std::io::Write;
use std::process::ExitCode;

use billing::setup::set_up;
use clap::Args;
use secrecy::ExposeSecret as _;

use crate::config::{BadConfiguration, StripeArguments, origin, origin_text};

/// As given.
#[derive(Args, Debug)]
pub(crate) struct SetupArguments {
    #[command(flatten)]
    stripe: StripeArguments,
    /// Where people reach the app: events are sent to /webhooks/stripe there. Left out, endpoints are left alone
    #[arg(long, env = "PUBLIC_BASE_URL", value_name = "URL")]
    public_base_url: Option<String>,
}

/// Says each thing, and the secret of a new endpoint, which Stripe says once.
pub(crate) async fn run(arguments: &SetupArguments) -> anyhow::Result<ExitCode> {
    let webhook = arguments.public_base_url.as_deref().filter(|url| !url.trim().is_empty()).map(webhook).transpose()?;
    let done = set_up(&super::client(&arguments.stripe)?, webhook.as_deref()).await?;
    let mut out = std::io::stdout().lock();
    for step in &done.steps {
        writeln!(out, "{:<10} {}", if step.changed { "made" } else { "stands" }, step.what)?;
    }
    if let Some(secret) = &done.secret {
        writeln!(out, "\nStripe says this once; it belongs into the server's configuration:")?;
        writeln!(out, "STRIPE_WEBHOOK_SECRETS={}", secret.expose_secret())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn webhook(public: &str) -> Result<String, BadConfiguration> {
    let url = origin(public).ok_or_else(|| {
        BadConfiguration::one(format!(
            "PUBLIC_BASE_URL is {public:?}. It should look like https://app.example.com (no path)"
        ))
    })?;
    Ok(format!("{}/webhooks/stripe", origin_text(&url)))
}
