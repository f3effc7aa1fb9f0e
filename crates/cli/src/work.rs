//! `tenantry work`: background jobs.

use std::process::ExitCode;

use tenancy::Database;

use crate::audit::refuse_holes;
use crate::config::{WorkArguments, WorkConfig};
use crate::serve::{connect, refuse_lossy_commits};
use crate::shutdown;

/// Works until asked to end, then finishes what it holds.
pub(crate) async fn run(arguments: &WorkArguments) -> anyhow::Result<ExitCode> {
    let config = arguments.check()?;
    let asked = shutdown::asked()?;
    let database = connect("WORKER_DATABASE_URL", &config.database_url, config.pool.clone()).await?;
    refuse_lossy_commits("WORKER_DATABASE_URL", &database, config.production)?;
    refuse_holes(&config.database_url, config.allow_old_postgres).await?;
    let state = state(config, database)?;
    tracing::info!("working");
    worker::run(state, shutdown::until(asked)).await;
    Ok(ExitCode::SUCCESS)
}

/// What jobs need, over this database.
pub(crate) fn state(config: WorkConfig, database: Database) -> anyhow::Result<worker::State> {
    let clerk = clerk::Clerk::new(config.clerk)?;
    let mirror = mirror::Mirror::new(database.clone(), clerk.backend().clone());
    let mirror = mirror.leading_to(config.public_base_url.as_str());
    let stripe = ::stripe::Stripe::new(&config.stripe)?;
    let billing = billing::Billing::new(database.clone(), stripe, config.public_base_url.as_str());
    let mailer = mail::Mailer::new(config.mail, &config.public_base_url)?;
    Ok(worker::State { database, mirror, billing, mailer, files: config.files, ends: config.ends })
}
