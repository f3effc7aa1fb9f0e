//! The program `tenantry-sandbox`: reads its options, starts the sandbox, stops it on SIGTERM or Ctrl-C.

use std::process::ExitCode;

use clap::Parser as _;
use sandbox::{Options, PortTaken, start};
use tokio::signal::unix::{SignalKind, signal};

/// Exit code when a port is taken; the command line parser uses the same for arguments it cannot read.
const EXIT_USAGE: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info")),
        )
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .init();
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            if error.downcast_ref::<PortTaken>().is_some() { ExitCode::from(EXIT_USAGE) } else { ExitCode::FAILURE }
        }
    }
}

async fn run(options: Options) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let sandbox = start(options).await?;
    tokio::select! {
        _ = terminate.recv() => {}
        result = tokio::signal::ctrl_c() => result?,
    }
    tracing::info!("stopping");
    sandbox.stop().await
}
