//! Data exports: everything an organisation has, as one file, made by a job and kept for a week.
//!
//! Who may ask for one and take it is said here; `contents` says what is in it, `making` how it comes about, `sweeping`
//! when it goes.

pub(crate) mod by_hand;
pub(crate) mod contents;
pub(crate) mod making;
pub(crate) mod sweeping;

use files::{Files, Name, Stored};
use jiff::Timestamp;
use serde_json::json;
use tenancy::{OrganisationId, Query, Row, tenant_statements};
use uuid::Uuid;

use crate::audit_log::Entry;
use crate::id::id_type;
use crate::{Error, OrgTx, Permission, Read, Result, organisations};

pub use by_hand::by_operator;
pub use contents::{NotMade, Sink};
pub use making::make;
pub use sweeping::{NotSwept, SWEEP_EXPORTS, SWEEP_EXPORTS_OF, sweep, sweep_of};

/// The job that makes an export.
pub const MAKE_EXPORT: &str = "make_export";
/// Exports that a list shows.
pub const MOST_SHOWN: usize = 20;
/// Exports that an organisation may ask for within a day.
pub const MOST_A_DAY: i64 = 10;

tenant_statements! {
    LIST = "
        select export.id, case when export.state = 'ready' and export.expires_at <= now() then 'expired' else export.state end,
               export.asked_by, export.asked_by_name, export.asked_at, export.rows_expected, export.rows_done,
               export.started_at, export.finished_at, export.expires_at, export.bytes, export.sha256, export.trouble
          from exports as export where export.organisation_id = $1
         order by export.asked_at desc limit $2";
    SHOW = "
        select export.id, case when export.state = 'ready' and export.expires_at <= now() then 'expired' else export.state end,
               export.asked_by, export.asked_by_name, export.asked_at, export.rows_expected, export.rows_done,
               export.started_at, export.finished_at, export.expires_at, export.bytes, export.sha256, export.trouble
          from exports as export where export.organisation_id = $1 and export.id = $2";
    /// What nobody works on any more stands in nobody's way.
    GIVE_UP = "
        update exports set state = 'failed', finished_at = now(), trouble = 'It was not finished within a day.'
         where organisation_id = $1 and state in ('asked', 'running')
           and coalesce(started_at, asked_at) < now() - interval '1 day'";
    LATELY = "
        select count(*) from exports as export
         where export.organisation_id = $1 and export.asked_at > now() - interval '1 day'";
    ASK = "
        insert into exports (organisation_id, id, asked_by, asked_by_name) values ($1, $2, $3, $4)
        on conflict do nothing returning id";
    TAKE = "
        select export.file, export.bytes, export.sha256 from exports as export
         where export.organisation_id = $1 and export.id = $2 and export.state = 'ready' and export.expires_at > now()";
}

id_type! {
    /// Names an export.
    ExportId
}

/// How far an export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ExportState {
    /// No worker has begun.
    Asked,
    /// Rows are being written.
    Running,
    /// It can be downloaded.
    Ready,
    /// It came to nothing; another can be asked for.
    Failed,
    /// Its file is gone.
    Expired,
}

impl ExportState {
    fn of(text: &str) -> Self {
        match text {
            "asked" => Self::Asked,
            "running" => Self::Running,
            "ready" => Self::Ready,
            "expired" => Self::Expired,
            _ => Self::Failed,
        }
    }
}

/// An export, as its row says.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Export {
    /// Its id.
    pub id: ExportId,
    /// How far it is.
    pub state: ExportState,
    /// Who asked for it.
    pub asked_by: String,
    /// As they were called then.
    pub asked_by_name: String,
    /// When.
    pub asked_at: Timestamp,
    /// Rows that there are to write; 0 until they were counted.
    pub rows_expected: i64,
    /// Rows that are written.
    pub rows_done: i64,
    /// When a worker began, the last time one did.
    pub started_at: Option<Timestamp>,
    /// When it was ready, or failed.
    pub finished_at: Option<Timestamp>,
    /// Until when it can be downloaded.
    pub expires_at: Option<Timestamp>,
    /// The file's size.
    pub bytes: Option<i64>,
    /// The file's SHA-256.
    pub sha256: Option<String>,
    /// Why it failed, in words.
    pub trouble: Option<String>,
}

