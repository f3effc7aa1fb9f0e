//! `tenantry stripe`: what is done at Stripe from the command line.

mod setup;
mod verify;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::config::{BadConfiguration, Complaints, StripeArguments};

/// As given.
#[derive(Args, Debug)]
pub(crate) struct StripeCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Make products, prices, portal configurations and the webhook endpoint as plans.toml says; any number of runs make them once
    Setup(setup::SetupArguments),
    /// See whether a test account behaves as is expected here, and whether the sandbox does; takes away what it makes
    Verify(verify::VerifyArguments),
}

/// Exit code 0 when everything stands.
pub(crate) async fn run(command: &StripeCommand) -> anyhow::Result<ExitCode> {
    match &command.command {
        Command::Setup(arguments) => setup::run(arguments).await,
        Command::Verify(arguments) => verify::run(arguments).await,
    }
}

/// A client from what was given.
fn client(arguments: &StripeArguments) -> anyhow::Result<::stripe::Stripe> {
    let mut complaints = Complaints::default();
    let config = arguments.check(&mut complaints, None, false);
    let config: Result<::stripe::Config, BadConfiguration> = complaints.finish(|| config);
    Ok(stripe::Stripe::new(&config?)?)
}
