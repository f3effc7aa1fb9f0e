//! Erasing what was deleted long enough ago: recorded steps, each of which may be done again. What is left is how much there was
//! of what, signed.

pub(crate) mod files;
pub(crate) mod rows;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tenancy::types::Json;
use tenancy::{Database, OrganisationId, Query, Row, SystemReason, Transaction, directory_statements};

use crate::{Error, Result};

pub use files::erase_files;
pub use rows::erase_tables;

/// Rows that are erased in one transaction: nobody waits long for it.
const BATCH: i32 = 1_000;
/// After a batch others have the database to themselves for as long as it took, and no longer than this.
const LONGEST_REST: Duration = Duration::from_secs(1);

directory_statements! {
    /// By this database's clock alone.
    DUE = "
        select organisation.id, organisation.deleted_at, organisation.erase_at
          from organisations as organisation
         where organisation.erase_at <= clock_timestamp() and organisation.erasing_since is null
         order by organisation.erase_at, organisation.id";
    BEGUN = "select erasure.organisation_id from erasures as erasure where erasure.step <> 'done' order by erasure.begun_at";
    POINT_OF_NO_RETURN = "
        update organisations set erasing_since = now()
         where id = $1 and deleted_at is not null and erase_at <= clock_timestamp() and erasing_since is null
        returning id";
    OPEN = "
        insert into erasures (organisation_id, deleted_at, addresses)
        select organisation.id, organisation.deleted_at,
               array(select sha256(convert_to(had.slug, 'UTF8'))
                       from (select organisation.slug union select organisation.clerk_slug
                             union select retired.slug from retired_addresses as retired
                                    where retired.organisation_id = organisation.id) as had
                      where had.slug is not null)
          from organisations as organisation where organisation.id = $1";
    TAKE = "select erasure.step from erasures as erasure where erasure.organisation_id = $1 for update";
    NEXT = "update erasures set step = $2 where organisation_id = $1";
    TABLES = "select every.name, every.is_tenants from tenancy.tables_to_erase() as every";
    ERASE_ROWS = "select tenancy.erase_rows($2::text::regclass, $1, $3)";
    COUNT = "
        update erasures
           set counts = counts || jsonb_build_object($2::text, coalesce((counts ->> $2)::bigint, 0) + $3::bigint)
         where organisation_id = $1";
    CUSTOMERS = "
        select customer.customer_id from stripe_customers as customer where customer.organisation_id = $1";
    KEEP_CUSTOMERS = "
        update erasures
           set customers = array(select sha256(convert_to(customer.customer_id, 'UTF8'))
                                   from stripe_customers as customer where customer.organisation_id = $1)
         where organisation_id = $1";
    /// What vendors told us of it, and what was said of it in reports to operators.
    EVENTS = "delete from inbound_events where position($1 in body) > 0 or ($2 <> '' and position($2 in body) > 0)";
    REPORTS = "delete from drift_reports where position($1 in drift::text) > 0";
    ORGANISATION = "delete from organisations where id = $1 and erasing_since is not null";
    RECORD = "
        select erasure.deleted_at, erasure.begun_at, erasure.counts, clock_timestamp()
          from erasures as erasure where erasure.organisation_id = $1 and erasure.step = 'record'";
    DONE = "
        update erasures set step = 'done', finished_at = $2, record = $3, signature = $4
         where organisation_id = $1 and step = 'record'";
    SIGNED = "
        select erasure.record, erasure.signature from erasures as erasure
         where erasure.step = 'done' and ($1 = '' or erasure.organisation_id = $1) order by erasure.finished_at";
    /// A backup brought it back.
    ONCE_MORE = "
        update organisations
           set deleted_at = coalesce(deleted_at, now()), erase_at = now(), closing_since = null, gone_at_clerk = true
         where id = $1 and erasing_since is null
        returning id";
    IS_ERASED = "
        select from erasures as erasure
         where erasure.organisation_id = $1 or sha256(convert_to($2, 'UTF8')) = any (erasure.customers)";
    COUNT_ROWS = "select tenancy.count_rows($2::text::regclass, $1)";
}

/// What is done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Queued work of it, and open pages.
    Jobs,
    /// Rows of tenant tables.
    Tables,
    /// What is kept for it outside of the database.
    Files,
    /// The organisation at Clerk.
    Clerk,
    /// That the customer at Stripe is ours.
    Stripe,
    /// Rows of it in tables that are nobody's, and the organisation's own.
    Directory,
    /// What is left.
    Record,
    /// Nothing.
    Done,
}

