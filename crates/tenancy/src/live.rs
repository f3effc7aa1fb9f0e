//! Wakes: "something changed in your organisation, look again". They carry nothing else.
//!
//! Postgres notifications know no row-level security: every role hears every channel. So the payload is a fingerprint
//! of the organisation, and whoever is woken reads through the organisation's door.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::sync::watch;

use crate::{Database, OrgScope, OrganisationId, Query, Result, Statement, Tables, Transaction};

const CHANNEL: &str = "tenantry_live";
/// Pause before a lost connection is opened again.
const AGAIN: Duration = Duration::from_secs(1);
/// Sent with the transaction, heard when it commits; several in one transaction are one.
const WAKE: Statement =
    Statement::new("tenancy::live::WAKE", "select pg_notify('tenantry_live', $1)", Tables::Directory);

/// One connection that hears for a whole process, and who waits for what. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Live {
    waiting: Arc<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    by_organisation: Mutex<HashMap<String, watch::Sender<()>>>,
}

/// Waits for changes in one organisation.
#[derive(Debug)]
pub struct Wakes(watch::Receiver<()>);

impl Live {
    /// Starts hearing; ends when the last clone is dropped.
    pub fn start(database: &Database) -> Self {
        let waiting = Arc::new(Waiting::default());
        tokio::spawn(hear(database.clone(), Arc::downgrade(&waiting)));
        Self { waiting }
    }

    /// Wakes of the organisation behind this door, and of no other.
    pub fn wakes(&self, door: &OrgScope) -> Wakes {
        let mut waiting = self.waiting.by_organisation.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, sender| sender.receiver_count() > 0);
        Wakes(waiting.entry(fingerprint(door.organisation())).or_insert_with(|| watch::channel(()).0).subscribe())
    }
}

impl Wakes {
    /// Ready when something may have changed since the last time; wakes that came meanwhile are one.
    /// `None` when nobody hears any more.
    pub async fn woken(&mut self) -> Option<()> {
        self.0.changed().await.ok()
    }
}

impl Waiting {
    fn wake(&self, fingerprint: &str) {
        let waiting = self.by_organisation.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = waiting.get(fingerprint) {
            sender.send_replace(());
        }
    }

    /// After a gap nobody knows what was missed.
    fn wake_all(&self) {
        let waiting = self.by_organisation.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.values().for_each(|sender| sender.send_replace(()));
    }
}

impl Transaction {
    /// Tells whoever waits on this organisation to look again, once this transaction is committed.
    pub async fn wake(&mut self) -> Result<()> {
        match self.organisation().cloned() {
            Some(organisation) => self.wake_in(&organisation).await,
            None => Ok(()),
        }
    }

    /// The same for an organisation that this transaction changes from outside.
    pub async fn wake_in(&mut self, organisation: &OrganisationId) -> Result<()> {
        self.query(Query::new(WAKE).bind(fingerprint(organisation))).await?;
        Ok(())
    }
}

async fn hear(database: Database, waiting: Weak<Waiting>) {
    while waiting.strong_count() > 0 {
        let Ok(mut listener) = database.listen(CHANNEL).await else {
            tokio::time::sleep(AGAIN).await;
            continue;
        };
        if let Some(waiting) = waiting.upgrade() {
            waiting.wake_all();
        }
        loop {
            // Looked at now and then, so that nobody is heard for who is gone.
            match tokio::time::timeout(AGAIN, listener.heard()).await {
                Ok(Some(payload)) => match waiting.upgrade() {
                    Some(waiting) => waiting.wake(&payload),
                    None => return,
                },
                Ok(None) => break,
                Err(_) if waiting.strong_count() == 0 => return,
                Err(_) => {}
            }
        }
    }
}

/// Sixteen hexadecimal digits that say nothing to who does not know the organisation's id.
fn fingerprint(organisation: &OrganisationId) -> String {
    let digest = Sha256::digest(organisation.as_str().as_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
