//! Configuration of `tenantry work`.

use clap::Args;
use files::Files;
use tenancy::PoolOptions;

use super::complaints::Shown;
use super::production::{self, PRODUCTION};
use super::public_base_url::PublicBaseUrlArgument;
use super::{
    BadConfiguration, ClerkArguments, Complaints, EndsArguments, MailArguments, PoolArguments, StripeArguments,
    VendorArguments, database_url,
};
use url::Url;

/// As given.
#[derive(Args, Debug, Default)]
pub(crate) struct WorkArguments {
    /// Database, as the role tenantry_worker
    #[arg(long, env = "WORKER_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    worker_database_url: Option<String>,
    #[command(flatten)]
    public_base_url: PublicBaseUrlArgument,
    /// `production` refuses what is meant for development
    #[arg(long, env = "APP_ENV", value_name = "NAME")]
    app_env: Option<String>,
    #[command(flatten)]
    pool: PoolArguments,
    #[command(flatten)]
    clerk: ClerkArguments,
    #[command(flatten)]
    stripe: StripeArguments,
    #[command(flatten)]
    mail: MailArguments,
    #[command(flatten)]
    vendors: VendorArguments,
    #[command(flatten)]
    ends: EndsArguments,
}

/// As checked.
#[derive(Debug)]
pub(crate) struct WorkConfig {
    pub(crate) public_base_url: Url,
    pub(crate) database_url: String,
    pub(crate) pool: PoolOptions,
    pub(crate) allow_old_postgres: bool,
    pub(crate) clerk: clerk::Config,
    pub(crate) stripe: ::stripe::Config,
    pub(crate) files: Files,
    pub(crate) ends: worker::Ends,
    pub(crate) mail: mail::Config,
    pub(crate) production: bool,
}

impl WorkArguments {
    pub(crate) fn check(&self) -> Result<WorkConfig, BadConfiguration> {
        let mut complaints = Complaints::default();
        let database_url = complaints.required(
            "WORKER_DATABASE_URL",
            "postgresql://tenantry_worker:password@host/tenantry",
            Shown::Nothing,
            self.worker_database_url.as_deref(),
            database_url,
        );
        let public_base_url = self.public_base_url.check(&mut complaints);
        let pool = self.pool.check(&mut complaints);
        let production = self.app_env.as_deref() == Some(PRODUCTION);
        let clerk = self.clerk.check(&mut complaints, None, production);
        if production {
            production::database(&mut complaints, "WORKER_DATABASE_URL", database_url.as_deref());
        }
        let stripe = self.stripe.check(&mut complaints, None, production);
        let mail = self.mail.check(&mut complaints);
        let files = self.vendors.check(&mut complaints);
        let ends = self.ends.check(&mut complaints);
        let allow_old_postgres = self.pool.allow_old_postgres();
        complaints.finish(|| {
            Some(WorkConfig {
                public_base_url: public_base_url?,
                database_url: database_url?,
                pool,
                allow_old_postgres,
                clerk: clerk?,
                stripe: stripe?,
                files,
                ends: ends?,
                mail: mail?,
                production,
            })
        })
    }
}