impl Export {
    fn from_row(row: &Row) -> Self {
        Self {
            id: row.get::<_, Uuid>(0).into(),
            state: ExportState::of(row.get(1)),
            asked_by: row.get(2),
            asked_by_name: row.get(3),
            asked_at: row.get(4),
            rows_expected: row.get(5),
            rows_done: row.get(6),
            started_at: row.get(7),
            finished_at: row.get(8),
            expires_at: row.get(9),
            bytes: row.get(10),
            sha256: row.get(11),
            trouble: row.get(12),
        }
    }

    /// Whether somebody works on it, or will.
    pub fn is_under_way(&self) -> bool {
        matches!(self.state, ExportState::Asked | ExportState::Running)
    }
}

/// The newest exports.
pub fn list() -> Read<Vec<Export>> {
    let most = i64::try_from(MOST_SHOWN).unwrap_or(i64::MAX);
    Read::new(Permission::DataExport, [Query::new(LIST).bind(most)], |[rows]| {
        Ok(rows.iter().map(Export::from_row).collect())
    })
}

/// One of them.
pub fn show(id: ExportId) -> Read<Export> {
    Read::new(Permission::DataExport, [Query::new(SHOW).bind(id.uuid())], |[rows]| {
        rows.first().map(Export::from_row).ok_or(Error::NotFound)
    })
}

/// Has an export made. `Conflict` where one is under way, `LimitReached` where too many were asked for lately.
pub async fn ask(tx: &mut OrgTx) -> Result<ExportId> {
    tx.require(Permission::DataExport)?;
    tx.require_in_person()?;
    organisations::lock(tx).await?;
    tx.rows(Query::new(GIVE_UP)).await?;
    if tx.one(Query::new(LATELY)).await?.get::<_, i64>(0) >= MOST_A_DAY {
        let message =
            format!("{MOST_A_DAY} exports were asked for within a day, which is the most. Take one of those.");
        return Err(Error::LimitReached { code: "too_many_exports", message });
    }
    let (id, name) = (ExportId::from(Uuid::now_v7()), tx.access().person.name.clone());
    let query = Query::new(ASK).bind(id.uuid()).bind(tx.who()).bind(name);
    if tx.rows(query).await?.is_empty() {
        let message = "An export is being made already. It can be downloaded as soon as it is ready.".to_owned();
        return Err(Error::Conflict { code: "export_under_way", message });
    }
    let slug = tx.access().organisation.slug.clone();
    tx.record(Entry::new("export.asked").on(&id, &slug)).await?;
    tx.enqueue(MAKE_EXPORT, json!({ "export": id })).await?;
    tx.wake().await?;
    Ok(id)
}

/// A file that may be taken.
#[derive(Debug, Clone)]
pub struct Taken {
    /// Its name in the organisation's folder.
    pub file: Name,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: String,
}

/// Notes down that somebody takes an export, all of it or the bytes of a range, and says which file that is.
/// `NotFound` where there is none, or not any more.
pub async fn take(tx: &mut OrgTx, id: ExportId, range: Option<(u64, u64)>) -> Result<Taken> {
    tx.require(Permission::DataExport)?;
    tx.require_in_person()?;
    let row = tx.one(Query::new(TAKE).bind(id.uuid())).await?;
    let slug = tx.access().organisation.slug.clone();
    let entry = Entry::new("export.downloaded").on(&id, &slug);
    let part = range.map(|(first, last)| json!({ "bytes": format!("{first}-{last}") }));
    tx.record(part.into_iter().fold(entry, Entry::after)).await?;
    Ok(Taken {
        file: Name::parse(row.get(0)).map_err(|_| Error::NotFound)?,
        bytes: row.get::<_, i64>(1).unsigned_abs(),
        sha256: row.get(2),
    })
}

/// Every file that is kept for an organisation.
pub async fn files_of(files: &Files, organisation: &OrganisationId) -> files::Result<Vec<Stored>> {
    files.of(organisation).list().await
}

/// Removes every file that is kept for an organisation, finished or not, and says how many there were.
pub async fn remove_files_of(files: &Files, organisation: &OrganisationId) -> files::Result<usize> {
    files.of(organisation).remove_all().await
}
