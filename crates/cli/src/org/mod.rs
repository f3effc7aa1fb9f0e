//! `tenantry org`: organisations, for whoever runs the installation.

mod end;
mod export;
mod import;
mod list;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use domain::inventory::{self, Listed};
use tenancy::Database;

use crate::config::{BadConfiguration, Complaints, PoolArguments, Shown, database_url};
use crate::serve::connect;

/// As given.
#[derive(Args, Debug)]
pub(crate) struct OrgArguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List all organisations, deleted ones too
    List {
        #[command(flatten)]
        at: DatabaseArguments,
    },
    /// Show what one organisation has: members, rows by table, files
    Show {
        /// Its id, or its address
        organisation: String,
        /// Folder of exports
        #[arg(long, env = "FILES_DIR", value_name = "DIR")]
        files_dir: Option<String>,
        #[command(flatten)]
        at: DatabaseArguments,
    },
    /// Write everything one organisation has to an archive
    Export {
        /// Its id, or its address
        organisation: String,
        /// Where to [default: its address and .zip]
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
        #[command(flatten)]
        at: DatabaseArguments,
    },
    /// Delete an organisation as an admin of it does: its plan is ended first, and it can be restored for a while
    Close {
        /// Its id, or its address
        organisation: String,
        /// Its name, to show that this one is meant
        #[arg(long, value_name = "NAME")]
        name: String,
        #[command(flatten)]
        at: DatabaseArguments,
    },
    /// Bring back a deleted organisation as an admin of it does, while it is not erased
    Restore {
        /// Its id, or the address it had
        organisation: String,
        #[command(flatten)]
        at: DatabaseArguments,
    },
    /// Bring in an organisation from an archive, whole or not at all
    Import {
        /// The archive
        archive: PathBuf,
        #[command(flatten)]
        at: DatabaseArguments,
    },
}

/// The database, and who asks.
#[derive(Args, Debug, Default)]
pub(crate) struct DatabaseArguments {
    /// Database, as the role tenantry_worker
    #[arg(long, env = "WORKER_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    worker_database_url: Option<String>,
    /// Who you are, for the organisation's audit log [default: your name on this machine]
    #[arg(long, env = "OPERATOR_NAME", value_name = "NAME")]
    operator: Option<String>,
    #[command(flatten)]
    pool: PoolArguments,
}

/// Exit code 0 when it was done.
pub(crate) async fn run(arguments: &OrgArguments) -> anyhow::Result<ExitCode> {
    match &arguments.command {
        Command::List { at } => list::all(&at.connect().await?).await?,
        Command::Show { organisation, files_dir, at } => {
            let database = at.connect().await?;
            let found = find(&database, organisation).await?;
            list::one(&database, &found, files_dir.as_deref()).await?;
        }
        Command::Export { organisation, to, at } => {
            let database = at.connect().await?;
            let found = find(&database, organisation).await?;
            let to = to.clone().unwrap_or_else(|| PathBuf::from(format!("{}.zip", found.slug)));
            export::run(&database, &found, &to, &at.operator()).await?;
        }
        Command::Close { organisation, name, at } => {
            let database = at.connect().await?;
            let found = find(&database, organisation).await?;
            end::close(&database, &found, name, &at.operator()).await?;
        }
        Command::Restore { organisation, at } => {
            let database = at.connect().await?;
            let found = find(&database, organisation).await?;
            end::restore(&database, &found, &at.operator()).await?;
        }
        Command::Import { archive, at } => import::run(&at.connect().await?, archive, &at.operator()).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn find(database: &Database, called: &str) -> anyhow::Result<Listed> {
    match inventory::find(database, called).await {
        Err(domain::Error::NotFound) => bail!("there is no organisation {called:?}: see tenantry org list"),
        found => found.context("looking for the organisation"),
    }
}

impl DatabaseArguments {
    async fn connect(&self) -> anyhow::Result<Database> {
        let mut complaints = Complaints::default();
        let url = complaints.required(
            "WORKER_DATABASE_URL",
            "postgresql://tenantry_worker:password@host/tenantry",
            Shown::Nothing,
            self.worker_database_url.as_deref(),
            database_url,
        );
        let pool = self.pool.check(&mut complaints);
        let (url, pool) = complaints.finish(|| Some((url?, pool))).map_err(|bad: BadConfiguration| bad)?;
        connect("WORKER_DATABASE_URL", &url, pool).await
    }

    /// A name without anything that could break a line.
    fn operator(&self) -> String {
        let of_this_machine = || ["LOGNAME", "USER"].iter().find_map(|name| std::env::var(name).ok());
        let given = self.operator.clone().or_else(of_this_machine).unwrap_or_default();
        let plain: String = given.trim().chars().filter(|letter| !letter.is_control()).take(100).collect();
        if plain.is_empty() { "operator".to_owned() } else { plain }
    }
}
