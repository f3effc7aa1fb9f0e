//! One row of each table and party, to build attacks from: an attacker is assumed to know every id.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tokio_postgres::Client;

use crate::catalogue::{Column, Table};
use crate::error::{Error, Result};
use crate::ownership::Ownership;
use crate::people::{self, Party};

/// A row as `to_jsonb` gives it.
pub(crate) type Row = Map<String, Value>;

/// Rows by table and party.
#[derive(Debug, Clone, Default)]
pub(crate) struct Samples(BTreeMap<(String, &'static str), Row>);

impl Samples {
    /// Reads one row each, as the administrator.
    pub(crate) async fn read(admin: &Client, tables: &[Table], seed: u64) -> Result<Self> {
        let mut samples = BTreeMap::new();
        for table in tables.iter().filter(|table| Ownership::of(table) != Ownership::Unknown) {
            for party in Party::ALL {
                let rows_of = Ownership::rows_of(table, party, seed);
                // A row that refers to others can be hung on others.
                let refers: Vec<&str> = table
                    .columns
                    .iter()
                    .map(|column| column.name.as_str())
                    .filter(|name| table.is_reference(name))
                    .collect();
                let mut order: Vec<String> = table.key.clone();
                if !refers.is_empty() {
                    order.insert(0, format!("num_nulls({})", refers.join(", ")));
                }
                let order = if order.is_empty() { "1".to_owned() } else { order.join(", ") };
                let sql =
                    format!("select to_jsonb(t) from {} as t where {rows_of} order by {order} limit 1", table.name);
                let row = admin.query_opt(&sql, &[]).await.map_err(Error::doing("reading samples"))?;
                if let Some(Value::Object(row)) = row.map(|row| row.get(0)) {
                    samples.insert((table.name.clone(), party.id()), row);
                }
            }
        }
        Ok(Self(samples))
    }

    pub(crate) fn of(&self, table: &Table, party: Party) -> Option<&Row> {
        self.0.get(&(table.name.clone(), party.id()))
    }

    /// A value of a party's row as a SQL literal; null where there is none.
    pub(crate) fn literal(&self, table: &str, party: Party, column: &str) -> String {
        let row = self.0.get(&(table.to_owned(), party.id()));
        literal(row.and_then(|row| row.get(column)).unwrap_or(&Value::Null))
    }
}

/// A value as an untyped SQL literal.
pub(crate) fn literal(value: &Value) -> String {
    let text = match value {
        Value::Null => return "null".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    format!("'{}'", text.replace('\'', "''"))
}

/// A new row that looks like this one: what has to be unique is new, and people are the attacker.
pub(crate) fn fresh(table: &Table, row: &Row, number: u32) -> Row {
    let mut row = row.clone();
    let id = format!("0190b5d4-0000-7000-9000-{number:012x}");
    for column in &table.columns {
        let value = match (column.name.as_str(), column.kind.as_str()) {
            ("user_id", _) => Value::from(people::user_id(people::MALLORY)),
            (name, "uuid") if table.key.iter().any(|key| key == name) => Value::from(id.clone()),
            ("position" | "number", "integer" | "bigint") => Value::from(1000 + number),
            ("address", "text") => Value::from(format!("new-{number}@example.test")),
            // What is unique is computed from it.
            ("name", "text") if table.computes_from("name") => Value::from(format!("New {number}")),
            ("event_id" | "key" | "slug", "text") => Value::from(format!("new-{number}")),
            ("id", "text") => {
                let kind =
                    row.get("id").and_then(Value::as_str).and_then(|id| id.split_once('_')).map(|(kind, _)| kind);
                Value::from(kind.map_or_else(|| format!("new{number}"), |kind| format!("{kind}_new{number}")))
            }
            _ => continue,
        };
        row.insert(column.name.clone(), value);
    }
    row
}

/// `insert into … select …` of a row, typed by the table itself.
pub(crate) fn insert(table: &Table, row: &Row) -> String {
    insert_columns(table, row, table.columns.iter().filter(|column| !column.generated))
}

/// The same with the columns alone that the server's role may give; `None` where these are all or none.
pub(crate) fn insert_as_granted(table: &Table, row: &Row) -> Option<String> {
    let granted = table.columns.iter().filter(|column| !column.generated && column.insertable);
    let all = table.columns.iter().filter(|column| !column.generated).count();
    let count = granted.clone().count();
    (count > 0 && count < all).then(|| insert_columns(table, row, granted))
}

fn insert_columns<'a>(table: &Table, row: &Row, columns: impl Iterator<Item = &'a Column>) -> String {
    let columns = columns.map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
    let json = literal(&Value::Object(row.clone()));
    let name = &table.name;
    format!("insert into {name} ({columns}) select {columns} from jsonb_populate_record(null::{name}, {json})")
}

/// The condition that finds a row by its key.
pub(crate) fn by_key(table: &Table, row: &Row) -> String {
    let terms: Vec<String> = table
        .key
        .iter()
        .map(|column| format!("t.{column} = {}", literal(row.get(column).unwrap_or(&Value::Null))))
        .collect();
    if terms.is_empty() { "true".to_owned() } else { terms.join(" and ") }
}
