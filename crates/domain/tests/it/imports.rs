//! Archives that are whole and still not to be believed: nothing of them is brought in.

use std::io::Cursor;

use archive::{Archive, Column, Kind, Subject, Writer};
use domain::imports;
use testkit::{Client, TestDatabase, World};

use crate::exports::{archive_of, opened};

const DIGEST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

fn columns(names: &[(&str, &str)]) -> Vec<Column> {
    names.iter().map(|(name, kind)| Column { name: (*name).to_owned(), kind: (*kind).to_owned() }).collect()
}

/// A table with one row, whose JSON alone is read.
fn table(writer: &mut Writer, name: &str, kind: Kind, described: &[(&str, &str)], object: &str) {
    writer.begin_table(name, kind, columns(described)).unwrap();
    let cells: Vec<&str> =
        described.iter().map(|(name, _)| if *name == "organisation_id" { "org_acme" } else { "x" }).collect();
    writer.cells(format!("{}\n", cells.join("\t")).as_bytes()).unwrap();
    writer.begin_objects().unwrap();
    writer.object(object.replace('\\', "\\\\").as_bytes()).unwrap();
    writer.end_table().unwrap();
}

const ORGANISATION: &[(&str, &str)] =
    &[("id", "text"), ("slug", "text"), ("name", "text"), ("mirrored_at", "timestamp with time zone")];

/// Acme, and what else the test puts in.
fn archive(organisation: &str, more: impl FnOnce(&mut Writer)) -> Archive<Cursor<Vec<u8>>> {
    let subject = Subject { id: "org_acme".to_owned(), slug: "acme".to_owned(), name: "Acme".to_owned() };
    let mut writer = Writer::new(subject, "2026-11-28T20:00:00Z".parse().unwrap());
    table(&mut writer, "organisations", Kind::Directory, ORGANISATION, organisation);
    more(&mut writer);
    Archive::open(Cursor::new(writer.finish().unwrap().1)).unwrap()
}

fn acme() -> String {
    r#"{"id":"org_acme","slug":"acme","name":"Acme","mirrored_at":"2026-11-28T20:00:00+00:00"}"#.to_owned()
}

async fn refused(database: &TestDatabase, archive: &mut Archive<Cursor<Vec<u8>>>) -> String {
    let told = imports::import(&database.worker().await, archive, DIGEST, "opal").await.unwrap_err().to_string();
    assert!(!told.contains('\n'), "{told}");
    told
}

async fn is_empty(admin: &Client) -> bool {
    let statement = "select exists (select from tenantry.organisations where id = 'org_acme')
                         or exists (select from tenantry.procedures) or exists (select from tenantry.imports)";
    !admin.query_one(statement, &[]).await.unwrap().get::<_, bool>(0)
}

const PROCEDURE: &[(&str, &str)] =
    &[("organisation_id", "text"), ("id", "uuid"), ("name", "text"), ("created_by", "text")];

fn procedure(organisation: &str, more: &str) -> String {
    format!(
        r#"{{"organisation_id":"{organisation}","id":"00000000-0000-7000-8000-000000000001","name":"n","created_by":"user_ada"{more}}}"#
    )
}

