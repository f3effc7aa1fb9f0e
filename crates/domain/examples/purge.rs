//! Erases the large organisation of `benches/purge`, as a worker does, while another one is read: what its readers notice.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on has failed, and says what it found"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use domain::lifecycle::erasure::{self, Step};
use domain::{Org, Page, procedures};
use tenancy::{Database, OrganisationId, PoolOptions, UserId};

/// Each of them reads so often.
const PAUSE: Duration = Duration::from_millis(20);
const READERS: usize = 4;

#[tokio::main]
async fn main() {
    let variable = |name: &str| std::env::var(name).unwrap();
    let app = Database::connect(&variable("DATABASE_URL"), PoolOptions::default()).await.unwrap();
    let worker = Database::connect(&variable("WORKER_DATABASE_URL"), PoolOptions::default()).await.unwrap();
    let alone = Duration::from_secs(variable("SECONDS_EACH").parse::<u64>().unwrap() * 2);
    let large = OrganisationId::parse("org_large").unwrap();
    let before = Readers::begin(&app);
    tokio::time::sleep(alone).await;
    let before = before.end().await;

    let during = Readers::begin(&app);
    let began = Instant::now();
    assert!(erasure::begin(&worker, &large).await.unwrap());
    let rows: i64 = erasure::count(&worker, &large).await.unwrap().values().sum();
    erase(&worker, &large).await;
    let took = began.elapsed();
    let during = during.end().await;

    let after = Readers::begin(&app);
    tokio::time::sleep(alone).await;
    let after = after.end().await;

    let tell = |what: &str, figure: String| println!("{what:<64}{figure:>12}");
    let milliseconds = |times: &[Duration], part: usize| times[times.len() * part / 100].as_secs_f64() * 1000.0;
    tell("rows erased", rows.to_string());
    tell("seconds", format!("{:.1}", took.as_secs_f64()));
    for (when, times) in [("before", &before), ("while it is erased", &during), ("after", &after)] {
        tell(&format!("a neighbour's list of procedures {when}, reads"), times.len().to_string());
        tell("  p50, milliseconds", format!("{:.2}", milliseconds(times, 50)));
        tell("  p99, milliseconds", format!("{:.2}", milliseconds(times, 99)));
    }
    let calm = f64::midpoint(milliseconds(&before, 99), milliseconds(&after, 99));
    tell("p99 while it is erased, times the one without", format!("{:.2}", milliseconds(&during, 99) / calm));
}

/// Everything but what vendors are asked.
async fn erase(worker: &Database, at: &OrganisationId) {
    loop {
        let step = erasure::step(worker, at).await.unwrap();
        match step {
            Step::Jobs => erasure::erase_jobs(worker, at, &tokio::time::sleep).await.unwrap(),
            Step::Tables => erasure::erase_tables(worker, at, &tokio::time::sleep).await.unwrap(),
            Step::Files | Step::Clerk => {}
            Step::Stripe => drop(erasure::customers(worker, at).await.unwrap()),
            Step::Directory => erasure::erase_from_directories(worker, at, &tokio::time::sleep).await.unwrap(),
            Step::Record => erasure::seal(worker, at, |_| Vec::new()).await.unwrap(),
            Step::Done => return,
        }
        erasure::did(worker, at, step).await.unwrap();
    }
}

/// Members of another organisation, reading.
struct Readers {
    over: Arc<AtomicBool>,
    tasks: Vec<tokio::task::JoinHandle<Vec<Duration>>>,
}

impl Readers {
    fn begin(app: &Database) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let reader = |_| tokio::spawn(read(app.clone(), Arc::clone(&over)));
        Self { tasks: (0..READERS).map(reader).collect(), over }
    }

    /// How long each read took, in order.
    async fn end(self) -> Vec<Duration> {
        self.over.store(true, Ordering::SeqCst);
        let mut all = Vec::new();
        for task in self.tasks {
            all.extend(task.await.unwrap());
        }
        all.sort_unstable();
        all
    }
}

async fn read(app: Database, over: Arc<AtomicBool>) -> Vec<Duration> {
    let (beside, ada) = (OrganisationId::parse("org_beside").unwrap(), UserId::parse("user_ada").unwrap());
    let door = Org::new(&app, beside, ada, "beside");
    let mut times = Vec::new();
    while !over.load(Ordering::SeqCst) {
        let began = Instant::now();
        door.read(procedures::list(Page::default())).await.unwrap();
        times.push(began.elapsed());
        tokio::time::sleep(PAUSE).await;
    }
    times
}
