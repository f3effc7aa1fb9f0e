//! The command line of the sandbox.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use url::Url;

/// Which shape of session token claims the instance hands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ClaimsVersion {
    /// `org_id`, `org_slug`, `org_role` at the top level.
    #[value(name = "1")]
    V1,
    /// `v: 2` and the organisation under `o`, role without its prefix.
    #[default]
    #[value(name = "2")]
    V2,
}

/// When a webhook that was not taken is sent again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RetrySchedule {
    /// 0.2 s, 1 s, 5 s, 30 s, 2 min, then every 10 min, without an end.
    #[default]
    Dev,
    /// Clerk's: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h, then given up; and after 5 days of nothing but failures
    /// nothing is sent any more.
    Hosted,
}

/// A Clerk instance and a Stripe account on this machine, for development and tests.
#[derive(Clone, Debug, Parser)]
#[command(name = "tenantry-sandbox", version)]
pub struct Options {
    /// Port of Clerk's Frontend API, Backend API (under /bapi) and hosted pages; 0 takes a free one.
    #[arg(long, default_value_t = 3001)]
    pub clerk_port: u16,
    /// Port that answers as Stripe; 0 takes a free one.
    #[arg(long, default_value_t = 3002)]
    pub stripe_port: u16,
    /// Port of the mailbox and the control page; 0 takes a free one.
    #[arg(long, default_value_t = 3003)]
    pub mailbox_port: u16,
    /// Port of the mail server; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub smtp_port: u16,
    /// Directory for the key and the state; created when missing.
    #[arg(long)]
    pub data_dir: PathBuf,
    /// The application's address; its origin is the one allowed to call and to be returned to.
    #[arg(long, default_value = "http://localhost:3000")]
    pub app_url: Url,
    /// A further origin allowed to call and to be returned to, such as http://localhost:4000; may be repeated.
    #[arg(long)]
    pub allow_origin: Vec<Url>,
    /// Where webhooks go; without it events are recorded and sent nowhere.
    #[arg(long, requires = "webhook_secret")]
    pub webhook_url: Option<Url>,
    /// Secret the webhooks are signed with: whsec_ and base64.
    #[arg(long, env = "CLERK_WEBHOOK_SIGNING_SECRET", hide_env_values = true)]
    pub webhook_secret: Option<String>,
    /// Secret key the Backend API asks for: sk_test_…, or sk_live_… with a key of production
    #[arg(long, env = "CLERK_SECRET_KEY", hide_env_values = true)]
    pub secret_key: String,
    /// Secret key Stripe's API asks for: sk_test_…
    #[arg(long, env = "STRIPE_SECRET_KEY", hide_env_values = true, default_value = "sk_test_sandbox")]
    pub stripe_secret_key: String,
    /// Where Stripe's events go, beside the endpoints that are made through its API.
    #[arg(long)]
    pub stripe_webhook_url: Option<Url>,
    /// Secrets they are signed with, with commas between: whsec_…
    #[arg(long, env = "STRIPE_WEBHOOK_SECRETS", hide_env_values = true, value_delimiter = ',')]
    pub stripe_webhook_secrets: Vec<String>,
    /// Publishable key of the instance; the issuer and the cookie suffix follow from it, and with pk_live_ that it
    /// behaves as a production instance.
    #[arg(long, default_value = crate::instance::PUBLISHABLE_KEY)]
    pub publishable_key: String,
    /// Directory with clerk.browser.js [default: node_modules/@clerk/clerk-js/dist here or above].
    #[arg(long)]
    pub clerk_js: Option<PathBuf>,
    /// Shape of the session token's claims.
    #[arg(long, value_enum, default_value_t)]
    pub claims_version: ClaimsVersion,
    /// Lets people be signed in without an organisation, instead of a pending session.
    #[arg(long)]
    pub membership_optional: bool,
    /// Members an organisation may have unless set otherwise; 0 means no limit.
    #[arg(long, default_value_t = 0)]
    pub max_allowed_memberships: u32,
    /// When webhooks are sent again.
    #[arg(long, value_enum, default_value_t)]
    pub retry_schedule: RetrySchedule,
    /// Factor on every delay of the schedule, and on the 5 days.
    #[arg(long, default_value_t = 1.0)]
    pub retry_scale: f64,
    /// Seconds the application may take to answer a webhook.
    #[arg(long, default_value_t = 15.0)]
    pub webhook_timeout: f64,
    /// Refuses calls beyond the published rate limits with 429.
    #[arg(long)]
    pub limits: bool,
}
