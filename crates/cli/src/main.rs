//! The program `tenantry`: puts the parts together and runs them.

mod audit;
mod config;
mod context;
mod dev;
mod doctor;
mod erase;
mod job;
mod logging;
mod migrate;
mod org;
mod prove_isolation;
mod routes;
mod seed;
mod serve;
mod shutdown;
mod stripe;
mod work;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::audit::AuditArguments;
use crate::config::{BadConfiguration, ServeArguments, WorkArguments};
use crate::context::ContextArguments;
use crate::dev::DevArguments;
use crate::doctor::DoctorArguments;
use crate::erase::EraseArguments;
use crate::job::JobArguments;
use crate::migrate::MigrateArguments;
use crate::org::OrgArguments;
use crate::prove_isolation::ProveArguments;
use crate::routes::RoutesArguments;
use crate::stripe::StripeCommand;

/// A page and a list are hundreds of small strings: a third of the server's time was the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Exit codes: 0 done, 1 failed, 2 the configuration cannot be used.
#[derive(Parser, Debug)]
#[command(
    name = "tenantry",
    version,
    propagate_version = true,
    about = "Procedures for operations teams, many organisations in one database",
    after_help = "Exit codes: 0 done or stopped as asked, 1 failed, 2 wrong or missing configuration"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run everything on this machine: Postgres, sandbox, server, worker, demo organisations
    Dev(DevArguments),
    /// Run the server
    Serve(Box<ServeArguments>),
    /// Run background jobs
    Work(Box<WorkArguments>),
    /// Run one of the jobs that come round by themselves
    Job(JobArguments),
    /// List organisations, take one out as an archive, bring one in
    Org(Box<OrgArguments>),
    /// Bring the database's tables up to date, as their owner
    Migrate(MigrateArguments),
    /// Look for every way round the isolation of tenants, in this database or any other
    Audit(Box<AuditArguments>),
    /// Ask for signed contexts in the database, or no longer
    Context(ContextArguments),
    /// Print and check the records of what was erased
    Erase(EraseArguments),
    /// Look at the configuration and everything it names, and say what is wrong
    Doctor(Box<DoctorArguments>),
    /// Attack every table and route in scratch databases, and show that a loosened policy is noticed
    ProveIsolation(ProveArguments),
    /// Set up what is sold at Stripe
    Stripe(Box<StripeCommand>),
    /// List every route with who may call it
    Routes(RoutesArguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Err(bad) = logging::start() {
        return refuse(&bad);
    }
    let outcome = match arguments.command {
        Command::Dev(arguments) => Box::pin(dev::run(arguments)).await,
        Command::Serve(arguments) => Box::pin(serve::run(&arguments)).await,
        Command::Work(arguments) => Box::pin(work::run(&arguments)).await,
        Command::Job(arguments) => Box::pin(job::run(&arguments)).await,
        Command::Org(arguments) => Box::pin(org::run(&arguments)).await,
        Command::Migrate(arguments) => migrate::run(&arguments).await,
        Command::Audit(arguments) => Box::pin(audit::run(&arguments)).await,
        Command::Context(arguments) => context::run(&arguments).await,
        Command::Doctor(arguments) => Box::pin(doctor::run(&arguments)).await,
        Command::Erase(arguments) => Box::pin(erase::run(&arguments)).await,
        Command::ProveIsolation(arguments) => Box::pin(prove_isolation::run(&arguments)).await,
        Command::Stripe(command) => Box::pin(stripe::run(&command)).await,
        Command::Routes(arguments) => routes::run(&arguments),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => match error.downcast_ref::<BadConfiguration>() {
            Some(bad) => refuse(bad),
            None => {
                say(&format!("tenantry: {error:#}"));
                ExitCode::FAILURE
            }
        },
    }
}

fn refuse(bad: &BadConfiguration) -> ExitCode {
    say(&format!("tenantry: {bad}"));
    ExitCode::from(2)
}

#[expect(clippy::print_stderr, reason = "a program for the command line speaks to the person at it")]
fn say(text: &str) {
    eprintln!("{text}");
}
