//! What is in an archive: every tenant table because it is one, what the directory says of the organisation, its files.

use std::time::{Duration, Instant};

use archive::{Column, Kind, NotWritten, Subject, Whole, Writer};
use files::Upload;
use tenancy::{Query, Shape, Table, Transaction, tenant_statements};

use crate::Error;
use crate::org_job::Reading;

tenant_statements! {
    LOGO = "select logo.picture from logos as logo where logo.organisation_id = $1";
}

/// Directory tables that speak of the organisation, in the order in which they need each other, and what they say. Row-level
/// security shows those of their rows that are about it.
pub(crate) const DIRECTORY: &[(&str, &[&str])] = &[
    (
        "organisations",
        &[
            "id",
            "slug",
            "name",
            "created_at",
            "mirrored_at",
            "plan",
            "time_zone",
            "clerk_slug",
            "ownerless_since",
            "billing_status",
            "past_due_since",
        ],
    ),
    // Whoever belongs here. Their other addresses and ended sessions are theirs, and no organisation's.
    ("users", &["id", "email", "name", "created_at", "mirrored_at"]),
    (
        "memberships",
        &["organisation_id", "user_id", "role", "created_at", "changed_at", "removed_at", "waiting_since", "seen_at"],
    ),
    (
        "invitations",
        &[
            "organisation_id",
            "id",
            "address",
            "role",
            "extra_roles",
            "state",
            "invited_by",
            "inviter_name",
            "invited_at",
            "expires_at",
            "ended_at",
            "accepted_by",
            "asked_at",
            "sent_at",
            "trouble",
        ],
    ),
    ("retired_addresses", &["slug", "organisation_id", "retired_at"]),
];

/// The logo, as it is in its row too.
const LOGO_PATH: &str = "files/logo.png";
/// Rows between two looks at the clock.
const STRIDE: u64 = 512;

/// Why an archive came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum NotMade {
    /// The database failed, or the organisation may not be read.
    #[error(transparent)]
    Domain(#[from] Error),
    /// It could not be put together.
    #[error(transparent)]
    Archive(#[from] NotWritten),
    /// It could not be kept.
    #[error(transparent)]
    Files(#[from] files::Error),
    /// Somebody else makes it now.
    #[error("another worker has begun the same export")]
    Overtaken,
}

impl From<tenancy::Error> for NotMade {
    fn from(error: tenancy::Error) -> Self {
        Self::Domain(error.into())
    }
}

/// Where an archive goes, and who hears how far it is.
pub trait Sink {
    /// The next bytes.
    fn write(&mut self, bytes: Vec<u8>) -> impl Future<Output = Result<(), NotMade>> + Send;
    /// So many rows of so many are written.
    fn told(&mut self, done: u64, expected: u64) -> impl Future<Output = Result<(), NotMade>> + Send;
}

/// The tables of an archive, in their order: the directory's first.
pub(crate) async fn tables(tx: &mut Transaction) -> Result<Vec<Table>, tenancy::Error> {
    let all = tx.tables().await?;
    let listed = DIRECTORY.iter().filter_map(|(name, columns)| {
        all.iter().find(|table| table.name() == *name && !table.is_tenant()).map(|table| table.with_columns(columns))
    });
    Ok(listed.chain(all.iter().filter(|table| table.is_tenant()).cloned()).collect())
}

/// Writes everything that a snapshot shows.
pub(crate) async fn write(reading: &mut Reading, sink: &mut impl Sink) -> Result<Whole, NotMade> {
    let tx = &mut reading.transaction;
    let tables = tables(tx).await?;
    let mut expected = 0;
    for table in &tables {
        expected += tx.count(table).await?;
    }
    let subject = Subject { id: reading.id.to_string(), slug: reading.slug.clone(), name: reading.name.clone() };
    let mut writer = Writer::new(subject, reading.now);
    let mut pace = Pace::new(expected);
    pace.tell(sink).await?;
    for table in &tables {
        let kind = if table.is_tenant() { Kind::Tenant } else { Kind::Directory };
        writer.begin_table(table.name(), kind, columns(table))?;
        let mut rows = tx.copy_out(table, Shape::Cells).await?;
        while let Some(row) = rows.next().await? {
            writer.cells(&row)?;
            pace.one(&mut writer, sink).await?;
        }
        writer.begin_objects()?;
        let mut rows = tx.copy_out(table, Shape::Objects).await?;
        while let Some(row) = rows.next().await? {
            writer.object(&row)?;
            pace.one(&mut writer, sink).await?;
        }
        writer.end_table()?;
    }
    if let Some(row) = tx.query_opt(Query::new(LOGO)).await? {
        writer.file(LOGO_PATH, row.get(0))?;
    }
    let (whole, rest) = writer.finish()?;
    sink.write(rest).await?;
    pace.tell(sink).await?;
    Ok(whole)
}

pub(crate) fn columns(table: &Table) -> Vec<Column> {
    let column = |column: &tenancy::Column| Column { name: column.name.clone(), kind: column.kind.clone() };
    table.columns().iter().map(column).collect()
}

/// How far it is. Every row is written twice.
struct Pace {
    expected: u64,
    halves: u64,
    told: Instant,
}

impl Pace {
    const EVERY: Duration = Duration::from_millis(500);

    fn new(expected: u64) -> Self {
        Self { expected, halves: 0, told: Instant::now() }
    }

    async fn one(&mut self, writer: &mut Writer, sink: &mut impl Sink) -> Result<(), NotMade> {
        self.halves += 1;
        if let Some(bytes) = writer.take(Upload::PART) {
            sink.write(bytes).await?;
        }
        if self.halves.is_multiple_of(STRIDE) && self.told.elapsed() >= Self::EVERY {
            self.tell(sink).await?;
        }
        Ok(())
    }

    async fn tell(&mut self, sink: &mut impl Sink) -> Result<(), NotMade> {
        self.told = Instant::now();
        sink.told(self.halves / 2, self.expected).await
    }
}
