//! The tables as the catalogue has them, and an organisation's rows of each on their way out and in.
//!
//! The names in these statements come from the catalogue alone, and which rows there are is for row-level security to
//! say: nothing here filters.

use std::collections::BTreeMap;
use std::pin::Pin;

use bytes::Bytes;
use futures_util::StreamExt as _;
use tokio_postgres::CopyOutStream;

use crate::{Error, OrganisationId, Query, Result, Statement, Tables, Transaction};

/// Columns that are computed from others are left out: Postgres computes them again.
const COLUMNS: Statement = Statement::new(
    "tenancy::tables::COLUMNS",
    "select c.relname::text, a.attname::text, format_type(a.atttypid, null),
            exists (select from pg_policy as p where p.polrelid = c.oid and p.polname = 'tenant'),
            coalesce(col_description(c.oid, a.attnum), ''),
            (select array_position(k.indkey::int2[], a.attnum) from pg_index as k where k.indrelid = c.oid and k.indisprimary)
       from pg_class as c
       join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
      where c.relnamespace = 'tenantry'::regnamespace and c.relkind in ('r', 'p') and c.relforcerowsecurity
        and not c.relispartition
      order by c.relname, a.attnum",
    Tables::Directory,
);
const REFERENCES: Statement = Statement::new(
    "tenancy::tables::REFERENCES",
    "select distinct ours.relname::text, theirs.relname::text
       from pg_constraint as reference
       join pg_class as ours on ours.oid = reference.conrelid
       join pg_class as theirs on theirs.oid = reference.confrelid
      where reference.contype = 'f' and ours.relnamespace = 'tenantry'::regnamespace and ours.oid <> theirs.oid",
    Tables::Directory,
);
/// Begins the comment of a column that does not leave the database.
const SECRET: &str = "secret:";

/// A table, by the catalogue.
#[derive(Debug, Clone)]
pub struct Table {
    name: String,
    is_tenant: bool,
    columns: Vec<Column>,
    key: Vec<String>,
    refers_to: Vec<String>,
}

/// A column that may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// As Postgres writes it: `text`, `timestamp with time zone`.
    pub kind: String,
}

/// In which shape rows travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// The text format of COPY: values as text, parted by tabs, `\\N` for none.
    Cells,
    /// A JSON object a row, as Postgres writes one, in the same text format.
    Objects,
}

impl Table {
    /// The column that says whose a row is.
    pub const TENANT: &'static str = "organisation_id";

    /// Its name, without the schema.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is a tenant table: made by `tenancy.isolate`.
    pub fn is_tenant(&self) -> bool {
        self.is_tenant
    }

    /// The columns in their order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The tables whose rows must be there before its own.
    pub fn refers_to(&self) -> &[String] {
        &self.refers_to
    }

    /// The same with these columns alone, in their order.
    #[must_use]
    pub fn with_columns(&self, names: &[impl AsRef<str>]) -> Self {
        let named = |column: &&Column| names.iter().any(|name| name.as_ref() == column.name);
        Self { columns: self.columns.iter().filter(named).cloned().collect(), ..self.clone() }
    }

    fn columns_sql(&self) -> String {
        self.columns.iter().map(|column| quoted(&column.name)).collect::<Vec<_>>().join(", ")
    }

    fn name_sql(&self) -> String {
        format!("tenantry.{}", quoted(&self.name))
    }

    /// By the key, so that the same rows always come in the same order.
    fn rows_sql(&self) -> String {
        let by = if self.key.is_empty() {
            self.columns_sql()
        } else {
            self.key.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
        };
        format!("select {} from {} order by {by}", self.columns_sql(), self.name_sql())
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Transaction {
    /// Every table there is, by name; columns that are secret are not among theirs.
    pub async fn tables(&mut self) -> Result<Vec<Table>> {
        let mut tables: BTreeMap<String, Table> = BTreeMap::new();
        let mut keys: BTreeMap<String, Vec<(i32, String)>> = BTreeMap::new();
        for row in self.query(Query::new(COLUMNS)).await? {
            let (name, column): (String, String) = (row.get(0), row.get(1));
            if let Some(position) = row.get::<_, Option<i32>>(5) {
                keys.entry(name.clone()).or_default().push((position, column.clone()));
            }
            let empty =
                || Table { name: name.clone(), is_tenant: row.get(3), columns: vec![], key: vec![], refers_to: vec![] };
            let table = tables.entry(name.clone()).or_insert_with(empty);
            if !row.get::<_, &str>(4).starts_with(SECRET) {
                table.columns.push(Column { name: column, kind: row.get(2) });
            }
        }
        for row in self.query(Query::new(REFERENCES)).await? {
            if let Some(table) = tables.get_mut(row.get::<_, &str>(0)) {
                table.refers_to.push(row.get(1));
            }
        }
        for (name, mut key) in keys {
            key.sort();
            if let Some(table) = tables.get_mut(&name) {
                table.key = key.into_iter().map(|(_, column)| column).collect();
            }
        }
        Ok(tables.into_values().collect())
    }

    /// How many rows of a table there are behind this door.
    pub async fn count(&mut self, table: &Table) -> Result<u64> {
        self.organisation_or_refuse("count")?;
        let text = format!("select count(*) from {}", table.name_sql());
        let count: i64 = self.connection().one_value(&text, "tenancy::tables::count").await?;
        Ok(count.unsigned_abs())
    }

    /// All rows of a table behind this door, one after the other, in constant memory.
    pub async fn copy_out(&mut self, table: &Table, shape: Shape) -> Result<CopiedRows> {
        self.organisation_or_refuse("copy_out")?;
        let rows = table.rows_sql();
        let text = match shape {
            Shape::Cells => format!("copy ({rows}) to stdout"),
            Shape::Objects => format!("copy (select to_json(line) from ({rows}) as line) to stdout"),
        };
        let rows = self.connection().copy_out(&text, "tenancy::tables::copy_out").await?;
        Ok(CopiedRows { rows: Box::pin(rows) })
    }

    /// Adds rows to a table, each a JSON object as [`Shape::Objects`] gives it; says how many. Row-level security refuses
    /// those of another organisation; rows that are there already are an error, or left as they are.
    pub async fn add_objects(&mut self, table: &Table, objects: &[String], leave_there: bool) -> Result<u64> {
        self.organisation_or_refuse("add_objects")?;
        let (columns, name) = (table.columns_sql(), table.name_sql());
        let text = format!(
            "insert into {name} ({columns}) select {columns} from json_populate_recordset(null::{name}, $1::text::json)
             {}",
            if leave_there { "on conflict do nothing" } else { "" }
        );
        let list = format!("[{}]", objects.join(","));
        self.connection().write_text(&text, &list, "tenancy::tables::add_objects").await
    }

    fn organisation_or_refuse(&self, statement: &'static str) -> Result<&OrganisationId> {
        self.organisation().ok_or(Error::OutsideOrganisation { statement })
    }
}

/// Rows on their way out.
pub struct CopiedRows {
    rows: Pin<Box<CopyOutStream>>,
}

impl CopiedRows {
    /// The next row with its line end; none at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        self.rows.next().await.transpose().map_err(|e| Error::of("tenancy::tables::copy_out", e))
    }
}

impl std::fmt::Debug for CopiedRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CopiedRows")
    }
}
