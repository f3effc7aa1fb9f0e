//! Brings in an organisation from an archive: whole, or not at all.
//!
//! An archive may come from anybody. It names tables and columns, and only those that the catalogue has are written;
//! every row has to be the organisation's own, which Postgres asks again; and an organisation that is here already is
//! never touched.

use std::collections::BTreeSet;
use std::io::{Read, Seek};

use archive::{Archive, Kind, Refused, TablePart};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tenancy::{Database, OrganisationId, Query, Table, Transaction, directory_statements};

use crate::audit_log::{self, Author, Entry};
use crate::exports::contents;
use crate::lifecycle::erasure;
use crate::schedules;

directory_statements! {
    HERE = "select from organisations as organisation where organisation.id = $1";
    /// From here on entries of the log are taken as they are, until the end of the transaction.
    IMPORT = "insert into imports (organisation_id, archive) values ($1, $2)";
}

/// Rows that are sent together, and how large they may be.
const BATCH: (usize, usize) = (500, 1 << 20);
/// Files stay where they are; and what is brought in lives, also where it was on its way out when it was exported.
const NOT_TAKEN: [&str; 2] = ["closings", "exports"];
/// People may be here already, as members of another organisation.
const SHARED: &str = "users";

/// Why nothing was brought in.
#[derive(Debug, thiserror::Error)]
pub enum NotImported {
    /// The archive is not what it should be.
    #[error(transparent)]
    Archive(#[from] Refused),
    /// It speaks of a table that is not here.
    #[error("the archive has a table {0:?}, which this database does not have: it may be from a newer version")]
    UnknownTable(String),
    /// It speaks of a column that is not here.
    #[error(
        "the archive has a column {table}.{column}, which this database does not have: it may be from a newer version"
    )]
    UnknownColumn {
        /// Of which table.
        table: String,
        /// Which one.
        column: String,
    },
    /// A row is not as its table.
    #[error("a row of {table} is not as it should be: {why}")]
    Row {
        /// Of which table.
        table: String,
        /// What is wrong with it.
        why: String,
    },
    /// It is here.
    #[error("the organisation {0} is here already; nothing is ever imported over one")]
    AlreadyHere(String),
    /// It was.
    #[error("the organisation {0} was erased here, and nothing brings it back")]
    Erased(String),
    /// A row breaks a rule, as that no two organisations have one web address.
    #[error("the database does not take a row of {table}: it breaks {constraint}")]
    Constraint {
        /// Of which table.
        table: String,
        /// Which rule, by its name in the database.
        constraint: String,
    },
    /// The log does not hold together.
    #[error("the audit log in the archive does not hold together: entry {0} does not fit the ones before it")]
    BrokenLog(i64),
    /// Postgres refused a row, or failed.
    #[error("the database does not take it: {0}")]
    Database(#[from] tenancy::Error),
    /// Anything else.
    #[error(transparent)]
    Domain(#[from] crate::Error),
}

/// What was brought in.
#[derive(Debug, Clone)]
pub struct Imported {
    /// Whose data it is.
    pub organisation: OrganisationId,
    /// Its address.
    pub slug: String,
    /// How many rows.
    pub rows: u64,
}

/// Brings in the organisation of an archive, which goes into its audit log under the operator's name. `digest`: SHA-256 of
/// the whole file, 64 hexadecimal digits.
pub async fn import<R: Read + Seek>(
    database: &Database,
    archive: &mut Archive<R>,
    digest: &str,
    operator: &str,
) -> Result<Imported, NotImported> {
    // Everything is read once before anything is written.
    archive.verify()?;
    let subject = archive.manifest().organisation.clone();
    let organisation = OrganisationId::parse(&subject.id).map_err(|error| Refused::NotOurs(error.to_string()))?;
    let mut tx = database.begin_import(&organisation).await?;
    let tables = planned(&mut tx, &archive.manifest().tables).await?;
    if tx.query_opt(Query::new(HERE).bind(subject.id.clone())).await?.is_some() {
        return Err(NotImported::AlreadyHere(subject.id));
    }
    if erasure::is_erased(database, &subject.id, "").await? {
        return Err(NotImported::Erased(subject.id));
    }
    let mut rows = 0;
    let mut noted = false;
    for (table, kind) in tables {
        if kind == Kind::Tenant && !noted {
            tx.query(Query::new(IMPORT).bind(subject.id.clone()).bind(digest.to_owned())).await?;
            noted = true;
        }
        rows += bring_in(&mut tx, archive, &table, &organisation).await?;
    }
    schedules::imported(&mut tx).await?;
    if let Some(first) = audit_log::first_misfit(&mut tx).await? {
        return Err(NotImported::BrokenLog(first));
    }
    let entry = Entry::new("organisation.imported").on(&organisation, &subject.name);
    let entry = entry.after(json!({ "exported_at": archive.manifest().exported_at, "rows": rows, "archive": digest }));
    audit_log::write(&mut tx, &Author::operator(operator), "done", entry).await?;
    tx.commit().await?;
    Ok(Imported { organisation, slug: subject.slug, rows })
}

/// The tables of the archive as the catalogue has them, each after those it refers to.
async fn planned(tx: &mut Transaction, parts: &[TablePart]) -> Result<Vec<(Table, Kind)>, NotImported> {
    let known = contents::tables(tx).await?;
    let mut waiting = Vec::new();
    for part in parts {
        let same = |table: &&Table| table.name() == part.name && table.is_tenant() == (part.kind == Kind::Tenant);
        let table = known.iter().find(same).ok_or_else(|| NotImported::UnknownTable(part.name.clone()))?;
        let columns = contents::columns(table);
        if let Some(unknown) = part.columns.iter().find(|column| !columns.contains(column)) {
            return Err(NotImported::UnknownColumn { table: part.name.clone(), column: unknown.name.clone() });
        }
        let names: Vec<&str> = part.columns.iter().map(|column| column.name.as_str()).collect();
        if !NOT_TAKEN.contains(&part.name.as_str()) {
            waiting.push((table.with_columns(&names), part.kind));
        }
    }
    if !waiting.iter().any(|(table, _)| table.name() == "organisations") {
        return Err(Refused::NotOurs("it has no organisation".to_owned()).into());
    }
    let mut ordered: Vec<(Table, Kind)> = Vec::new();
    while !waiting.is_empty() {
        let left: BTreeSet<String> = waiting.iter().map(|(table, _)| table.name().to_owned()).collect();
        let free = |(table, kind): &(Table, Kind)| {
            let directory_first = *kind == Kind::Directory || !left.iter().any(|name| is_directory(name));
            directory_first && !table.refers_to().iter().any(|other| left.contains(other))
        };
        let (ready, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(free);
        if ready.is_empty() {
            return Err(Refused::NotOurs("its tables refer to each other in a circle".to_owned()).into());
        }
        ordered.extend(ready);
        waiting = rest;
    }
    Ok(ordered)
}

fn is_directory(name: &str) -> bool {
    contents::DIRECTORY.iter().any(|(listed, _)| *listed == name)
}

async fn bring_in<R: Read + Seek>(
    tx: &mut Transaction,
    archive: &mut Archive<R>,
    table: &Table,
    organisation: &OrganisationId,
) -> Result<u64, NotImported> {
    let mut objects = archive.objects(table.name())?;
    let (mut batch, mut size, mut all) = (Vec::new(), 0, 0);
    loop {
        let next = objects.row()?;
        let is_last = next.is_none();
        if let Some(object) = next {
            look_at(table, organisation, &object)?;
            size += object.len();
            batch.push(object);
        }
        if batch.len() >= BATCH.0 || size >= BATCH.1 || (is_last && !batch.is_empty()) {
            tx.add_objects(table, &batch, table.name() == SHARED).await.map_err(|error| match error {
                tenancy::Error::Constraint { constraint, .. } => {
                    NotImported::Constraint { table: table.name().to_owned(), constraint }
                }
                error => error.into(),
            })?;
            all += batch.len() as u64;
            batch.clear();
            size = 0;
        }
        if is_last {
            return Ok(all);
        }
    }
}

/// Whether a row has the columns of its table, and is the organisation's.
fn look_at(table: &Table, organisation: &OrganisationId, object: &str) -> Result<(), NotImported> {
    let wrong = |why: String| NotImported::Row { table: table.name().to_owned(), why };
    let row: Map<String, Value> = serde_json::from_str(object).map_err(|error| wrong(error.to_string()))?;
    if row.len() != table.columns().len() || !table.columns().iter().all(|column| row.contains_key(&column.name)) {
        return Err(wrong("it has other columns than its table".to_owned()));
    }
    let whose = match table.name() {
        "organisations" => Some("id"),
        SHARED => None,
        _ => Some(Table::TENANT),
    };
    if let Some(column) = whose
        && row.get(column).and_then(Value::as_str) != Some(organisation.as_str())
    {
        return Err(wrong("it belongs to another organisation".to_owned()));
    }
    // What was asked of Clerk later wins: nothing may claim to be of tomorrow.
    if let Some(at) = row.get("mirrored_at").and_then(Value::as_str) {
        let at: Timestamp = at.parse().map_err(|_| wrong(format!("{at:?} is no time")))?;
        if at > Timestamp::now() {
            return Err(wrong("it says of itself that it is of the future".to_owned()));
        }
    }
    Ok(())
}
