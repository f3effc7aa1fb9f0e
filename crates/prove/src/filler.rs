//! Rows for the tables that the product has not filled: a table with nothing to steal proves nothing.

use tokio_postgres::Client;

use crate::catalogue::{Column, Table};
use crate::error::{Result, described};
use crate::ownership::Ownership;
use crate::people::Party;

/// Tables whose rows cannot be guessed from their columns: an insert, with `{org}` and `{canary}`.
const BY_HAND: &[(&str, &str)] = &[
    (
        "tenancy.context_keys",
        "insert into tenancy.context_keys (id, inner_key, outer_key)
         values ('proof', convert_to(rpad('{canary}', 64, '6'), 'UTF8'), convert_to(rpad('{canary}', 64, 'c'), 'UTF8'))",
    ),
    (
        "tenantry.stripe_customers",
        "insert into tenantry.stripe_customers (customer_id, organisation_id) values ('cus_{canary}', '{org}')",
    ),
    (
        // An open one would stand in the way of every other: there is one at a time.
        "tenantry.checkouts",
        "insert into tenantry.checkouts (organisation_id, id, lookup_key, with_trial, state, session_id, asked_by, expires_at, ended_at)
         values ('{org}', gen_random_uuid(), '{canary}', false, 'ended', '{canary}', '{canary}', now(), now())",
    ),
    (
        // Has room for a digest and for nothing else.
        "tenantry.imports",
        "insert into tenantry.imports (organisation_id, archive) values ('{org}', encode(sha256(convert_to('{canary}', 'UTF8')), 'hex'))",
    ),
];

/// Puts at least one row of each organisation into every table. Gives the tables where that failed, with why.
pub(crate) async fn fill(admin: &Client, tables: &[Table], seed: u64) -> Result<Vec<(String, String)>> {
    let mut empty = Vec::new();
    for table in tables {
        let parties: &[Party] = match Ownership::of(table) {
            Ownership::Organisations => &Party::ALL,
            Ownership::Machinery { .. } => &[Party::Victim],
            Ownership::Unknown => continue,
        };
        for party in parties {
            let rows_of = Ownership::rows_of(table, *party, seed);
            let exists = format!("select exists (select from {} where {rows_of})", table.name);
            let filled = match admin.query_one(&exists, &[]).await {
                Ok(row) if row.get(0) => Ok(()),
                Ok(_) => insert(admin, table, *party, seed).await,
                Err(error) => Err(described(&error)),
            };
            if let Err(why) = filled {
                empty.push((table.name.clone(), why));
                break;
            }
        }
    }
    Ok(empty)
}

/// First with as much text as the table takes, then with the least it asks for.
async fn insert(admin: &Client, table: &Table, party: Party, seed: u64) -> Result<(), String> {
    let canary = party.canary(seed);
    if let Some((_, sql)) = BY_HAND.iter().find(|(name, _)| *name == table.name) {
        let sql = sql.replace("{org}", party.id()).replace("{canary}", &canary);
        return admin.batch_execute(&sql).await.map_err(|error| described(&error));
    }
    let mut why = String::new();
    for talkative in [true, false] {
        let sql = statement(table, party, &canary, seed, talkative);
        match admin.batch_execute(&sql).await {
            Ok(()) => return Ok(()),
            Err(error) => why = described(&error),
        }
    }
    Err(format!("no row could be made: {why}"))
}

fn statement(table: &Table, party: Party, canary: &str, seed: u64, talkative: bool) -> String {
    let wanted = |column: &&Column| {
        let needed = column.required && !column.has_default;
        let tenant = column.name == Table::TENANT;
        !column.generated && (needed || tenant || (talkative && tells(column) && !table.is_reference(&column.name)))
    };
    let columns: Vec<&Column> = table.columns.iter().filter(wanted).collect();
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let values: Vec<String> = columns.iter().map(|column| value(table, column, party, canary, seed)).collect();
    format!("insert into {} ({}) values ({})", table.name, names.join(", "), values.join(", "))
}

/// Whether a column can carry a canary.
fn tells(column: &Column) -> bool {
    matches!(column.kind.as_str(), "text" | "jsonb" | "json" | "character varying")
}

fn value(table: &Table, column: &Column, party: Party, canary: &str, seed: u64) -> String {
    if column.name == Table::TENANT {
        return format!("'{}'", party.id());
    }
    let through =
        |reference: &&crate::catalogue::Reference| reference.columns.iter().any(|(ours, _)| *ours == column.name);
    if let Some(reference) = table.references.iter().find(through) {
        let theirs = reference.columns.iter().find(|(ours, _)| *ours == column.name).map_or("id", |(_, theirs)| theirs);
        let belongs = match reference.columns.iter().any(|(_, theirs)| theirs == Table::TENANT) {
            true => format!("{} = '{}'", Table::TENANT, party.id()),
            false if reference.to == "tenantry.organisations" => format!("id = '{}'", party.id()),
            false if reference.to == "tenantry.users" => format!("id = '{}'", crate::people::user_id(party.admin())),
            false => "true".to_owned(),
        };
        // The same row for every column of a reference.
        return format!("(select {theirs} from {} where {belongs} order by ctid limit 1)", reference.to);
    }
    if let Some(word) = table.checks.iter().find_map(|check| allowed_word(check, &column.name)) {
        return format!("'{word}'");
    }
    match column.kind.as_str() {
        "text" | "character varying" => format!("'{canary}'"),
        "jsonb" | "json" => format!(r#"'{{"text": "{canary}"}}'"#),
        "uuid" => "gen_random_uuid()".to_owned(),
        "boolean" => "true".to_owned(),
        "bytea" => format!("convert_to('{canary}', 'UTF8')"),
        "date" | "timestamp with time zone" | "timestamp without time zone" => "now()".to_owned(),
        "interval" => "interval '1 day'".to_owned(),
        kind if kind.ends_with("[]") => "'{}'".to_owned(),
        // Numbers; apart for each run, where they have to be unique.
        _ => (1 + seed % 1000).to_string(),
    }
}

/// The first word of a check like `state = ANY (ARRAY['ready'::text, …])`.
fn allowed_word(check: &str, column: &str) -> Option<String> {
    let rest = &check[check.find(&format!("({column} = "))?..];
    rest.split('\'').nth(1).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::allowed_word;

    #[test]
    fn a_check_tells_the_words_it_allows() {
        let check = "CHECK ((state = ANY (ARRAY['ready'::text, 'done'::text])))";
        assert_eq!(allowed_word(check, "state").as_deref(), Some("ready"));
        assert_eq!(allowed_word(check, "kind"), None);
        assert_eq!(allowed_word("CHECK ((length(name) > 1))", "name"), None);
    }
}
