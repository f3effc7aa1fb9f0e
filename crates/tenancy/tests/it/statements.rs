//! Reads every SQL statement of the product: each names the organisation, and each is valid.

use std::collections::BTreeSet;

use tenancy::Tables;
use testkit::World;

/// Tables that may be read and written inside an organisation, from the catalogue.
async fn tenant_tables(world: &World) -> BTreeSet<String> {
    let admin = world.database.client("postgres").await;
    let rows =
        admin.query("select polrelid::regclass::text from pg_policy where polname = 'tenant'", &[]).await.unwrap();
    rows.iter().map(|row| row.get::<_, String>(0).trim_start_matches("tenantry.").to_owned()).collect()
}

fn words(sql: &str) -> impl Iterator<Item = &str> {
    sql.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

#[tokio::test]
async fn every_mention_of_a_tenant_table_is_filtered_by_the_organisation() {
    let world = World::create().await;
    let tables = tenant_tables(&world).await;
    assert!(tables.len() >= 8, "{tables:?}");
    let (mut seen, mut statements) = (BTreeSet::new(), 0);
    for statement in domain::statements() {
        statements += 1;
        let named: Vec<&str> = words(statement.sql).filter(|word| tables.contains(*word)).collect();
        seen.extend(named.iter().map(ToString::to_string));
        if statement.tables == Tables::Directory {
            assert!(named.is_empty(), "{} is a directory statement and names {named:?}", statement.name);
            continue;
        }
        let filters = statement.sql.matches("organisation_id = $1").count();
        let inserts = statement.sql.matches("(organisation_id, ").count();
        // Each mention brings its own filter; an insert writes $1 in the organisation's place.
        assert!(
            filters + inserts >= named.len(),
            "{} names tenant tables {} times and the organisation {} times",
            statement.name,
            named.len(),
            filters + inserts
        );
        if statement.sql.contains("insert into") {
            let values = statement.sql.split("insert into").nth(1).unwrap();
            assert!(
                values.contains("values ($1,")
                    || values.contains("values ($1)")
                    || values.contains("select $1,")
                    || values.contains("select $1 from"),
                "{}",
                statement.name
            );
        }
    }
    assert!(statements > 40);
    assert_eq!(seen, tables, "each tenant table is used by a statement that this test has read");
}

#[tokio::test]
async fn every_statement_is_valid_for_the_servers_own_role() {
    let world = World::create().await;
    let app = world.database.client("tenantry_app").await;
    for statement in domain::statements() {
        app.prepare(statement.sql).await.unwrap_or_else(|error| panic!("{}: {error:?}", statement.name));
    }
}

/// The lists are made by the macros; SQL written elsewhere would escape the two tests above.
#[test]
fn no_sql_is_sent_from_outside_the_lists() {
    let domain = concat!(env!("CARGO_MANIFEST_DIR"), "/../domain/src");
    let mut files = vec![std::path::PathBuf::from(domain)];
    let mut with_statements = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            !text.contains("Statement::new"),
            "{}: use tenant_statements! or directory_statements!",
            path.display()
        );
        with_statements += usize::from(text.contains("_statements! {"));
    }
    let listed: BTreeSet<&str> =
        domain::statements().map(|statement| statement.name.rsplit_once("::").unwrap().0).collect();
    assert_eq!(listed.len(), with_statements, "domain::statements() must list every file that declares statements");
}
