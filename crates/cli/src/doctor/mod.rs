//! `tenantry doctor`: looks at the configuration and at everything outside that it names, and says what is wrong and the way
//! out. It changes nothing; a signed event of its own stays among those recorded.

mod clerk;
mod database;
mod diagnosis;
mod stripe;
mod webhooks;

use std::process::ExitCode;

use clap::Args;

use crate::config::{ServeArguments, ServeConfig};
use diagnosis::Diagnosis;

/// As given: what server, worker and migrations are given.
#[derive(Args, Debug)]
pub(crate) struct DoctorArguments {
    #[command(flatten)]
    serve: ServeArguments,
    /// Database, as the role tenantry_worker
    #[arg(long, env = "WORKER_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    worker_database_url: Option<String>,
    /// Database, as the role tenantry_owner; only looked at, and may be left out
    #[arg(long, env = "OWNER_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    owner_database_url: Option<String>,
}

/// Exit code 0 when nothing is broken.
pub(crate) async fn run(arguments: &DoctorArguments) -> anyhow::Result<ExitCode> {
    let mut diagnosis = Diagnosis::default();
    match arguments.serve.check() {
        Ok(config) => {
            diagnosis.good("configuration of the server");
            server(&mut diagnosis, config).await;
        }
        Err(bad) => diagnosis.broken(&format!("configuration of the server: {bad}")),
    }
    match arguments.worker_database_url.as_deref() {
        Some(url) => {
            let options = arguments.serve.check().map(|config| config.pool).unwrap_or_default();
            database::connects(&mut diagnosis, "WORKER_DATABASE_URL", url, options).await;
        }
        None => diagnosis.careful("WORKER_DATABASE_URL is not given, so the worker's database was not looked at"),
    }
    match arguments.owner_database_url.as_deref() {
        Some(url) => database::migrations(&mut diagnosis, url).await,
        None => diagnosis.careful("OWNER_DATABASE_URL is not given, so nobody looked for missing migrations"),
    }
    Ok(diagnosis.finish())
}

async fn server(diagnosis: &mut Diagnosis, config: ServeConfig) {
    let database = database::connects(diagnosis, "DATABASE_URL", &config.database_url, config.pool).await;
    match ::clerk::Clerk::new(config.clerk) {
        Ok(client) => clerk::instance(diagnosis, &client, &config.public_base_url).await,
        Err(error) => diagnosis.broken(&format!("no client for Clerk can be made: {error}")),
    }
    webhooks::webhooks(diagnosis, &config.public_base_url, &config.webhook_secrets, database.as_ref()).await;
    stripe::account(diagnosis, &config.stripe, &config.public_base_url, database.as_ref()).await;
}
