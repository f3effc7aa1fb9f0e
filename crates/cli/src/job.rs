//! `tenantry job`: jobs that come round by themselves, run by hand.

mod purge;

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use domain::audit_log::{self, VERIFY_AUDIT_LOGS};
use domain::drift::{DriftReport, RECONCILE_CLERK, RECONCILE_STRIPE};
use domain::jobs;
use domain::lifecycle::rounds::TEND_ORGANISATIONS;
use tenancy::{Database, SystemReason};

use crate::config::{BadConfiguration, WorkArguments};
use crate::serve::connect;
use crate::work;

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
        /// Of `purge`: only say what would be erased, with counts
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        work: Box<WorkArguments>,
    },
}

#[derive(ValueEnum, Debug, Clone, Copy)]
enum Job {
    /// Compare our directory with Clerk, repair what differs, and say what it was
    ReconcileClerk,
    /// Compare what organisations pay with Stripe, repair what differs, and say what it was
    ReconcileStripe,
    /// Erase organisations that were deleted long enough ago, and say what came of it
    Purge,
    /// Look whether the audit logs are as they were written, and say where one is not
    VerifyAuditLogs,
}

/// Exit code 0 when the job did all it should.
pub(crate) async fn run(arguments: &JobArguments) -> anyhow::Result<ExitCode> {
    let Command::Run { job, once, dry_run, work } = &arguments.command;
    let config = work.check()?;
    let database = connect("WORKER_DATABASE_URL", &config.database_url, config.pool.clone()).await?;
    if *dry_run {
        if !matches!(job, Job::Purge) {
            return Err(BadConfiguration::one(
                "--dry-run belongs to the job purge: the others change nothing but what differs",
            )
            .into());
        }
        return purge::say_what_is_due(&database, &config.files, config.ends.most_erased).await;
    }
    if !once {
        let (kind, what) = match job {
            Job::Purge => (TEND_ORGANISATIONS, "to erase what is due"),
            Job::ReconcileClerk => (RECONCILE_CLERK, "to compare with Clerk"),
            Job::ReconcileStripe => (RECONCILE_STRIPE, "to compare with Stripe"),
            Job::VerifyAuditLogs => (VERIFY_AUDIT_LOGS, "to verify the audit logs"),
        };
        jobs::ask(&database, SystemReason::Jobs, kind).await?;
        writeln!(std::io::stdout(), "a worker is asked {what}")?;
        return Ok(ExitCode::SUCCESS);
    }
    let good = match job {
        Job::ReconcileClerk => {
            let clerk = clerk::Clerk::new(config.clerk)?;
            let report = mirror::Mirror::new(database, clerk.backend().clone()).reconcile().await?;
            tell(&report, "Clerk")?;
            report.found.iter().all(|difference| difference.repaired)
        }
        Job::ReconcileStripe => {
            let stripe = stripe::Stripe::new(&config.stripe)?;
            let billing = billing::Billing::new(database, stripe, config.public_base_url.as_str());
            let report = billing.reconcile().await?;
            tell(&report, "Stripe")?;
            report.found.iter().all(|difference| difference.repaired)
        }
        Job::Purge => purge::erase_what_is_due(&work::state(config, database)?).await?,
        Job::VerifyAuditLogs => verify(&database).await?,
    };
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether every log holds together; names those that do not.
async fn verify(database: &Database) -> anyhow::Result<bool> {
    let looked_at = audit_log::verify_now(database).await?;
    let mut out = std::io::stdout().lock();
    let mut broken = 0;
    for (organisation, first) in &looked_at {
        if let Some(first) = first {
            broken += 1;
            writeln!(out, "{organisation:<32} entry {first} does not fit the ones before it")?;
        }
    }
    writeln!(out, "{} audit logs verified, {broken} broken", looked_at.len())?;
    Ok(broken == 0)
}

fn tell(report: &DriftReport, vendor: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for difference in &report.found {
        let repaired = if difference.repaired { "repaired" } else { "not repaired" };
        writeln!(out, "{:<32} {} ({repaired})", difference.id, difference.what)?;
    }
    writeln!(out, "{} compared with {vendor}, {} not the same", report.compared, report.found.len())
}