impl Step {
    /// In their order.
    pub const ALL: [Self; 8] =
        [Self::Jobs, Self::Tables, Self::Files, Self::Clerk, Self::Stripe, Self::Directory, Self::Record, Self::Done];

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jobs => "jobs",
            Self::Tables => "tables",
            Self::Files => "files",
            Self::Clerk => "clerk",
            Self::Stripe => "stripe",
            Self::Directory => "directory",
            Self::Record => "record",
            Self::Done => "done",
        }
    }

    fn of(stored: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == stored).ok_or(Error::NotFound)
    }

    fn next(self) -> Self {
        Self::ALL.into_iter().find(|step| *step > self).unwrap_or(Self::Done)
    }
}

/// An organisation whose time is over.
#[derive(Debug, Clone)]
pub struct Due {
    /// Its id.
    pub id: OrganisationId,
    /// When it was deleted.
    pub deleted_at: Timestamp,
    /// Since when it is due.
    pub erase_at: Timestamp,
}

/// What is left of an organisation. Names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureRecord {
    /// Clerk's id, which says nothing by itself.
    pub organisation_id: String,
    /// When it was deleted.
    pub deleted_at: Timestamp,
    /// From when on it could not be restored.
    pub begun_at: Timestamp,
    /// When nothing was left.
    pub finished_at: Timestamp,
    /// Rows erased, by table, and files.
    pub counts: BTreeMap<String, i64>,
}

/// What is due, the oldest first.
pub async fn due(database: &Database) -> Result<Vec<Due>> {
    let rows = system(database).run(Query::new(DUE)).await?;
    let due = |row: &Row| Some(Due { id: id_of(row)?, deleted_at: row.get(1), erase_at: row.get(2) });
    Ok(rows.iter().filter_map(due).collect())
}

/// What was begun and has not come to its end, the oldest first.
pub async fn begun(database: &Database) -> Result<Vec<OrganisationId>> {
    Ok(system(database).run(Query::new(BEGUN)).await?.iter().filter_map(id_of).collect())
}

fn id_of(row: &Row) -> Option<OrganisationId> {
    OrganisationId::parse(row.get(0)).ok()
}

/// Begins it: from here on nothing brings the organisation back. False where it is not due, or was restored in this moment.
pub async fn begin(database: &Database, at: &OrganisationId) -> Result<bool> {
    let mut tx = system(database).begin().await?;
    if tx.query_opt(of(POINT_OF_NO_RETURN, at)).await?.is_none() {
        return Ok(false);
    }
    tx.query(of(OPEN, at)).await?;
    tx.wake_in(at).await?;
    tx.commit().await?;
    Ok(true)
}

/// What is done next for an organisation whose erasure was begun.
pub async fn step(database: &Database, at: &OrganisationId) -> Result<Step> {
    let mut tx = system(database).begin().await?;
    taken(&mut tx, at).await
}

async fn taken(tx: &mut Transaction, at: &OrganisationId) -> Result<Step> {
    let row = tx.query_opt(of(TAKE, at)).await?.ok_or(Error::NotFound)?;
    Step::of(row.get(0))
}

/// The step was done: by whoever says so first.
pub async fn did(database: &Database, at: &OrganisationId, done: Step) -> Result<()> {
    let mut tx = system(database).begin().await?;
    if taken(&mut tx, at).await? == done {
        tx.query(of(NEXT, at).bind(done.next().as_str())).await?;
    }
    Ok(tx.commit().await?)
}

/// A table with rows of organisations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// With its schema.
    pub name: String,
    /// Under the tenant's policy; otherwise a directory's.
    pub is_tenants: bool,
}

/// Every table that an organisation's rows may lie in: those that refer to others before these.
pub async fn tables(database: &Database) -> Result<Vec<Table>> {
    let rows = system(database).run(Query::new(TABLES)).await?;
    Ok(rows.iter().map(|row| Table { name: row.get(0), is_tenants: row.get(1) }).collect())
}

/// Rests between batches, as `tokio::time::sleep` does.
pub trait Rest: Sync {
    /// For so long.
    fn rest(&self, how_long: Duration) -> impl Future<Output = ()> + Send;
}

impl<F: Fn(Duration) -> R + Sync, R: Future<Output = ()> + Send> Rest for F {
    fn rest(&self, how_long: Duration) -> impl Future<Output = ()> + Send {
        self(how_long)
    }
}

/// Queued work of it.
pub async fn erase_jobs(database: &Database, at: &OrganisationId, rest: &impl Rest) -> Result<()> {
    erase_from_directory(database, at, ("tenantry.jobs", Step::Jobs), rest).await
}

