//! The state behind its one lock, and its copy on disk.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Notify;

use crate::state::State;

/// Changes within this time are written together.
const DEBOUNCE: Duration = Duration::from_millis(50);
/// The share of the time that may be spent writing: a state that has grown is written less often.
const SHARE: u32 = 10;

/// The state; every change reaches the disk soon: within a tenth of a second as long as there is little to write.
pub(crate) struct Store<T = State> {
    state: Mutex<T>,
    path: PathBuf,
    /// Held while the file is written: the last writer must be the one with the newest state.
    writing: Mutex<()>,
    changed: Notify,
    /// Told after each change, for the sender of webhooks.
    pub(crate) deliveries: Notify,
}

impl<T: Clone + Default + DeserializeOwned + Serialize> Store<T> {
    /// Reads the state of the last run, or begins an empty one.
    pub(crate) fn open(directory: &Path, file: &str) -> anyhow::Result<Self> {
        fs::create_dir_all(directory).with_context(|| format!("cannot create --data-dir {}", directory.display()))?;
        let path = directory.join(file);
        let state = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .with_context(|| format!("{} is not a state this version can read", path.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => T::default(),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        };
        Ok(Self {
            state: Mutex::new(state),
            path,
            writing: Mutex::new(()),
            changed: Notify::new(),
            deliveries: Notify::new(),
        })
    }

    /// Looks at the state.
    pub(crate) fn read<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.lock())
    }

    /// Changes the state; what the closure refuses it must refuse before it changes anything.
    pub(crate) fn write<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let result = change(&mut self.lock());
        self.changed.notify_one();
        self.deliveries.notify_one();
        result
    }

    /// Writes changes to disk as they come, for as long as it is polled.
    pub(crate) async fn keep_writing(&self) {
        let mut pause = DEBOUNCE;
        loop {
            self.changed.notified().await;
            tokio::time::sleep(pause).await;
            let begun = Instant::now();
            if let Err(error) = self.flush() {
                tracing::error!("{error:#}");
            }
            pause = DEBOUNCE.max(begun.elapsed() * SHARE);
        }
    }

    /// Writes the state now: to a file beside it, then in its place, so that a crash leaves the old or the new one.
    pub(crate) fn flush(&self) -> anyhow::Result<()> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        // A copy, so that nobody waits while it is put into words.
        let copy = self.read(T::clone);
        let text = serde_json::to_vec(&copy)?;
        let beside = self.path.with_extension("json.new");
        // Sessions are in it: for the owner's eyes only.
        let written = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)
            .and_then(|mut file| {
                file.write_all(&text)?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&beside, &self.path));
        written.with_context(|| format!("cannot write {}", self.path.display()))
    }

    // A panic elsewhere must not take the whole sandbox down with it.
    fn lock(&self) -> MutexGuard<'_, T> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
