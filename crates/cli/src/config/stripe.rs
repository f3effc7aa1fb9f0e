//! Stripe's variables, under Stripe's own names where it has any.

use ::stripe::{Config, ConfigParts};
use clap::Args;
use url::Url;

use super::complaints::Shown;
use super::{Complaints, origin, production};

/// As given. The crate `stripe` judges their form.
#[derive(Args, Debug, Default)]
pub(crate) struct StripeArguments {
    /// Secret key of the Stripe account: sk_live_… or sk_test_…, or rk_… for a restricted one
    #[arg(long, env = "STRIPE_SECRET_KEY", value_name = "KEY", hide_env_values = true)]
    stripe_secret_key: Option<String>,
    /// Address of Stripe's API, without /v1 [default: Stripe's]
    #[arg(long, env = "STRIPE_API_BASE", value_name = "URL")]
    stripe_api_base: Option<String>,
    /// Calls a second that Stripe allows, where that is not what its documentation says
    #[arg(long, env = "STRIPE_CALLS_IN_A_SECOND", value_name = "NUMBER")]
    stripe_calls_in_a_second: Option<String>,
}

/// What a server needs of Stripe besides.
#[derive(Args, Debug, Default)]
pub(crate) struct StripePagesArguments {
    /// Secrets of Stripe's webhooks, separated by commas while one replaces another: whsec_…
    #[arg(long, env = "STRIPE_WEBHOOK_SECRETS", value_name = "SECRETS", hide_env_values = true)]
    stripe_webhook_secrets: Option<String>,
    /// Origins of Stripe's own pages, separated by commas: forms may lead there [default: Stripe's]
    #[arg(long, env = "STRIPE_PAGES", value_name = "ORIGINS")]
    stripe_pages: Option<String>,
}

const PAGES: &str = "https://checkout.stripe.com,https://billing.stripe.com";
const KEY_FORM: &str = "sk_live_… or sk_test_… (Stripe dashboard, Developers, API keys)";
const SECRETS_FORM: &str =
    "whsec_… (`tenantry stripe setup` prints it once; or the Stripe dashboard, Webhooks, the endpoint)";

impl StripeArguments {
    /// Checks them. `pages` are a server's; a worker has none.
    pub(crate) fn check(
        &self,
        complaints: &mut Complaints,
        pages: Option<&StripePagesArguments>,
        production: bool,
    ) -> Option<Config> {
        let any = |text: &str| Some(text.to_owned());
        let key = self.stripe_secret_key.as_deref();
        let secret_key = complaints.required("STRIPE_SECRET_KEY", KEY_FORM, Shown::Nothing, key, any);
        let calls = self.stripe_calls_in_a_second.as_deref();
        let calls =
            complaints.optional("STRIPE_CALLS_IN_A_SECOND", "a number from 1 on", Shown::Value, calls, |text| {
                text.parse().ok().filter(|calls: &u32| *calls > 0)
            });
        let webhook_secrets = match pages {
            None => Some(Vec::new()),
            Some(pages) => {
                let secrets = pages.stripe_webhook_secrets.as_deref();
                complaints.required("STRIPE_WEBHOOK_SECRETS", SECRETS_FORM, Shown::Nothing, secrets, |text| {
                    Some(text.split(',').map(|one| one.trim().to_owned().into()).collect::<Vec<_>>())
                })
            }
        };
        let parts = ConfigParts {
            api_base: self.stripe_api_base.clone().map(|base| base.trim().to_owned()).filter(|base| !base.is_empty()),
            secret_key: secret_key.clone()?.into(),
            webhook_secrets: webhook_secrets?,
            calls_in_a_second: calls,
            ..ConfigParts::default()
        };
        match Config::from_parts(parts) {
            Ok(config) => {
                if production {
                    production::stripe(complaints, &config, secret_key.as_deref().unwrap_or_default());
                }
                Some(config)
            }
            Err(error) => {
                complaints.add(error.to_string());
                None
            }
        }
    }
}

impl StripePagesArguments {
    /// Where forms may lead.
    pub(crate) fn pages(&self, complaints: &mut Complaints) -> Vec<Url> {
        let given = self.stripe_pages.as_deref().filter(|text| !text.trim().is_empty()).unwrap_or(PAGES);
        let form = "https://checkout.stripe.com,https://billing.stripe.com";
        let parse = |text: &str| text.split(',').map(|one| origin(one.trim())).collect::<Option<Vec<_>>>();
        complaints.optional("STRIPE_PAGES", form, Shown::Value, Some(given), parse).unwrap_or_default()
    }
}
