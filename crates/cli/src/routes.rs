//! `tenantry routes`: the one route table, for people and for programs.

use std::process::ExitCode;

use clap::Args;

/// As given.
#[derive(Args, Debug)]
pub(crate) struct RoutesArguments {
    /// As JSON, an object per route
    #[arg(long)]
    json: bool,
}
