//! `tenantry routes`: the one route table, for people and for programs.

use std::io::Write;
use std::process::ExitCode;

use clap::Args;

/// As given.
#[derive(Args, Debug)]
pub(crate) struct RoutesArguments {
    /// As JSON: a list with an object per route
    #[arg(long)]
    json: bool,
}

/// Prints the table.
pub(crate) fn run(arguments: &RoutesArguments) -> anyhow::Result<ExitCode> {
    let routes = web::routes::table();
    let mut out = std::io::stdout().lock();
    if arguments.json {
        serde_json::to_writer_pretty(&mut out, &routes)?;
        writeln!(out)?;
        return Ok(ExitCode::SUCCESS);
    }
    let width = routes.iter().map(|route| route.path.len()).max().unwrap_or_default();
    for route in &routes {
        let permission = route.caller.permission().map(|permission| format!(": {permission}")).unwrap_or_default();
        let (method, path, caller) = (route.method.as_str(), route.path, route.caller.as_str());
        writeln!(out, "{method:<6} {path:<width$}  {caller}{permission}")?;
    }
    Ok(ExitCode::SUCCESS)
}
