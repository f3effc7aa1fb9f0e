//! `tenantry work`: background jobs.

use std::process::ExitCode;

use crate::audit::refuse_holes;
use crate::config::WorkArguments;
use crate::serve::{connect, refuse_lossy_commits};
use crate::shutdown;

/// Works until asked to end, then finishes what it holds.
pub(crate) async fn run(arguments: &WorkArguments) -> anyhow::Result<ExitCode> {
    let config = arguments.check()?;
    let asked = shutdown::asked()?;
    let database = connect("WORKER_DATABASE_URL", &config.database_url, config.pool).await?;
    refuse_lossy_commits("WORKER_DATABASE_URL", &database, config.production)?;
    refuse_holes(&config.database_url, config.allow_old_postgres).await?;
    let clerk = clerk::Clerk::new(config.clerk)?;
    let mirror = mirror::Mirror::new(database.clone(), clerk.backend().clone());
    let mirror = mirror.leading_to(config.public_base_url.as_str());
    let stripe = ::stripe::Stripe::new(&config.stripe)?;
    let billing = billing::Billing::new(database.clone(), stripe, config.public_base_url.as_str());
    tracing::info!("working");
    worker::run(worker::State { database, mirror, billing, files: config.files }, shutdown::until(asked)).await;
    Ok(ExitCode::SUCCESS)
}
