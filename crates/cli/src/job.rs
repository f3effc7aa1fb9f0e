//! `tenantry job`: jobs that come round by themselves, run by hand.

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use domain::drift::{DriftReport, RECONCILE_CLERK};
use domain::jobs;
use tenancy::SystemReason;

use crate::config::WorkArguments;
use crate::serve::connect;

/// As given.
#[derive(Args, Debug)]
pub(crate) struct JobArguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run a job
    Run {
        /// Which one
        job: Job,
        /// Here and now, and say what came of it; otherwise a worker is asked to
        #[arg(long)]
        once: bool,
        #[command(flatten)]
        work: Box<WorkArguments>,
    },
}

#[derive(ValueEnum, Debug, Clone, Copy)]
enum Job {
    /// Compare our directory with Clerk, repair what differs, and say what it was
    ReconcileClerk,
}

/// Exit code 0 when the job did all it should.
pub(crate) async fn run(arguments: &JobArguments) -> anyhow::Result<ExitCode> {
    let Command::Run { job: Job::ReconcileClerk, once, work } = &arguments.command;
    let config = work.check()?;
    let database = connect("WORKER_DATABASE_URL", &config.database_url, config.pool).await?;
    if !once {
        jobs::ask(&database, SystemReason::Jobs, RECONCILE_CLERK).await?;
        writeln!(std::io::stdout(), "a worker is asked to compare with Clerk")?;
        return Ok(ExitCode::SUCCESS);
    }
    let clerk = clerk::Clerk::new(config.clerk)?;
    let report = mirror::Mirror::new(database, clerk.backend().clone()).reconcile().await?;
    tell(&report)?;
    let left = report.found.iter().any(|difference| !difference.repaired);
    Ok(if left { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn tell(report: &DriftReport) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for difference in &report.found {
        let repaired = if difference.repaired { "repaired" } else { "not repaired" };
        writeln!(out, "{:<32} {} ({repaired})", difference.id, difference.what)?;
    }
    writeln!(out, "{} compared with Clerk, {} not the same", report.compared, report.found.len())
}
