//! The two checks that no catalogue shows: rows without a tenant, and one tenant at another's rows. Every attempt runs in
//! a transaction that is rolled back.

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error as PgError};

use crate::{Error, Finding, Level, Result, Subject};

/// What an attempt came to.
enum Outcome {
    /// Refused, or it reached nothing.
    Held,
    /// It reached something.
    Reached(String),
    /// Nobody can tell.
    Unknown(String),
}

struct Table {
    name: String,
    key: Option<String>,
    columns: Vec<String>,
}

/// A reference between tenants' tables: the columns besides the key, on both sides.
struct Reference {
    table: String,
    key: String,
    ours: Vec<String>,
    target: String,
    theirs: Vec<String>,
}

const RELATIONS: &str = "
    select class.oid::regclass::text,
           (select key.attname::text from pg_attribute as key
             where key.attrelid = class.oid and not key.attisdropped and key.attname = any ($1::text[]) limit 1),
           array(select quote_ident(attname) from pg_attribute where attrelid = class.oid and attnum > 0 and not attisdropped
                  and attgenerated = '' and attidentity = '' and not attname = any ($1::text[]) order by attnum)
      from pg_class as class join pg_namespace as schema on schema.oid = class.relnamespace
     where class.relkind in ('r', 'p', 'v', 'm', 'f') and schema.nspname !~ '^pg_' and schema.nspname <> 'information_schema'
       and ($2::text[] = '{}' or schema.nspname = any ($2::text[]))
       and has_schema_privilege(schema.oid, 'USAGE') and has_any_column_privilege(class.oid, 'SELECT')
     order by 1";

const REFERENCES: &str = "
    select reference.conrelid::regclass::text, key.attname::text,
           (select array_agg(quote_ident(coalesce(base, attname)) order by place)
              from unnest(reference.conkey) with ordinality as part (number, place)
              join pg_attribute on attrelid = reference.conrelid and attnum = number
                   left join lateral (
                     -- What Postgres computes is pointed elsewhere by what it is computed from.
                     select min(source.attname::text) as base, count(*) as sources
                       from pg_depend as used join pg_attribute as source on source.attrelid = attrelid and source.attnum = used.refobjsubid
                      where used.classid = 'pg_attrdef'::regclass and used.refclassid = 'pg_class'::regclass
                        and used.objid = (select oid from pg_attrdef where adrelid = attrelid and adnum = number)
                        and used.refobjid = attrelid and used.refobjsubid <> number) as computed on attgenerated <> ''
             where not attname = any ($1::text[])
            having bool_and(attgenerated = '' or computed.sources = 1)),
           reference.confrelid::regclass::text,
           (select array_agg(quote_ident(attname) order by place) from unnest(reference.confkey) with ordinality as part (number, place)
              join pg_attribute on attrelid = reference.confrelid and attnum = number where not attname = any ($1::text[]))
      from pg_constraint as reference
           join pg_attribute as key on key.attrelid = reference.conrelid and key.attname = any ($1::text[])
           join pg_attribute as target on target.attrelid = reference.confrelid and target.attname = any ($1::text[])
     where reference.contype = 'f' and cardinality(reference.conkey) >= 1
       and has_any_column_privilege(reference.conrelid, 'UPDATE') and has_any_column_privilege(reference.confrelid, 'SELECT')
     order by 1, reference.conname";

/// Tries as the connection's own role, which should be the application's. `tenants` are two that have rows.
///
/// # Errors
/// When the attempts cannot begin. An attempt that ends without a result is a finding (`D03`).
pub async fn attack(client: &Client, subject: &Subject, tenants: Option<(&str, &str)>) -> Result<Vec<Finding>> {
    let failed = |source| Error::Check { lint: "D01", source };
    let setting = subject.settings().into_iter().next().unwrap_or_default();
    let rows = client.query(RELATIONS, &[&subject.keys, &subject.schemas]).await.map_err(failed)?;
    let tables: Vec<Table> =
        rows.iter().map(|row| Table { name: row.get(0), key: row.get(1), columns: row.get(2) }).collect();
    let mut findings = Vec::new();
    for table in tables.iter().filter(|table| table.key.is_some()) {
        let sql = format!("select 1 from {} limit 1", table.name);
        // A setting that was set once reads as empty ever after, and not as missing: two different questions.
        for (what, context) in
            [("no tenant was ever set", String::new()), ("no tenant is set any more", enter(&setting, ""))]
        {
            findings.extend(found("D01", &table.name, what, reads(client, &context, &sql).await));
        }
    }
    let Some((ours, theirs)) = tenants else { return Ok(findings) };
    // The move has no WHERE on purpose: where columns are read, the policy for reading would judge the new row as well.
    let (us, them) = (enter(&setting, ours), enter(&setting, theirs));
    for table in &tables {
        let (Some(key), name) = (&table.key, &table.name) else { continue };
        let columns = table.columns.join(", ");
        let comma = if columns.is_empty() { "" } else { ", " };
        let (ours, theirs) = (quoted(ours), quoted(theirs));
        let read = reads(client, &us, &format!("select 1 from {name} where {key} = {theirs} limit 1")).await;
        findings.extend(found("D02", name, "read", read));
        for (what, sql, accepts) in [
            ("delete", format!("delete from {name} where {key} = {theirs}"), false),
            ("update", format!("update {name} set {key} = {key} where {key} = {theirs}"), false),
            ("move to the other", format!("update {name} set {key} = {theirs}"), true),
            (
                "insert for the other",
                format!(
                    "insert into {name} ({key}{comma}{columns}) select {theirs}{comma}{columns} from {name} where {key} = {ours} limit 1"
                ),
                true,
            ),
        ] {
            findings.extend(found("D02", name, what, writes(client, &us, &sql, accepts).await));
        }
    }
    let rows = client.query(REFERENCES, &[&subject.keys]).await.map_err(failed)?;
    for row in &rows {
        let Some(theirs_columns) = row.get(4) else { continue };
        let Some(ours_columns) = row.get(2) else {
            let (table, target): (String, String) = (row.get(0), row.get(3));
            let why = "it goes through a column that is computed from several".to_owned();
            findings.extend(found("D02", &format!("{table} to {target}"), "refer to the other", Outcome::Unknown(why)));
            continue;
        };
        let reference = Reference {
            table: row.get(0),
            key: row.get(1),
            ours: ours_columns,
            target: row.get(3),
            theirs: theirs_columns,
        };
        let outcome = refer(client, &us, &them, &reference).await;
        findings.extend(found(
            "D02",
            &format!("{} to {}", reference.table, reference.target),
            "refer to the other",
            outcome,
        ));
    }
    Ok(findings)
}

