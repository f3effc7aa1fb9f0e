//! Removes files of exports that have expired, and what is left of those that never came about.

use std::collections::HashMap;
use std::time::Duration;

use files::Files;
use tenancy::{Database, OrganisationId, Query, SystemReason, tenant_statements};

use crate::lifecycle::erasure;
use crate::{Error, OrgJob, Result, jobs};

/// The job that looks which organisations have files.
pub const SWEEP_EXPORTS: &str = "sweep_exports";
/// The job that looks through the files of one.
pub const SWEEP_EXPORTS_OF: &str = "sweep_exports_of";

/// Longer than any export takes: a file that no export names by then never gets one.
const ORPHANED: Duration = Duration::from_secs(3 * 3600);

tenant_statements! {
    EXPIRE = "
        update exports set state = 'expired' where organisation_id = $1 and state = 'ready' and expires_at <= now()";
    KNOWN = "
        select export.file, export.state in ('asked', 'running', 'ready') from exports as export
         where export.organisation_id = $1 and export.file is not null";
}

/// Why files were not swept.
#[derive(Debug, thiserror::Error)]
pub enum NotSwept {
    /// The database failed.
    #[error(transparent)]
    Domain(#[from] crate::Error),
    /// Files could not be reached.
    #[error(transparent)]
    Files(#[from] files::Error),
}

/// Has the files of every organisation that has some looked through.
pub async fn sweep(database: &Database, files: &Files) -> Result<(), NotSwept> {
    let there = jobs::organisations_with_deleted(database).await?;
    let mut tx = database.system(SystemReason::Jobs).begin().await.map_err(crate::Error::from)?;
    for organisation in files.organisations().await? {
        if there.contains(&organisation) {
            jobs::enqueue_in(&mut tx, &organisation, SWEEP_EXPORTS_OF, serde_json::json!({})).await?;
        } else if erasure::is_erased(database, organisation.as_str(), "").await? {
            // A worker began a file in the moment of the erasure, or a backup of the folder brought it back.
            files.of(&organisation).remove_all().await?;
        } else {
            tracing::warn!(organisation = organisation.as_str(), "files are kept of an organisation that is not here");
        }
    }
    Ok(tx.commit().await.map_err(crate::Error::from)?)
}

/// Looks through the files of one organisation; says how many it removed. None of one that is being erased: that removes them.
pub async fn sweep_of(database: &Database, files: &Files, organisation: &OrganisationId) -> Result<usize, NotSwept> {
    let folder = files.of(organisation);
    let mut inside = match OrgJob::reading(database, organisation, SWEEP_EXPORTS_OF).await {
        Err(Error::NotFound) => return Ok(0),
        inside => inside?,
    };
    let tx = &mut inside.transaction;
    let known = async {
        tx.query(Query::new(EXPIRE)).await?;
        tx.query(Query::new(KNOWN)).await
    };
    let known = known.await.map_err(crate::Error::from)?;
    let known: HashMap<String, bool> = known.iter().map(|row| (row.get(0), row.get(1))).collect();
    inside.transaction.commit().await.map_err(crate::Error::from)?;
    let mut removed = folder.remove_abandoned(ORPHANED).await?;
    for file in folder.list().await? {
        let is_kept = match known.get(file.name.as_str()) {
            Some(kept) => *kept,
            // Begun since we looked, or written by a worker that was overtaken.
            None => !file.written.elapsed().is_ok_and(|age| age > ORPHANED),
        };
        if file.name.as_str().starts_with("exports/") && !is_kept {
            folder.remove(&file.name).await?;
            removed += 1;
        }
    }
    Ok(removed)
}
