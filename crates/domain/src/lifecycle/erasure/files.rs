//! Files of an organisation that is being erased: its rows are gone by then, so that nobody writes another that is kept.

use files::Files;
use tenancy::{Database, OrganisationId, directory_statements};

use super::{Step, of, system, taken};
use crate::Error;
use crate::exports::{self, NotSwept};

directory_statements! {
    /// Once: whoever goes on after a crash finds fewer.
    FOUND = "
        update erasures set counts = jsonb_build_object('files', $2::bigint) || counts
         where organisation_id = $1 and step = 'files'";
}

/// Every file that is kept for it, finished or not.
pub async fn erase_files(database: &Database, files: &Files, at: &OrganisationId) -> Result<(), NotSwept> {
    let found = exports::files_of(files, at).await?.len();
    if found > 0 {
        note(database, at, i64::try_from(found).unwrap_or(i64::MAX)).await?;
    }
    exports::remove_files_of(files, at).await?;
    Ok(())
}

async fn note(database: &Database, at: &OrganisationId, found: i64) -> Result<(), Error> {
    let mut tx = system(database).begin().await?;
    if taken(&mut tx, at).await? == Step::Files {
        tx.query(of(FOUND, at).bind(found)).await?;
    }
    Ok(tx.commit().await?)
}
