//! Makes exports of the organisation that `benches/export` fills, as a worker does: rows a second, and memory over idle.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on has failed, and says what it found"
)]

use std::path::Path;
use std::time::Instant;

use domain::Org;
use domain::exports::{self, ExportState};
use files::Files;
use tenancy::{Database, OrganisationId, PoolOptions, UserId};

/// As the program has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() {
    let variable = |name: &str| std::env::var(name).unwrap();
    let database = Database::connect(&variable("WORKER_DATABASE_URL"), PoolOptions::default()).await.unwrap();
    let files = Files::in_folder(Path::new(&variable("FILES_DIR")));
    let rounds: usize = variable("ROUNDS").parse().unwrap();
    let (large, ada) = (OrganisationId::parse("org_large").unwrap(), UserId::parse("user_ada").unwrap());
    let door = Org::new(&database, large.clone(), ada, "large");
    // Connected, and everything that is made once is made.
    door.read(exports::list()).await.unwrap();
    let idle = memory("VmRSS");
    let (mut rates, mut rows, mut bytes) = (Vec::new(), 0, 0);
    for _ in 0..rounds {
        let mut tx = door.write().await.unwrap();
        let id = exports::ask(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let began = Instant::now();
        exports::make(&database, &files, &large, id, 1).await.unwrap();
        let (_, made) = door.read(exports::show(id)).await.unwrap();
        assert_eq!(made.state, ExportState::Ready, "{:?}", made.trouble);
        (rows, bytes) = (made.rows_done, made.bytes.unwrap());
        rates.push(u128::from(rows.unsigned_abs()) * 1000 / began.elapsed().as_millis());
    }
    rates.sort_unstable();
    let tell = |what: &str, figure: String| println!("{what:<64}{figure:>12}");
    tell("rows, each as CSV and as JSON Lines", rows.to_string());
    tell("the archive, MB", (bytes / 1_000_000).to_string());
    tell(&format!("rows a second, median of {rounds}"), rates[rounds / 2].to_string());
    tell("rows a second, slowest", rates[0].to_string());
    tell("the process idle, KiB", idle.to_string());
    tell("at its peak, KiB over idle", (memory("VmHWM") - idle).to_string());
}

/// A line of `/proc/self/status`, in KiB.
fn memory(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
