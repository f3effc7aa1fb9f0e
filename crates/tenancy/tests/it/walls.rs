//! Two walls, each tested with the other one taken away.

use std::error::Error;

use testkit::World;
use tokio_postgres::Client;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

/// What Bolt owns, to be asked for from Acme.
async fn bolt_ids(admin: &Client) -> Vec<Uuid> {
    let mut ids = Vec::new();
    for table in ["procedures", "step_templates", "procedure_versions", "version_steps", "runs", "steps"] {
        let rows = admin.query(&format!("select id from {table} where organisation_id = 'org_bolt'"), &[]).await;
        ids.extend(rows.unwrap().iter().map(|row| row.get::<_, Uuid>(0)));
    }
    assert!(ids.len() > 8);
    ids
}

async fn checksum_of_bolt(admin: &Client) -> String {
    let mut sums = Vec::new();
    let tables = admin
        .query("select polrelid::regclass::text from pg_policy where polname = 'tenant' order by 1", &[])
        .await
        .unwrap();
    for table in tables {
        let table: String = table.get(0);
        let sql = format!(
            "select coalesce(md5(string_agg(t::text, ',' order by t::text)), '') from {table} as t where organisation_id = 'org_bolt'"
        );
        sums.push(admin.query_one(&sql, &[]).await.unwrap().get::<_, String>(0));
    }
    sums.join(" ")
}

/// Runs every tenant statement with each of Bolt's ids in the place of each id, as Acme.
/// Gives the names of statements that touched or showed something of Bolt's.
async fn attack(client: &Client, admin: &Client, context: &str, rewrite: impl Fn(&str) -> String) -> Vec<String> {
    let ids = bolt_ids(admin).await;
    let before = checksum_of_bolt(admin).await;
    let mut leaks = Vec::new();
    for statement in domain::statements().filter(|statement| statement.tables == tenancy::Tables::Tenant) {
        let prepared = client.prepare(&rewrite(statement.sql)).await.unwrap();
        for id in &ids {
            let values: Vec<Box<dyn ToSql + Sync>> = prepared
                .params()
                .iter()
                .enumerate()
                .map(|(index, kind)| -> Box<dyn ToSql + Sync> {
                    match *kind {
                        _ if index == 0 => Box::new("org_acme"),
                        Type::UUID => Box::new(*id),
                        Type::INT4 => Box::new(1_i32),
                        _ => Box::new("user_olga"),
                    }
                })
                .collect();
            let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(AsRef::as_ref).collect();
            client.batch_execute(context).await.unwrap();
            if let Ok(rows) = client.query(&prepared, &values).await {
                let shown = rows.iter().any(|row| {
                    (0..row.len()).any(|column| {
                        row.try_get::<_, Option<String>>(column)
                            .ok()
                            .flatten()
                            .is_some_and(|text| text.contains("bolt"))
                    })
                });
                if shown {
                    leaks.push(format!("{} showed it", statement.name));
                }
            }
            if client.batch_execute("commit").await.is_err() {
                client.batch_execute("rollback").await.unwrap();
            }
        }
        if checksum_of_bolt(admin).await != before {
            leaks.push(format!("{} changed it", statement.name));
            break;
        }
    }
    leaks
}

async fn two_organisations() -> World {
    let world = World::create().await;
    for (admin, organisation) in [("ada", &world.acme), ("olga", &world.bolt)] {
        let text = format!("secret of {}", organisation.slug);
        let procedure = world.procedure(admin, organisation, &text).await;
        world.run(admin, organisation, procedure, &text).await;
    }
    world
}

#[tokio::test]
async fn without_row_level_security_the_statements_own_filters_hold() -> Result<(), Box<dyn Error>> {
    let world = two_organisations().await;
    let admin = world.database.client("postgres").await;
    admin.batch_execute("set search_path = tenantry").await?;
    let bypass = world.database.client("postgres").await;
    bypass.batch_execute("set search_path = tenantry; set app.current_org_id = 'org_acme'").await?;
    let leaks = attack(&bypass, &admin, "begin", str::to_owned).await;
    assert_eq!(leaks, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn without_the_statements_filters_row_level_security_holds() -> Result<(), Box<dyn Error>> {
    let world = two_organisations().await;
    let admin = world.database.client("postgres").await;
    admin.batch_execute("set search_path = tenantry").await?;
    let app = world.database.client("tenantry_app").await;
    let context = "begin; set local app.current_org_id = 'org_acme'; set local app.current_user_id = 'user_olga'";
    let leaks = attack(&app, &admin, context, without_filters).await;
    assert_eq!(leaks, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn with_both_walls_gone_the_same_attack_succeeds() -> Result<(), Box<dyn Error>> {
    let world = two_organisations().await;
    let admin = world.database.client("postgres").await;
    admin.batch_execute("set search_path = tenantry").await?;
    let bypass = world.database.client("postgres").await;
    bypass.batch_execute("set search_path = tenantry; set app.current_org_id = 'org_acme'").await?;
    let leaks = attack(&bypass, &admin, "begin", without_filters).await;
    assert!(!leaks.is_empty(), "an attack that cannot succeed proves nothing");
    Ok(())
}

/// The statement with its filter turned into something that is always true, types kept.
fn without_filters(sql: &str) -> String {
    let mut rewritten = String::new();
    let mut rest = sql;
    while let Some(at) = rest.find("organisation_id = $1") {
        // Up to and with the alias: `step.organisation_id = $1` goes as a whole.
        let start =
            rest[..at].rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).map_or(0, |i| i + 1);
        rewritten.push_str(&rest[..start]);
        rewritten.push_str("$1::text is not null");
        rest = &rest[at + "organisation_id = $1".len()..];
    }
    rewritten.push_str(rest);
    rewritten
}
