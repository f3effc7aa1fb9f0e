//! Makes an export: in one snapshot, to a file that has a name only when it is whole.

use files::{Files, Folder, Name, Upload};
use tenancy::{Database, OrganisationId, Query, tenant_statements};
use uuid::Uuid;

use super::contents::{self, NotMade, Sink};
use super::{ExportId, MAKE_EXPORT};
use crate::{Error, OrgJob, Result};

tenant_statements! {
    /// Another try has another file; the one of the try before is given back, to be removed.
    BEGIN = "
        with before as (select export.file from exports as export
                         where export.organisation_id = $1 and export.id = $2 and export.state in ('asked', 'running') for update)
        update exports as export set state = 'running', file = $3, started_at = now(), rows_done = 0
          from before where export.organisation_id = $1 and export.id = $2
        returning before.file";
    PROGRESS = "
        update exports set rows_done = $4, rows_expected = $5
         where organisation_id = $1 and id = $2 and file = $3 and state = 'running' returning id";
    READY = "
        update exports set state = 'ready', rows_done = $4, rows_expected = $4, bytes = $5, sha256 = $6,
                           finished_at = now(), expires_at = now() + interval '7 days'
         where organisation_id = $1 and id = $2 and file = $3 and state = 'running' returning id";
    FAILED = "
        update exports set state = 'failed', finished_at = now(), trouble = $4, file = null
         where organisation_id = $1 and id = $2 and file = $3 and state = 'running'";
}

/// So often an export is begun. What ends workers is not tried for ever.
const MOST_TRIES: i32 = 5;

/// What is made, and by which try.
struct Making {
    database: Database,
    organisation: OrganisationId,
    export: ExportId,
    file: Name,
}

/// Makes an export: an attempt from 1. Where that is impossible the export says so, and nothing is left to do.
///
/// # Errors
/// When the database does not answer: the job is to be tried again, and starts over.
pub async fn make(
    database: &Database,
    files: &Files,
    organisation: &OrganisationId,
    export: ExportId,
    attempt: i32,
) -> Result<()> {
    let folder = files.of(organisation);
    let file = format!("exports/{}.zip", Uuid::now_v7());
    let file = Name::parse(&file).unwrap_or_else(|_| unreachable!("a name of ours is a name"));
    let making = Making { database: database.clone(), organisation: organisation.clone(), export, file };
    let Some(before) = making.begin().await? else { return Ok(()) };
    if let Some(before) = before.and_then(|name| Name::parse(&name).ok())
        && let Err(error) = folder.remove(&before).await
    {
        tracing::warn!(%error, "what is left of an export could not be removed; it is swept later");
    }
    if attempt > MOST_TRIES {
        return making.failed("It was begun several times, and whoever made it was ended each time.").await;
    }
    match making.write(&folder).await {
        Ok(()) => Ok(()),
        Err(NotMade::Overtaken) => Ok(()),
        Err(NotMade::Domain(Error::Database(error))) if error.is_passing() && attempt < MOST_TRIES => {
            Err(Error::Database(error))
        }
        Err(error) => {
            tracing::error!(organisation = making.organisation.as_str(), %export, %error, "an export failed");
            making.failed(in_words(&error)).await
        }
    }
}

/// What the organisation's people read. What they cannot do anything about is in the log.
fn in_words(error: &NotMade) -> &'static str {
    match error {
        NotMade::Files(files::Error::Full) => {
            "There was no space left to keep the file. Those who run Tenantry can make some."
        }
        NotMade::Files(_) => "The file could not be written. Those who run Tenantry find the reason in the log.",
        _ => "The data could not be read to its end. Those who run Tenantry find the reason in the log.",
    }
}

impl Making {
    /// The file of the try before this one; nothing where there is nothing to make.
    async fn begin(&self) -> Result<Option<Option<String>>> {
        let query = Query::new(BEGIN).bind(self.id()).bind(self.file.to_string());
        let mut inside = OrgJob::reading(&self.database, &self.organisation, MAKE_EXPORT).await?;
        let begun = inside.transaction.query_opt(query).await?;
        inside.transaction.wake().await?;
        inside.transaction.commit().await?;
        Ok(begun.map(|row| row.get(0)))
    }

    async fn write(&self, folder: &Folder) -> Result<(), NotMade> {
        let mut kept = Kept { making: self, upload: folder.create(&self.file).await? };
        let mut reading = OrgJob::snapshot(&self.database, &self.organisation, MAKE_EXPORT).await?;
        let written = contents::write(&mut reading, &mut kept).await;
        drop(reading);
        let whole = match written {
            Ok(whole) => whole,
            // The unfinished file goes with it.
            Err(error) => return Err(error),
        };
        kept.upload.complete().await?;
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let query = Query::new(READY).bind(self.id()).bind(self.file.to_string());
        let query = query.bind(number(whole.rows)).bind(number(whole.bytes)).bind(whole.sha256);
        match self.say(query).await {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            // Whether it was written down is not known: the file stays, and is swept where it was not.
            Err(error) => return Err(error.into()),
        }
        folder.remove(&self.file).await?;
        Err(NotMade::Overtaken)
    }

    async fn failed(&self, trouble: &str) -> Result<()> {
        self.say(Query::new(FAILED).bind(self.id()).bind(self.file.to_string()).bind(trouble.to_owned())).await?;
        Ok(())
    }

    /// Whether the export was still this try's.
    async fn say(&self, query: Query) -> Result<bool> {
        let mut inside = OrgJob::reading(&self.database, &self.organisation, MAKE_EXPORT).await?;
        let found = !inside.transaction.query(query).await?.is_empty();
        inside.transaction.wake().await?;
        inside.transaction.commit().await?;
        Ok(found)
    }

    fn id(&self) -> Uuid {
        self.export.uuid()
    }
}

/// The file of an export, and its row, which says how far it is.
struct Kept<'a> {
    making: &'a Making,
    upload: Upload,
}

impl Sink for Kept<'_> {
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), NotMade> {
        Ok(self.upload.write(&bytes).await?)
    }

    async fn told(&mut self, done: u64, expected: u64) -> Result<(), NotMade> {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let query = Query::new(PROGRESS).bind(self.making.id()).bind(self.making.file.to_string());
        match self.making.say(query.bind(number(done)).bind(number(expected))).await? {
            true => Ok(()),
            false => Err(NotMade::Overtaken),
        }
    }
}