async fn erase_from_directory(
    database: &Database,
    at: &OrganisationId,
    (table, step): (&str, Step),
    rest: &impl Rest,
) -> Result<()> {
    loop {
        let began = Instant::now();
        let mut tx = system(database).begin().await?;
        if taken(&mut tx, at).await? != step {
            return Ok(());
        }
        let rows = tx.query(of(ERASE_ROWS, at).bind(table.to_owned()).bind(BATCH)).await?;
        let erased: i64 = rows.first().map_or(0, |row| row.get(0));
        if erased > 0 {
            tx.query(of(COUNT, at).bind(table.to_owned()).bind(erased)).await?;
        }
        tx.commit().await?;
        if erased < i64::from(BATCH) {
            return Ok(());
        }
        rest.rest(began.elapsed().min(LONGEST_REST)).await;
    }
}

/// The customers that are the organisation's at the vendor, and that will be known by their hash when a late event names them.
pub async fn customers(database: &Database, at: &OrganisationId) -> Result<Vec<String>> {
    let mut tx = system(database).begin().await?;
    let customers = tx.query(of(CUSTOMERS, at)).await?.iter().map(|row| row.get(0)).collect();
    tx.query(of(KEEP_CUSTOMERS, at)).await?;
    tx.commit().await?;
    Ok(customers)
}

/// Rows of it in the directory's tables, what vendors told us of it, and its own row.
pub async fn erase_from_directories(database: &Database, at: &OrganisationId, rest: &impl Rest) -> Result<()> {
    let customers = system(database).run(of(CUSTOMERS, at)).await?;
    let customer: String = customers.first().map(|row| row.get(0)).unwrap_or_default();
    system(database).run(of(EVENTS, at).bind(customer)).await?;
    system(database).run(of(REPORTS, at)).await?;
    rows::erase_in(database, at, Step::Directory, rest).await?;
    for table in tables(database).await?.iter().filter(|table| !table.is_tenants) {
        erase_from_directory(database, at, (&table.name, Step::Directory), rest).await?;
    }
    system(database).run(of(ORGANISATION, at)).await?;
    Ok(())
}

/// Writes what is left, signed by `sign`. Nothing to do where that was done.
pub async fn seal(database: &Database, at: &OrganisationId, sign: impl Fn(&str) -> Vec<u8>) -> Result<()> {
    let mut tx = system(database).begin().await?;
    if taken(&mut tx, at).await? != Step::Record {
        return Ok(());
    }
    let Some(row) = tx.query_opt(of(RECORD, at)).await? else { return Ok(()) };
    let record = ErasureRecord {
        organisation_id: at.to_string(),
        deleted_at: row.get(0),
        begun_at: row.get(1),
        counts: row.get::<_, Json<BTreeMap<String, i64>>>(2).0,
        finished_at: row.get(3),
    };
    let text = serde_json::to_string(&record).unwrap_or_default();
    let signature = sign(&text);
    tx.query(of(DONE, at).bind(record.finished_at).bind(text).bind(signature)).await?;
    Ok(tx.commit().await?)
}

/// Records and their signatures, the oldest first: of one organisation, or of all.
pub async fn records(database: &Database, of: Option<&OrganisationId>) -> Result<Vec<(String, Vec<u8>)>> {
    let id = of.map(ToString::to_string).unwrap_or_default();
    let rows = system(database).run(Query::new(SIGNED).bind(id)).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Has an organisation erased again that was erased before: a backup has brought it back. False where it is not there.
pub async fn once_more(database: &Database, at: &OrganisationId) -> Result<bool> {
    Ok(!system(database).run(of(ONCE_MORE, at)).await?.is_empty())
}

/// Whether a vendor speaks of what is erased: an organisation by its id, or a customer.
pub async fn is_erased(database: &Database, organisation: &str, customer: &str) -> Result<bool> {
    let query = Query::new(IS_ERASED).bind(organisation.to_owned()).bind(customer.to_owned());
    Ok(!system(database).run(query).await?.is_empty())
}

/// How many rows there are of it, by table: what erasing it would erase.
pub async fn count(database: &Database, at: &OrganisationId) -> Result<BTreeMap<String, i64>> {
    let mut counts = BTreeMap::new();
    for table in tables(database).await? {
        let counted = match table.is_tenants {
            true => rows::count(database, at, &table.name).await?,
            false => {
                let rows = system(database).run(of(COUNT_ROWS, at).bind(table.name.clone())).await?;
                rows.first().map_or(0, |row| row.get(0))
            }
        };
        if counted > 0 {
            counts.insert(table.name, counted);
        }
    }
    Ok(counts)
}

fn of(statement: tenancy::Statement, at: &OrganisationId) -> Query {
    Query::new(statement).bind(at.to_string())
}

fn system(database: &Database) -> tenancy::SystemScope {
    database.system(SystemReason::Lifecycle)
}
