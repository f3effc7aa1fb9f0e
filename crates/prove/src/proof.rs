//! A proof from beginning to end, and what it leaves behind: a report, and no database.

use std::time::Instant;

use serde::Serialize;

use crate::catalogue;
use crate::error::{Error, Result};
use crate::likeness;
use crate::mutation::Mutation;
use crate::progress::Progress;
use crate::scene::Scene;
use crate::server::Server;
use crate::suite::{Ground, Suite};

/// What to prove, and where.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// An administrator's connection to the server that the scratch databases are made on.
    pub admin_url: String,
    /// URLs whose user and password let tenantry_app, tenantry_worker and tenantry_owner in, where the server asks.
    pub role_urls: Vec<String>,
    /// How many random attempts, statements and requests together.
    pub attempts: usize,
    /// What everything random comes from.
    pub seed: u64,
    /// The table whose policy is loosened for the counter-proof; chosen by the seed where none is given.
    pub loosen: Option<String>,
    /// Whether the database believes signed contexts alone.
    pub signed: bool,
    /// A live database that the scratch one is compared with: an administrator's or the owner's connection.
    pub like: Option<String>,
    /// SQL that an administrator runs in the new scratch database before it is filled: a leak planted by hand.
    pub plant: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Proof {
    /// To make the same proof again.
    pub seed: u64,
    /// Whether the database believed signed contexts alone.
    pub signed: bool,
    /// The attacks on the database as it should be.
    pub suite: Suite,
    /// The attacks where one policy was loosened.
    pub loosened: Loosened,
    /// Where the live database differs from the one that was attacked; none where none was given.
    pub differences: Option<Vec<String>>,
    /// From beginning to end, in seconds.
    pub seconds: f64,
}

/// The counter-proof.
#[derive(Debug, Clone, Serialize)]
pub struct Loosened {
    /// What was loosened.
    pub what: String,
    /// The same attacks.
    pub suite: Suite,
}

impl Proof {
    /// Everything held, the counter-proof leaked, and the live database is the one that was attacked.
    #[must_use]
    pub fn stands(&self) -> bool {
        let red = !self.loosened.suite.red().is_empty();
        self.suite.held() && red && self.differences.as_ref().is_none_or(Vec::is_empty)
    }
}

/// Makes the proof, or gives nothing where it was `stopped` before its end. Takes its databases away in any case.
///
/// # Errors
/// Where the proof cannot be made: the server is out of reach, or this is no administrator of it.
pub async fn prove(
    options: &Options,
    progress: &mut Progress,
    stopped: impl Future<Output = ()>,
) -> Result<Option<Proof>, Error> {
    let prefix = format!("tenantry_proof_{:08x}", rand::random::<u32>());
    let server = Server::reach(&options.admin_url, &options.role_urls, prefix).await?;
    let outcome = tokio::select! {
        outcome = Box::pin(run(&server, options, progress)) => outcome.map(Some),
        () = stopped => Ok(None),
    };
    progress.end();
    // What went wrong before is told first.
    let cleaned = server.clean_up().await;
    let proof = outcome?;
    cleaned?;
    Ok(proof)
}

async fn run(server: &Server, options: &Options, progress: &mut Progress) -> Result<Proof> {
    let begun = Instant::now();
    progress.part("making and filling the scratch database", 1);
    let pattern = server.create("pattern").await?;
    if let Some(sql) = &options.plant {
        server.admin(&pattern).await?.batch_execute(sql).await.map_err(Error::doing("planting"))?;
    }
    let policies = catalogue::policies(&server.admin(&pattern).await?).await?;
    let mutation = Mutation::choose(&policies, options.loosen.as_deref(), options.seed)?;
    let scene = Scene::set(server, &pattern, options.seed, options.signed).await?;
    let differences = match &options.like {
        Some(url) => Some(likeness::differences(server, &pattern, url).await?),
        None => None,
    };
    progress.step();
    let ground = Ground::lay(server, &scene, &pattern, "first", None).await?;
    let suite = Box::pin(ground.attack(server, &scene, options.attempts, progress)).await?;
    progress.part(format!("again, where {}", mutation.described), 1);
    let ground = Ground::lay(server, &scene, &pattern, "loosened", Some(&mutation.sql)).await?;
    let again = Box::pin(ground.attack(server, &scene, options.attempts, progress)).await?;
    let loosened = Loosened { what: mutation.described, suite: again };
    Ok(Proof {
        seed: options.seed,
        signed: options.signed,
        suite,
        loosened,
        differences,
        seconds: begun.elapsed().as_secs_f64(),
    })
}
