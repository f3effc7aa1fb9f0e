//! Log lines: text for people, JSON for machines.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::BadConfiguration;

/// Starts logging as LOG_FORMAT (text, json) and RUST_LOG say.
pub(crate) fn start() -> Result<(), BadConfiguration> {
    let wanted = std::env::var("RUST_LOG").unwrap_or_default();
    // refinery repeats what our own line says, and Postgres that what exists already does so.
    let filter = if wanted.is_empty() { "info,refinery_core=warn,tokio_postgres=warn".to_owned() } else { wanted };
    let filter = EnvFilter::try_new(&filter).map_err(|error| {
        BadConfiguration::one(format!("RUST_LOG is {filter:?}: {error}. It should look like info or web=debug,info"))
    })?;
    // Log lines go to standard error: standard output belongs to what a command answers.
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match std::env::var("LOG_FORMAT").unwrap_or_default().as_str() {
        "" | "text" => lines.with_ansi(std::io::stderr().is_terminal()).init(),
        "json" => lines.json().flatten_event(true).init(),
        other => {
            return Err(BadConfiguration::one(format!("LOG_FORMAT is {other:?}. It should look like text or json")));
        }
    }
    Ok(())
}