fn enter(setting: &str, tenant: &str) -> String {
    format!("set local {setting} = {};", quoted(tenant))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

async fn begin(client: &Client, context: &str) -> Result<(), PgError> {
    client.batch_execute(&format!("begin; set local statement_timeout = '10s'; {context}")).await
}

async fn reads(client: &Client, context: &str, sql: &str) -> Outcome {
    let attempt = async {
        begin(client, context).await?;
        client.query(sql, &[]).await
    };
    let outcome = match attempt.await {
        Ok(rows) if rows.is_empty() => Outcome::Held,
        Ok(rows) => Outcome::Reached(format!("{} rows were shown", rows.len())),
        Err(error) => judged(&error),
    };
    rolled_back(client, outcome).await
}

/// `accepts`: a row of ours is to be accepted as theirs. Policies are asked before constraints: where a constraint is what
/// refuses it, the policy had let it through.
async fn writes(client: &Client, context: &str, sql: &str, accepts: bool) -> Outcome {
    let attempt = async {
        begin(client, context).await?;
        client.execute(sql, &[]).await
    };
    let outcome = match attempt.await {
        Ok(0) if accepts => Outcome::Unknown("there is no row of one's own to try it with".to_owned()),
        Ok(0) => Outcome::Held,
        Ok(rows) => Outcome::Reached(format!("{rows} rows were written")),
        Err(error) if accepts && error.code().is_some_and(|code| code.code().starts_with("23")) => {
            Outcome::Reached("no policy refused it, a constraint did".to_owned())
        }
        Err(error) => judged(&error),
    };
    rolled_back(client, outcome).await
}

/// Hangs a row of ours on a row of theirs that they know the id of.
async fn refer(client: &Client, us: &str, them: &str, reference: &Reference) -> Outcome {
    let Reference { table, key, ours, target, theirs } = reference;
    let attempt = async {
        begin(client, them).await?;
        let casts: Vec<String> = theirs.iter().map(|column| format!("{column}::text")).collect();
        let sql = format!("select array[{}] from {target} limit 1", casts.join(", "));
        let id: Option<Vec<Option<String>>> = client.query_opt(&sql, &[]).await?.map(|row| row.get(0));
        client.batch_execute("rollback").await?;
        let Some(id) = id else { return Ok(None) };
        begin(client, us).await?;
        let set: Vec<String> = ours
            .iter()
            .zip(&id)
            .map(|(column, value)| format!("{column} = {}", value.as_deref().map_or("null".to_owned(), quoted)))
            .collect();
        let sql = format!(
            "update {table} set {} where ctid = (select ctid from {table} order by {key} limit 1)",
            set.join(", ")
        );
        client.execute(&sql, &[]).await.map(Some)
    };
    let outcome: Result<Option<u64>, PgError> = attempt.await;
    let outcome = match outcome {
        Ok(None | Some(0)) => Outcome::Unknown("there are no rows on both sides to try it with".to_owned()),
        Ok(Some(_)) => Outcome::Reached("the reference was accepted".to_owned()),
        Err(error) => judged(&error),
    };
    rolled_back(client, outcome).await
}

/// A refusal is one that Postgres gives for want of rights, of a tenant, or of the row that was referred to.
fn judged(error: &PgError) -> Outcome {
    let refusals = [
        &SqlState::INSUFFICIENT_PRIVILEGE,
        &SqlState::FOREIGN_KEY_VIOLATION,
        &SqlState::CHECK_VIOLATION,
        &SqlState::INVALID_TEXT_REPRESENTATION,
    ];
    match error.as_db_error() {
        Some(db) if refusals.contains(&db.code()) => Outcome::Held,
        // The tenant's setting was never set in this session.
        Some(db) if db.code() == &SqlState::UNDEFINED_OBJECT && db.message().contains("configuration parameter") => {
            Outcome::Held
        }
        Some(db) => Outcome::Unknown(format!("{} ({})", db.message(), db.code().code())),
        None => Outcome::Unknown(error.to_string()),
    }
}

async fn rolled_back(client: &Client, outcome: Outcome) -> Outcome {
    match client.batch_execute("rollback").await {
        Ok(()) => outcome,
        Err(error) => Outcome::Unknown(format!("it could not be rolled back: {error}")),
    }
}

fn found(lint: &'static str, object: &str, what: &str, outcome: Outcome) -> Option<Finding> {
    let (lint, level, told) = match outcome {
        Outcome::Held => return None,
        Outcome::Reached(told) => (lint, Level::Hole, told),
        Outcome::Unknown(told) => ("D03", Level::Warn, told),
    };
    let mend = "see what the other checks say of this table".to_owned();
    Some(Finding { lint, level, object: object.to_owned(), what: format!("{what}: {told}"), mend })
}