#[tokio::test]
async fn what_is_not_the_organisations_own_comes_in_with_nothing() {
    let database = TestDatabase::create().await;
    let admin = database.client("postgres").await;
    let tenant = |described: &'static [(&'static str, &'static str)], name: &'static str, object: String| {
        archive(&acme(), move |writer| table(writer, name, Kind::Tenant, described, &object))
    };
    for (mut hostile, why) in [
        (tenant(PROCEDURE, "procedures", procedure("org_bolt", "")), "it belongs to another organisation"),
        (
            tenant(PROCEDURE, "procedures", procedure("org_acme", r#","details":"more""#)),
            "it has other columns than its table",
        ),
        (tenant(PROCEDURE, "procedures", "[]".to_owned()), "a row of procedures is not as it should be"),
        (
            tenant(PROCEDURE, "procedures", procedure("org_acme", "").replace("\"n\"", "\"\"")),
            "it breaks procedures_name_check",
        ),
        (
            tenant(PROCEDURE, "nothings", procedure("org_acme", "")),
            "a table \"nothings\", which this database does not have",
        ),
        // The machinery's tables are none of an organisation's.
        (tenant(PROCEDURE, "jobs", procedure("org_acme", "")), "a table \"jobs\", which this database does not have"),
        (tenant(PROCEDURE, "users", procedure("org_acme", "")), "a table \"users\", which this database does not have"),
        (
            tenant(
                &[("organisation_id", "text"), ("x\" from pg_shadow --", "text")],
                "procedures",
                procedure("org_acme", ""),
            ),
            "which this database does not have",
        ),
        // Of a type that the column has not.
        (
            tenant(&[("organisation_id", "text"), ("id", "text")], "procedures", procedure("org_acme", "")),
            "procedures.id, which this database",
        ),
        // Computed by Postgres, and by nobody else.
        (
            tenant(&[("organisation_id", "text"), ("folded_name", "text")], "custom_roles", procedure("org_acme", "")),
            "custom_roles.folded_name",
        ),
        (archive(&acme().replace("org_acme", "org_bolt"), |_| {}), "it belongs to another organisation"),
        (archive(&acme().replace("2026-11", "2099-11"), |_| {}), "it is of the future"),
        (
            archive(&acme().replace("\"slug\":\"acme\"", "\"slug\":\"A!\""), |_| {}),
            "it breaks organisations_slug_check",
        ),
    ] {
        let told = refused(&database, &mut hostile).await;
        assert!(told.contains(why), "{told:?} does not say {why:?}");
        assert!(is_empty(&admin).await, "{why}");
    }
    // The same that is the organisation's own comes in.
    let mut honest = tenant(PROCEDURE, "procedures", procedure("org_acme", ""));
    imports::import(&database.worker().await, &mut honest, DIGEST, "opal").await.unwrap();
    assert!(!is_empty(&admin).await);
    // Its address is taken then.
    let subject = Subject { id: "org_other".to_owned(), slug: "acme".to_owned(), name: "Other".to_owned() };
    let mut writer = Writer::new(subject, "2026-11-28T20:00:00Z".parse().unwrap());
    table(&mut writer, "organisations", Kind::Directory, ORGANISATION, &acme().replace("org_acme", "org_other"));
    let mut other = Archive::open(Cursor::new(writer.finish().unwrap().1)).unwrap();
    assert!(refused(&database, &mut other).await.contains("it breaks organisations_by_address"));
}

/// An entry that somebody has changed on the way does not fit its hash, and nothing comes in.
#[tokio::test]
async fn a_log_that_was_tampered_with_comes_in_with_nothing() {
    let world = World::create().await;
    world.procedure("ada", &world.acme, "ours").await;
    world.own_role("ada", &world.acme, &[domain::Permission::RunsWork]).await;
    let mut good = opened(&archive_of(&world.database.worker().await, &world.acme).await);
    let subject = good.manifest().organisation.clone();
    let mut writer = Writer::new(subject, "2026-11-28T20:00:00Z".parse().unwrap());
    for part in good.manifest().tables.clone() {
        writer.begin_table(&part.name, part.kind, part.columns.clone()).unwrap();
        let mut lines = Vec::new();
        let mut objects = good.objects(&part.name).unwrap();
        while let Some(line) = objects.row().unwrap() {
            lines.push(line.replace("role.created", "role.deleted"));
        }
        let cells: Vec<&str> =
            part.columns.iter().map(|column| if column.name == "organisation_id" { "org_acme" } else { "x" }).collect();
        for _ in &lines {
            writer.cells(format!("{}\n", cells.join("\t")).as_bytes()).unwrap();
        }
        writer.begin_objects().unwrap();
        for line in &lines {
            writer.object(line.replace('\\', "\\\\").as_bytes()).unwrap();
        }
        writer.end_table().unwrap();
    }
    let mut bad = Archive::open(Cursor::new(writer.finish().unwrap().1)).unwrap();
    let elsewhere = TestDatabase::create().await;
    let told = refused(&elsewhere, &mut bad).await;
    assert!(told.starts_with("the audit log in the archive does not hold together: entry"), "{told}");
    assert!(is_empty(&elsewhere.client("postgres").await).await);
}

/// Only a worker that brings in a new organisation takes entries as they are; nobody says that they do, afterwards.
#[tokio::test]
async fn nobody_imports_into_an_organisation_that_has_a_log() {
    let world = World::create().await;
    world.own_role("ada", &world.acme, &[domain::Permission::RunsWork]).await;
    for role in ["tenantry_app", "tenantry_worker"] {
        let client = world.database.client(role).await;
        for settings in [
            "set local app.current_org_id = 'org_acme'",
            "set local app.current_org_id = 'org_acme'; set local app.system_reason = 'import'",
            "set local app.current_org_id = 'org_bolt'; set local app.system_reason = 'jobs'",
        ] {
            client.batch_execute(&format!("begin; {settings}")).await.unwrap();
            let insert = "insert into tenantry.imports (organisation_id, archive) values ('org_acme', repeat('0', 64))";
            let refused = client.execute(insert, &[]).await.unwrap_err();
            let code = refused.code().map(|code| code.code().to_owned());
            assert_eq!(code.as_deref(), Some("42501"), "{role}: {settings}");
            client.batch_execute("rollback").await.unwrap();
        }
    }
}
