//! `tenantry prove-isolation`: attacks every table and every route in scratch databases, and shows that a loosened
//! policy would have been noticed.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};
use pg_local::{Cluster, Mode};
use prove::{Options, Progress, Proof};
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use crate::config::{BadConfiguration, Complaints, Shown, database_url};
use crate::shutdown;

/// As given.
#[derive(Args, Debug)]
#[command(after_help = "Exit codes: 0 everything held and the loosened policy leaked, 1 not proven, 2 cannot run")]
pub(crate) struct ProveArguments {
    /// Administrator of the server to make scratch databases on [default: a Postgres of its own, deleted afterwards]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// How many random attempts
    #[arg(long, value_name = "N", default_value_t = 2000)]
    attempts: usize,
    /// Makes the same random attempts again [default: random, and printed]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Table whose policy is loosened for the counter-proof [default: chosen by the seed]
    #[arg(long, value_name = "TABLE")]
    loosen: Option<String>,
    /// Prove it for a database that believes signed contexts alone
    #[arg(long)]
    signed: bool,
    /// Live database to compare with the one attacked, as its owner or an administrator; only its catalogue is read
    #[arg(long, value_name = "URL")]
    like: Option<String>,
    /// URL whose password lets tenantry_app into the server of --database-url, where that asks for one
    #[arg(long, value_name = "URL")]
    app_url: Option<String>,
    /// The same for tenantry_worker
    #[arg(long, value_name = "URL")]
    worker_url: Option<String>,
    /// The same for tenantry_owner
    #[arg(long, value_name = "URL")]
    owner_url: Option<String>,
    /// How to answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(ValueEnum, Clone, Copy, Debug, Default)]
enum Format {
    #[default]
    Text,
    Json,
}

/// Proves, and says how it went.
pub(crate) async fn run(arguments: &ProveArguments) -> anyhow::Result<ExitCode> {
    let mut options = arguments.check()?;
    let asked = shutdown::asked()?;
    let cluster = match options.admin_url.is_empty() {
        true => Some(OwnCluster::start().await?),
        false => None,
    };
    if let Some(own) = &cluster {
        options.admin_url = own.cluster.admin_url();
    }
    let terminal = std::io::stderr().is_terminal();
    let mut progress = Progress::new(Box::new(std::io::stderr()), terminal);
    let proving = prove::prove(&options, &mut progress, shutdown::until(asked));
    // The server under attack complains about every attack; that is not what was asked for.
    let outcome = match std::env::var_os("RUST_LOG") {
        Some(_) => proving.await,
        None => proving.with_subscriber(NoSubscriber::default()).await,
    };
    // Before any complaint: Postgres must not outlive us.
    if let Some(own) = cluster {
        own.cluster.stop().await?;
    }
    match outcome {
        Ok(Some(proof)) => answer(&proof, arguments.format),
        Ok(None) => {
            tracing::warn!("stopped before the end: nothing is proven, nothing was left behind");
            Ok(ExitCode::FAILURE)
        }
        Err(error) => Err(BadConfiguration::one(error.to_string()).into()),
    }
}

fn answer(proof: &Proof, format: Format) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    match format {
        Format::Text => write!(out, "{proof}")?,
        Format::Json => {
            let mut json = serde_json::to_value(proof)?;
            json["stands"] = proof.stands().into();
            serde_json::to_writer_pretty(&mut out, &json)?;
            writeln!(out)?;
        }
    }
    Ok(if proof.stands() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl ProveArguments {
    fn check(&self) -> Result<Options, BadConfiguration> {
        let mut complaints = Complaints::default();
        let mut url = |name: &str, given: &Option<String>| {
            let form = "postgresql://postgres:password@host/postgres";
            complaints.optional(name, form, Shown::Nothing, given.as_deref(), database_url)
        };
        let admin_url = url("--database-url", &self.database_url);
        let like = url("--like", &self.like);
        let roles =
            [("--app-url", &self.app_url), ("--worker-url", &self.worker_url), ("--owner-url", &self.owner_url)];
        let role_urls = roles.into_iter().filter_map(|(name, given)| url(name, given)).collect();
        let options = Options {
            admin_url: admin_url.unwrap_or_default(),
            role_urls,
            attempts: self.attempts,
            // Short enough to be typed again.
            seed: self.seed.unwrap_or_else(|| u64::from(rand::random::<u32>())),
            loosen: self.loosen.clone(),
            signed: self.signed,
            like,
            plant: None,
        };
        complaints.finish(|| Some(options))
    }
}

/// A Postgres for this run alone; its data goes with the folder.
struct OwnCluster {
    cluster: Cluster,
    _folder: tempfile::TempDir,
}

impl OwnCluster {
    async fn start() -> anyhow::Result<Self> {
        use std::os::unix::fs::PermissionsExt;
        // Postgres runs as another user where we are root, and has to pass through.
        let open = std::fs::Permissions::from_mode(0o711);
        let folder = tempfile::Builder::new().prefix("tenantry-proof-").permissions(open).tempdir();
        let folder = folder.context("creating a temporary folder")?;
        let options = pg_local::Options { data_dir: folder.path().to_owned(), mode: Mode::Throwaway };
        let cluster = Cluster::start(options).await.map_err(|error| BadConfiguration::one(error.to_string()))?;
        Ok(Self { cluster, _folder: folder })
    }
}
