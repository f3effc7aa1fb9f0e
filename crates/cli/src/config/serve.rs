//! Configuration of `tenantry serve`.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZero;
use std::thread::available_parallelism;

use clap::Args;
use files::Files;
use tenancy::{PoolOptions, UserId};
use url::Url;
use web::WebhookSecret;

use super::complaints::Shown;
use super::production::{self, PRODUCTION};
use super::public_base_url::PublicBaseUrlArgument;
use super::{
    BadConfiguration, ClerkArguments, Complaints, PoolArguments, RecoveryArgument, StripeArguments,
    StripePagesArguments, VendorArguments, database_url,
};

/// As given.
#[derive(Args, Debug, Default)]
pub(crate) struct ServeArguments {
    #[command(flatten)]
    public_base_url: PublicBaseUrlArgument,
    /// Address and port to listen on; 127.0.0.1 stands for ::1 too
    #[arg(long, env = "LISTEN", value_name = "ADDRESS:PORT", default_value = "127.0.0.1:3000")]
    listen: String,
    /// Database, as the role tenantry_app
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,
    #[command(flatten)]
    pool: PoolArguments,
    /// Threads that answer requests [default: one a core]
    #[arg(long, env = "SERVER_THREADS", value_name = "NUMBER")]
    server_threads: Option<String>,
    /// Secrets of Clerk's webhooks, separated by commas while one replaces another: whsec_…
    #[arg(long, env = "CLERK_WEBHOOK_SIGNING_SECRET", value_name = "SECRETS", hide_env_values = true)]
    clerk_webhook_signing_secret: Option<String>,
    /// Who sees the operators' page: ids of people at Clerk, separated by commas
    #[arg(long, env = "OPERATORS", value_name = "IDS")]
    operators: Option<String>,
    /// `production` refuses what is meant for development
    #[arg(long, env = "APP_ENV", value_name = "NAME")]
    app_env: Option<String>,
    #[command(flatten)]
    clerk: ClerkArguments,
    #[command(flatten)]
    stripe: StripeArguments,
    #[command(flatten)]
    stripe_pages: StripePagesArguments,
    #[command(flatten)]
    recovery: RecoveryArgument,
    #[command(flatten)]
    vendors: VendorArguments,
}

/// As checked.
#[derive(Debug)]
pub(crate) struct ServeConfig {
    pub(crate) public_base_url: Url,
    pub(crate) listen: SocketAddr,
    pub(crate) threads: usize,
    pub(crate) database_url: String,
    pub(crate) pool: PoolOptions,
    pub(crate) allow_old_postgres: bool,
    pub(crate) clerk: clerk::Config,
    pub(crate) stripe: ::stripe::Config,
    pub(crate) stripe_pages: Vec<Url>,
    pub(crate) webhook_secrets: Vec<WebhookSecret>,
    pub(crate) operators: Vec<UserId>,
    pub(crate) files: Files,
    pub(crate) recovery_days: u32,
    pub(crate) production: bool,
}

impl ServeArguments {
    pub(crate) fn check(&self) -> Result<ServeConfig, BadConfiguration> {
        let mut complaints = Complaints::default();
        let public_base_url = self.public_base_url.check(&mut complaints);
        let listen =
            complaints.required("LISTEN", "127.0.0.1:3000 or 0.0.0.0:3000", Shown::Value, Some(&self.listen), |text| {
                text.parse().ok()
            });
        let database_url = complaints.required(
            "DATABASE_URL",
            "postgresql://tenantry_app:password@host/tenantry",
            Shown::Nothing,
            self.database_url.as_deref(),
            database_url,
        );
        let pool = self.pool.check(&mut complaints);
        let threads = complaints.optional(
            "SERVER_THREADS",
            "a number from 1 to 256",
            Shown::Value,
            self.server_threads.as_deref(),
            |text| text.parse().ok().filter(|threads| (1..=256).contains(threads)),
        );
        let production = self.app_env.as_deref() == Some(PRODUCTION);
        let clerk = self.clerk.check(&mut complaints, public_base_url.as_ref(), production);
        let webhook_secrets = complaints.required(
            "CLERK_WEBHOOK_SIGNING_SECRET",
            "whsec_… (Clerk dashboard, Webhooks, the endpoint's signing secret)",
            Shown::Nothing,
            self.clerk_webhook_signing_secret.as_deref(),
            webhook_secrets,
        );
        let operators = complaints.optional(
            "OPERATORS",
            "user_2abc…,user_2def… (Clerk dashboard, Users)",
            Shown::Value,
            self.operators.as_deref(),
            |text| text.split(',').map(|id| UserId::parse(id.trim()).ok()).collect(),
        );
        if production {
            production::public(&mut complaints, public_base_url.as_ref());
            production::webhooks(&mut complaints, self.clerk_webhook_signing_secret.as_deref());
            production::database(&mut complaints, "DATABASE_URL", database_url.as_deref());
        }
        let stripe = self.stripe.check(&mut complaints, Some(&self.stripe_pages), production);
        let stripe_pages = self.stripe_pages.pages(&mut complaints);
        let recovery_days = self.recovery.check(&mut complaints);
        let files = self.vendors.check(&mut complaints);
        complaints.finish(|| {
            Some(ServeConfig {
                public_base_url: public_base_url?,
                listen: listen?,
                database_url: database_url?,
                threads: threads.unwrap_or_else(|| available_parallelism().map_or(1, NonZero::get)),
                pool,
                allow_old_postgres: self.pool.allow_old_postgres(),
                clerk: clerk?,
                stripe: stripe?,
                stripe_pages,
                webhook_secrets: webhook_secrets?,
                recovery_days,
                operators: operators.unwrap_or_default(),
                files,
                production,
            })
        })
    }
}

impl ServeConfig {
    /// The addresses to listen on. `localhost` means either family to a browser, so both loopbacks belong together;
    /// the second is left out where the machine has none.
    pub(crate) fn listen_addresses(&self) -> (SocketAddr, Option<SocketAddr>) {
        let other = match self.listen.ip() {
            IpAddr::V4(address) if address == std::net::Ipv4Addr::LOCALHOST => {
                Some(SocketAddr::new(std::net::Ipv6Addr::LOCALHOST.into(), self.listen.port()))
            }
            _ => None,
        };
        (self.listen, other)
    }
}

fn webhook_secrets(text: &str) -> Option<Vec<WebhookSecret>> {
    // Clerk shows the prefix; something without it is another kind of secret in the wrong place.
    let secret = |one: &str| WebhookSecret::parse(one.trim()).ok().filter(|_| one.trim().starts_with("whsec_"));
    text.split(',').map(secret).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_given_names_everything_that_is_needed() {
        let arguments = ServeArguments { listen: "3000".to_owned(), ..ServeArguments::default() };
        let told = arguments.check().unwrap_err().to_string();
        for name in [
            "PUBLIC_BASE_URL is missing",
            "LISTEN is \"3000\". It should look like 127.0.0.1:3000",
            "DATABASE_URL is missing",
            "CLERK_PUBLISHABLE_KEY is missing",
            "CLERK_SECRET_KEY is missing",
            "CLERK_WEBHOOK_SIGNING_SECRET is missing",
            "STRIPE_SECRET_KEY is missing",
            "STRIPE_WEBHOOK_SECRETS is missing",
        ] {
            assert!(told.contains(name), "{name} in:\n{told}");
        }
    }

    #[test]
    fn two_secrets_while_one_replaces_the_other() {
        let two =
            webhook_secrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
        assert_eq!(two.len(), 2);
        assert!(webhook_secrets("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").is_none());
    }
}
