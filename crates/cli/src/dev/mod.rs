//! `tenantry dev`: all of it on this machine, from nothing to a line `ready`, and down again.

mod addresses;
mod children;
mod clerk_instance;
mod database;
mod environment;
mod house;
mod lock;
mod screen;
mod secrets;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

pub(crate) use self::environment::Environment;
pub(crate) use self::screen::Screen;

use self::addresses::Addresses;
use self::house::House;
use self::lock::Lock;
use crate::config::BadConfiguration;

/// As given.
#[derive(Args, Debug)]
pub(crate) struct DevArguments {
    /// Port of the app; Clerk, Stripe, the mailbox and its mail server take the four ports above it
    #[arg(long, value_name = "N", default_value_t = 3000, value_parser = clap::value_parser!(u16).range(1..=65531))]
    base_port: u16,
    /// Folder for everything that is kept: database, people, secrets, mails, files
    #[arg(long, env = "TENANTRY_DATA_DIR", value_name = "DIR", default_value = ".tenantry")]
    data_dir: PathBuf,
    /// Without the demo organisations
    #[arg(long)]
    no_seed: bool,
    /// Browsers reach Clerk through the app, at /__clerk, and not on its own port
    #[arg(long)]
    clerk_proxy: bool,
    /// Clerk's sandbox as a production instance: keys of production, and cookies of its own host
    #[arg(long)]
    clerk_production: bool,
    /// A Postgres that runs already, as its administrator [default: one of our own in the data folder]
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,
}

/// Runs until Ctrl-C, TERM, or the end of a part; then stops everything, Postgres last.
pub(crate) async fn run(arguments: DevArguments) -> anyhow::Result<ExitCode> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;

    let data_dir = data_folder(&arguments.data_dir)?;
    let lock = Lock::take(&data_dir)?;
    let addresses = Addresses::free(arguments.base_port)?;

    let screen = Screen::default();
    let (mut house, ended) = House::new(data_dir, addresses, screen.clone());
    let outcome = tokio::select! {
        outcome = house.open(&arguments, ended) => outcome,
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
        _ = hang_up.recv() => Ok(()),
    };
    screen.say("stopping");
    let stopped = house.stop().await;
    drop(lock);
    // The reason for the end comes last, where it is read; a part that could not be stopped comes before it.
    if let (Err(error), Err(_)) = (&stopped, &outcome) {
        screen.say(&format!("{error:#}"));
    }
    outcome.and(stopped)?;
    Ok(ExitCode::SUCCESS)
}

fn data_folder(asked: &std::path::Path) -> Result<PathBuf, BadConfiguration> {
    let told = |error: std::io::Error| {
        BadConfiguration::one(format!(
            "--data-dir {} cannot be used: {error}. It should be a folder that can be created and written to",
            asked.display()
        ))
    };
    std::fs::create_dir_all(asked.join("files")).map_err(told)?;
    asked.canonicalize().map_err(told)
}
