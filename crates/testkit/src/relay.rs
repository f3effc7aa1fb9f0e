//! A relay before Postgres: counts round trips, and makes the way longer where a test wants to be in between.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};

use crate::TestDatabase;

/// A relay in front of a test's database.
pub struct Relay {
    folder: PathBuf,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    trips: AtomicUsize,
    server_spoke: AtomicBool,
    delay: Duration,
}

impl Relay {
    /// Starts a relay; connect through [`Self::url`].
    pub async fn before(database: &TestDatabase) -> Self {
        Self::slow(database, Duration::ZERO).await
    }

    /// The same, with every message held back for so long, in each direction.
    pub async fn slow(database: &TestDatabase, delay: Duration) -> Self {
        let folder = std::env::temp_dir().join(format!("tenantry-relay-{}", uuid::Uuid::now_v7().simple()));
        std::fs::create_dir(&folder).unwrap();
        let listener = UnixListener::bind(folder.join(".s.PGSQL.5432")).unwrap();
        let server = socket_folder(&database.url("tenantry_app")).join(".s.PGSQL.5432");
        let counts = Arc::new(Counts { delay, ..Counts::default() });
        let shared = Arc::clone(&counts);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = UnixStream::connect(&server).await.unwrap().into_split();
                tokio::spawn(relay(from_client, to_server, Arc::clone(&shared), true));
                tokio::spawn(relay(from_server, to_client, Arc::clone(&shared), false));
            }
        });
        Self { folder, counts }
    }

    /// The database of the test through this relay.
    pub fn url(&self, database: &TestDatabase, role: &str) -> String {
        let direct = database.url(role);
        let (before, _) = direct.split_once('?').unwrap();
        format!("{before}?host={}", encode(&self.folder))
    }

    /// Starts counting anew.
    pub fn reset(&self) {
        self.counts.trips.store(0, Ordering::SeqCst);
        self.counts.server_spoke.store(true, Ordering::SeqCst);
    }

    /// How often the client has spoken after the server.
    pub fn round_trips(&self) -> usize {
        self.counts.trips.load(Ordering::SeqCst)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // Best effort: it lies in the temporary folder.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

async fn relay(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, counts: Arc<Counts>, from_client: bool) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if !from_client {
            counts.server_spoke.store(true, Ordering::SeqCst);
        } else if counts.server_spoke.swap(false, Ordering::SeqCst) {
            counts.trips.fetch_add(1, Ordering::SeqCst);
        }
        if !counts.delay.is_zero() {
            tokio::time::sleep(counts.delay).await;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

pub(crate) fn socket_folder(url: &str) -> PathBuf {
    let (_, host) = url.split_once("host=").expect("the test cluster listens on a Unix socket");
    PathBuf::from(host.split('&').next().unwrap_or(host).replace("%2F", "/").replace("%2f", "/"))
}

pub(crate) fn encode(path: &Path) -> String {
    path.to_str().unwrap().replace('/', "%2F")
}
