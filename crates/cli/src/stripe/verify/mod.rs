//! `tenantry stripe verify`: whether a Stripe behaves as is expected here, step by step: a test account or the sandbox.
//!
//! What is expected is what the sandbox does and what this program is built on. Whatever is made is made on clocks of its
//! own and taken away again; prices and products, which Stripe never deletes, are set aside.

mod account;
mod catalogue;
mod clocks;
mod endings;
mod errors;
mod openings;
mod portal;
mod transcript;

use std::process::ExitCode;

use clap::Args;
use secrecy::SecretString;
use url::Url;

use self::account::Account;
use self::catalogue::Catalogue;
use self::transcript::Transcript;
use crate::config::{BadConfiguration, origin};

/// As given.
#[derive(Args, Debug)]
pub(crate) struct VerifyArguments {
    /// Secret key of a test account: sk_test_… or rk_test_… with every right. Keys of live mode are refused
    #[arg(long, env = "STRIPE_SECRET_KEY", value_name = "KEY", hide_env_values = true)]
    key: String,
    /// Address of Stripe's API, without /v1
    #[arg(long, env = "STRIPE_API_BASE", value_name = "URL", default_value = "https://api.stripe.com")]
    api_base: String,
}

/// What nobody but a person in a browser can find out.
const BY_HAND: [&str; 5] = [
    "1  paid at Checkout: the events, and that no subscription is there before",
    "4  cancelled and renewed in the portal: only cancel_at is set, and cleared",
    "5  a smaller plan confirmed in the portal waits in a schedule; a larger one that is not paid changes nothing",
    "6  a new card in the portal is the customer's default and not the subscription's; the open invoice can be paid there",
    "9  a secret that is rolled in the dashboard: one v1 for each, for a day",
];

/// A line for each thing that was looked at. Exit code 0 when all is as expected, 1 when something differs.
pub(crate) async fn run(arguments: &VerifyArguments) -> anyhow::Result<ExitCode> {
    let account = Account::new(base(&arguments.api_base)?, test_key(&arguments.key)?)?;
    let mut transcript = Transcript::new(std::io::stdout());
    transcript.note(&format!("# Stripe {} at {}", stripe::client::API_VERSION, arguments.api_base.trim()))?;
    let looked = look(&account, &mut transcript).await;
    // Also where it could not go on.
    let left = account.take_away().await;
    looked?;
    for what in BY_HAND {
        transcript.note(&format!("by hand  {what}"))?;
    }
    for what in &left {
        transcript.note(&format!("left     {what}"))?;
    }
    Ok(if transcript.end()? && left.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn look(account: &Account, transcript: &mut Transcript<std::io::Stdout>) -> anyhow::Result<()> {
    let catalogue = Catalogue::make(account).await?;
    for (what, outcome) in [
        ("errors", errors::look(account, transcript).await),
        ("openings", openings::look(account, &catalogue, transcript).await),
        ("endings", endings::look(account, &catalogue, transcript).await),
        ("portal", portal::look(account, &catalogue, transcript).await),
        ("clocks", clocks::look(account, &catalogue, transcript).await),
    ] {
        if let Err(error) = outcome {
            transcript.stopped(what, &error)?;
        }
    }
    Ok(())
}

fn base(text: &str) -> Result<Url, BadConfiguration> {
    origin(text.trim()).ok_or_else(|| {
        BadConfiguration::one(format!("--api-base is {text:?}. It should look like https://api.stripe.com (no path)"))
    })
}

/// Nothing is ever tried where money is real.
fn test_key(text: &str) -> Result<SecretString, BadConfiguration> {
    let key = text.trim();
    if ["sk_test_", "rk_test_"].iter().any(|prefix| key.starts_with(prefix)) {
        return Ok(key.to_owned().into());
    }
    let what = match key.contains("_live_") {
        true => "--key is of live mode, where nothing is tried: give the key of a test account, sk_test_…",
        false => "--key should look like sk_test_… (Stripe dashboard, test mode, Developers, API keys)",
    };
    Err(BadConfiguration::one(what.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_of_test_mode_are_taken() {
        for good in ["sk_test_1", " rk_test_1 "] {
            assert!(test_key(good).is_ok(), "{good}");
        }
        for bad in ["sk_live_1", "rk_live_1", "pk_test_1", "", "whsec_1"] {
            assert!(test_key(bad).is_err(), "{bad}");
        }
    }
}
