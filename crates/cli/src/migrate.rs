//! `tenantry migrate`: the database's tables, brought up to date by their owner.

use std::process::ExitCode;

use clap::Args;

use crate::config::{BadConfiguration, Complaints, Shown, database_url};

/// As given.
#[derive(Args, Debug)]
pub(crate) struct MigrateArguments {
    /// Database, as the role tenantry_owner
    #[arg(long, env = "OWNER_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    owner_database_url: Option<String>,
    /// Change nothing; name what is missing, and fail if something is
    #[arg(long)]
    check: bool,
}

/// Applies what is missing, or names it.
pub(crate) async fn run(arguments: &MigrateArguments) -> anyhow::Result<ExitCode> {
    let url = owner_url(arguments)?;
    if !arguments.check {
        let applied = tenancy::migrate(&url).await?;
        say(&format!("{applied} migrations applied"));
        return Ok(ExitCode::SUCCESS);
    }
    let missing = tenancy::pending_migrations(&url).await?;
    for name in &missing {
        say(&format!("missing: {name}"));
    }
    match missing.len() {
        0 => Ok(ExitCode::SUCCESS),
        _ => Ok(ExitCode::FAILURE),
    }
}

fn owner_url(arguments: &MigrateArguments) -> Result<String, BadConfiguration> {
    let mut complaints = Complaints::default();
    let url = complaints.required(
        "OWNER_DATABASE_URL",
        "postgresql://tenantry_owner:password@host/tenantry",
        Shown::Nothing,
        arguments.owner_database_url.as_deref(),
        database_url,
    );
    complaints.finish(|| url)
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn say(text: &str) {
    println!("{text}");
}
