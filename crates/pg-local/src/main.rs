//! `pg-local run`: a command with a Postgres of its own around it.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitCode, ExitStatus};

use anyhow::Context;
use clap::{Parser, Subcommand};
use pg_local::{Cluster, Mode, Options};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

#[derive(Parser)]
#[command(name = "pg-local", version, about = "A Postgres of one's own for development and tests")]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Start Postgres, run a command with TEST_DATABASE_URL (the administrator's), stop Postgres, pass the exit code on
    Run {
        /// Writes wait for no disk, and the data is deleted afterwards
        #[arg(long)]
        throwaway: bool,
        /// Folder for the data; a temporary one where not given, and then always throwaway
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
        /// The command and its arguments, behind `--`
        #[arg(last = true, required = true, value_name = "COMMAND")]
        command: Vec<OsString>,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let What::Run { throwaway, data_dir, command } = Arguments::parse().what;
    // Ctrl-C reaches the command from the terminal; we outlive it and stop Postgres. TERM we hand on.
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;

    let temporary = match data_dir {
        Some(_) => None,
        None => Some(reachable_folder()?),
    };
    let cluster = Cluster::start(Options {
        mode: match throwaway || temporary.is_some() {
            true => Mode::Throwaway,
            false => Mode::Durable,
        },
        data_dir: match (&temporary, data_dir) {
            (Some(folder), _) => folder.path().to_owned(),
            (None, given) => given.unwrap_or_default(),
        },
    })
    .await?;
    for note in cluster.notes() {
        say(note);
    }

    let mut child = Command::new(&command[0])
        .args(&command[1..])
        .env("TEST_DATABASE_URL", cluster.admin_url())
        .spawn()
        .with_context(|| format!("starting {}", command[0].display()));
    let status = match &mut child {
        Ok(child) => loop {
            tokio::select! {
                status = child.wait() => break Ok(status),
                _ = interrupted.recv() => {}
                _ = terminated.recv() => {
                    if let Some(pid) = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?)) {
                        let _ = kill_process(pid, Signal::TERM);
                    }
                }
            }
        },
        Err(_) => Err(()),
    };
    // Before any complaint: Postgres must not outlive us.
    cluster.stop().await?;
    child?;
    match status {
        Ok(status) => Ok(exit_code(status?)),
        Err(()) => Ok(ExitCode::FAILURE),
    }
}

/// As shells do it: 128 and the signal's number where one ended the command.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// A temporary folder that the database user may pass through when we are root.
fn reachable_folder() -> anyhow::Result<tempfile::TempDir> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = std::fs::Permissions::from_mode(0o711);
    tempfile::Builder::new()
        .prefix("tenantry-test-")
        .permissions(permissions)
        .tempdir()
        .context("creating a temporary folder")
}

#[expect(clippy::print_stderr, reason = "a program for the command line speaks to the person at it")]
fn say(note: &str) {
    eprintln!("pg-local: {note}");
}
