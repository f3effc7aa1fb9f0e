//! Data exports: what is in them, how they come about and go, and that what comes out can go in.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};

use archive::{Archive, Kind};
use domain::exports::{self, ExportId, ExportState, NotMade, Sink};
use domain::{Error, Org, imports};
use serde_json::Value;
use tenancy::Database;
use testkit::{Client, Organisation, TestDatabase, World};

/// An archive that is kept nowhere.
#[derive(Default)]
pub(crate) struct InMemory {
    pub(crate) bytes: Vec<u8>,
    told: Vec<(u64, u64)>,
}

impl Sink for InMemory {
    async fn write(&mut self, bytes: Vec<u8>) -> Result<(), NotMade> {
        self.bytes.extend(bytes);
        Ok(())
    }

    async fn told(&mut self, done: u64, expected: u64) -> Result<(), NotMade> {
        self.told.push((done, expected));
        Ok(())
    }
}

/// As an operator takes it out.
pub(crate) async fn archive_of(database: &Database, organisation: &Organisation) -> InMemory {
    let mut sink = InMemory::default();
    exports::by_operator(database, &organisation.id, "opal", &mut sink).await.unwrap();
    sink
}

pub(crate) fn opened(sink: &InMemory) -> Archive<Cursor<Vec<u8>>> {
    let mut archive = Archive::open(Cursor::new(sink.bytes.clone())).unwrap();
    archive.verify().unwrap();
    archive
}

/// All rows of an archive, by table.
pub(crate) fn rows(archive: &mut Archive<Cursor<Vec<u8>>>) -> BTreeMap<String, Vec<String>> {
    let tables: Vec<String> = archive.manifest().tables.iter().map(|table| table.name.clone()).collect();
    let mut all = BTreeMap::new();
    for table in tables {
        let mut rows = Vec::new();
        let mut objects = archive.objects(&table).unwrap();
        while let Some(row) = objects.row().unwrap() {
            rows.push(row);
        }
        drop(objects);
        all.insert(table, rows);
    }
    all
}

fn text_of(sink: &InMemory, path: &str) -> String {
    let mut zip = zip::ZipArchive::new(Cursor::new(sink.bytes.clone())).unwrap();
    let mut text = String::new();
    zip.by_name(path).unwrap().read_to_string(&mut text).unwrap();
    text
}

/// Acme with one of everything, and Bolt with the same under another name.
async fn lived_in() -> World {
    let world = World::create().await;
    for (admin, organisation, text) in [("ada", &world.acme, "ours"), ("olga", &world.bolt, "theirs")] {
        let procedure = world.procedure(admin, organisation, text).await;
        let run = world.run(admin, organisation, procedure, text).await;
        // Due, and done: reports have counted it.
        let door = world.org(admin, organisation);
        let step = door.read(domain::runs::show(run)).await.unwrap().1.steps[0].id;
        let mut tx = door.write().await.unwrap();
        domain::steps::due(&mut tx, run, step, None, Some(jiff::Timestamp::now())).await.unwrap();
        domain::steps::tick(&mut tx, run, step).await.unwrap();
        tx.commit().await.unwrap();
        world.invitation(admin, organisation).await;
        world.own_role(admin, organisation, &[domain::Permission::RunsWork]).await;
        world.logo(admin, organisation).await;
    }
    world
}

async fn ask(door: &Org) -> Result<ExportId, Error> {
    let mut tx = door.write().await?;
    let id = exports::ask(&mut tx).await?;
    tx.commit().await?;
    Ok(id)
}

async fn tenant_tables(admin: &Client) -> BTreeSet<String> {
    let statement = "
        select c.relname::text from pg_class as c join pg_attribute as a on a.attrelid = c.oid and a.attname = 'organisation_id'
         where c.relnamespace = 'tenantry'::regnamespace and c.relkind in ('r', 'p')
           and 'tenantry.' || c.relname not in (select name from tenancy.directory_tables)";
    admin.query(statement, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// Every file below a folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] })
        .collect()
}

/// A tenant table is in an export because it is one: the test's own is there without anybody having named it.
#[tokio::test]
async fn every_tenant_table_is_in_it_with_all_its_rows_and_nobody_elses() {
    let world = lived_in().await;
    let admin = world.database.client("postgres").await;
    admin
        .batch_execute(
            "set role tenantry_owner; set row_security = on; set search_path = tenantry;
             create table notes (organisation_id text not null, id int not null, text text not null, token text,
                                 doubled int generated always as (id * 2) stored, primary key (organisation_id, id));
             select tenancy.isolate('notes');
             comment on column notes.token is 'secret: opens something';
             reset role;
             insert into tenantry.notes values ('org_acme', 1, 'our note', 'opensesame'), ('org_bolt', 1, 'their note', 'opensesame')",
        )
        .await
        .unwrap();
    let worker = world.database.worker().await;
    let sink = archive_of(&worker, &world.acme).await;
    let mut archive = opened(&sink);
    let tenant: BTreeSet<String> = archive
        .manifest()
        .tables
        .iter()
        .filter(|table| table.kind == Kind::Tenant)
        .map(|table| table.name.clone())
        .collect();
    assert_eq!(tenant, tenant_tables(&admin).await);
    for table in &tenant {
        let count = format!("select count(*) from tenantry.{table} where organisation_id = 'org_acme'");
        let count: i64 = admin.query_one(&count, &[]).await.unwrap().get(0);
        assert_eq!(archive.manifest().table(table).unwrap().rows, count.unsigned_abs(), "{table}");
    }
    let rows = rows(&mut archive);
    assert_eq!(rows["notes"], [r#"{"organisation_id":"org_acme","id":1,"text":"our note"}"#]);
    assert_eq!(rows["organisations"].len(), 1);
    assert_eq!(rows["memberships"].len(), 4);
    // Nothing of Bolt's or of its people anywhere, packed or not, and no secret.
    let mut zip = zip::ZipArchive::new(Cursor::new(sink.bytes.clone())).unwrap();
    for index in 0..zip.len() {
        let mut content = Vec::new();
        let mut file = zip.by_index(index).unwrap();
        file.read_to_end(&mut content).unwrap();
        for absent in ["theirs", "their note", "org_bolt", "user_olga", "opensesame", "ended_sessions"] {
            let there = content.windows(absent.len()).any(|bytes| bytes == absent.as_bytes());
            assert!(!there, "{absent} in {:?}", file.name());
        }
    }
    let (told, expected) = sink.told.last().copied().unwrap();
    assert!(told == expected && expected == archive.manifest().rows(), "{told} of {expected}");
}

#[tokio::test]
async fn a_spreadsheet_runs_nothing_and_a_program_reads_what_was_written() {
    let world = World::create().await;
    let texts = ["=1+1", "+49 30", "-5", "@SUM(A1)", "tab\tin it", "a \"b\"\nc\\d", "null", "\\N", "=HYPERLINK(\"x\")"];
    let admin = world.database.client("postgres").await;
    for (index, text) in texts.iter().enumerate() {
        let insert = "insert into tenantry.procedures (organisation_id, id, name, details, created_by)
                      values ('org_acme', ('00000000-0000-7000-8000-00000000000' || $1)::uuid, 'a name', $2, 'user_ada')";
        admin.execute(insert, &[&index.to_string(), text]).await.unwrap();
    }
    admin
        .execute("insert into tenantry.billing_accounts (organisation_id, balance) values ('org_acme', -1234)", &[])
        .await
        .unwrap();
    let sink = archive_of(&world.database.worker().await, &world.acme).await;
    let rows = rows(&mut opened(&sink));
    let details: Vec<String> = rows["procedures"]
        .iter()
        .map(|row| serde_json::from_str::<Value>(row).unwrap()["details"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(details, texts);
    let sheet = text_of(&sink, "tables/procedures.csv");
    for text in texts {
        let runs = text.starts_with(['=', '+', '-', '@']);
        let cell = format!("{}{}", if runs { "'" } else { "" }, text.replace('"', "\"\""));
        let quoted = format!(",\"{cell}\",");
        assert!(sheet.contains(&quoted) || (!runs && sheet.contains(&format!(",{cell},"))), "{text:?} in {sheet}");
    }
    // A number is a number, and runs nothing.
    assert!(text_of(&sink, "tables/billing_accounts.csv").contains(",-1234,"));
    assert!(rows["billing_accounts"][0].contains("\"balance\":-1234"));
}

/// Whoever adds a column that is called like a secret has to say whether it is one.
#[tokio::test]
async fn columns_that_are_called_like_secrets_say_whether_they_are() {
    let database = TestDatabase::create().await;
    let admin = database.client("postgres").await;
    let silent = admin
        .query(
            "select c.relname || '.' || a.attname from pg_class as c
               join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
              where c.relnamespace = 'tenantry'::regnamespace
                and exists (select from pg_policy as p where p.polrelid = c.oid and p.polname = 'tenant')
                and a.attname ~ '(token|secret|password|hash|session|private|credential|signature|api_key)'
                and coalesce(col_description(c.oid, a.attnum), '') !~ '^(not )?secret: '",
            &[],
        )
        .await
        .unwrap();
    let silent: Vec<String> = silent.iter().map(|row| row.get(0)).collect();
    assert!(silent.is_empty(), "say `secret: …` or `not secret: …` in a comment on: {silent:?}");
}

#[tokio::test]
async fn one_is_made_at_a_time_and_taken_while_it_lasts() {
    let world = lived_in().await;
    let door = world.org("ada", &world.acme);
    let id = ask(&door).await.unwrap();
    assert!(matches!(ask(&door).await, Err(Error::Conflict { code: "export_under_way", .. })));
    assert!(matches!(ask(&world.org("max", &world.acme)).await, Err(Error::Forbidden(_))));
    let worker = world.database.worker().await;
    exports::make(&worker, &world.files, &world.acme.id, id, 1).await.unwrap();
    let (_, made) = door.read(exports::show(id)).await.unwrap();
    assert_eq!(made.state, ExportState::Ready);
    assert!(made.rows_done > 30 && made.rows_done == made.rows_expected, "{made:?}");
    let mut tx = door.write().await.unwrap();
    let taken = exports::take(&mut tx, id, None).await.unwrap();
    tx.commit().await.unwrap();
    let stored = exports::files_of(&world.files, &world.acme.id).await.unwrap();
    assert_eq!(stored.iter().map(|file| (&file.name, file.bytes)).collect::<Vec<_>>(), [(&taken.file, taken.bytes)]);
    let path = world.files.folder().join("org_acme").join(taken.file.as_str());
    assert_eq!(archive::digest(&mut std::fs::File::open(path).unwrap()).unwrap(), taken.sha256);
    // Made once: a job that comes twice finds nothing to do.
    exports::make(&worker, &world.files, &world.acme.id, id, 2).await.unwrap();
    assert_eq!(exports::files_of(&world.files, &world.acme.id).await.unwrap(), stored);
    // Another organisation's is none.
    let mut tx = world.org("olga", &world.bolt).write().await.unwrap();
    assert!(matches!(exports::take(&mut tx, id, None).await, Err(Error::NotFound)));
    drop(tx);

    let admin = world.database.client("postgres").await;
    admin.execute("update tenantry.exports set expires_at = now()", &[]).await.unwrap();
    let mut tx = door.write().await.unwrap();
    assert!(matches!(exports::take(&mut tx, id, None).await, Err(Error::NotFound)));
    drop(tx);
    assert_eq!(exports::sweep_of(&worker, &world.files, &world.acme.id).await.unwrap(), 1);
    assert_eq!(files_below(world.files.folder()), Vec::<PathBuf>::new());
    let (_, listed) = door.read(exports::list()).await.unwrap();
    assert_eq!(listed.iter().map(|export| export.state).collect::<Vec<_>>(), [ExportState::Expired]);
    // What was done is in the log.
    let actions = "select action from tenantry.audit_log where organisation_id = 'org_acme' and action like 'export.%' order by sequence";
    let actions: Vec<String> = admin.query(actions, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(actions, ["export.asked", "export.downloaded"]);
}

/// A worker that was killed leaves a file without a name: who goes on with the export removes it.
#[tokio::test]
async fn a_try_after_a_killed_one_leaves_one_file() {
    let world = lived_in().await;
    let id = ask(&world.org("ada", &world.acme)).await.unwrap();
    let admin = world.database.client("postgres").await;
    admin
        .execute("update tenantry.exports set state = 'running', started_at = now(), file = 'exports/killed.zip'", &[])
        .await
        .unwrap();
    let folder = world.files.folder().join("org_acme/exports");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("killed.zip#part"), "half of it").unwrap();
    let worker = world.database.worker().await;
    exports::make(&worker, &world.files, &world.acme.id, id, 2).await.unwrap();
    let (_, made) = world.org("ada", &world.acme).read(exports::show(id)).await.unwrap();
    assert_eq!(made.state, ExportState::Ready);
    assert_eq!(files_below(world.files.folder()).len(), 1, "{:?}", files_below(world.files.folder()));
}

#[tokio::test]
async fn what_cannot_be_written_says_so_and_leaves_nothing() {
    let world = lived_in().await;
    let door = world.org("ada", &world.acme);
    // A file where the folder should be.
    std::fs::write(world.files.folder().join("org_acme"), "in the way").unwrap();
    let id = ask(&door).await.unwrap();
    let worker = world.database.worker().await;
    exports::make(&worker, &world.files, &world.acme.id, id, 1).await.unwrap();
    let (_, failed) = door.read(exports::show(id)).await.unwrap();
    assert_eq!(failed.state, ExportState::Failed);
    assert!(failed.trouble.as_deref().unwrap().starts_with("The file could not be written."), "{failed:?}");
    assert_eq!(files_below(world.files.folder()).len(), 1);
    // Out of the way, another one works.
    std::fs::remove_file(world.files.folder().join("org_acme")).unwrap();
    let id = ask(&door).await.unwrap();
    // What ends its worker each time is given up.
    exports::make(&worker, &world.files, &world.acme.id, id, 6).await.unwrap();
    let (_, failed) = door.read(exports::show(id)).await.unwrap();
    assert_eq!(failed.state, ExportState::Failed);
    let id = ask(&door).await.unwrap();
    exports::make(&worker, &world.files, &world.acme.id, id, 1).await.unwrap();
    let (_, made) = door.read(exports::show(id)).await.unwrap();
    assert_eq!(made.state, ExportState::Ready);
    assert_eq!(files_below(world.files.folder()).len(), 1);
}

/// A worker that was overtaken, because it slept or its lease was lost, neither ends the export nor leaves a file.
#[tokio::test]
async fn who_is_overtaken_ends_nothing() {
    let world = lived_in().await;
    let id = ask(&world.org("ada", &world.acme)).await.unwrap();
    let (first, second) = (world.database.worker().await, world.database.worker().await);
    let make = |worker: Database, attempt| {
        let (files, organisation) = (world.files.clone(), world.acme.id.clone());
        async move { exports::make(&worker, &files, &organisation, id, attempt).await }
    };
    let (one, other) = tokio::join!(make(first, 1), make(second, 2));
    one.unwrap();
    other.unwrap();
    let (_, made) = world.org("ada", &world.acme).read(exports::show(id)).await.unwrap();
    assert_eq!(made.state, ExportState::Ready);
    let stored = exports::files_of(&world.files, &world.acme.id).await.unwrap();
    assert_eq!(stored.len(), 1, "{stored:?}");
    assert_eq!(files_below(world.files.folder()).len(), 1);
}

/// Files of one organisation go, and those of another stay.
#[tokio::test]
async fn all_files_of_an_organisation_can_be_removed() {
    let world = lived_in().await;
    world.made_export("ada", &world.acme).await;
    world.made_export("olga", &world.bolt).await;
    std::fs::write(world.files.folder().join("org_acme/exports/left.zip#part"), "half").unwrap();
    assert_eq!(exports::remove_files_of(&world.files, &world.acme.id).await.unwrap(), 1);
    assert!(!world.files.folder().join("org_acme").exists());
    assert_eq!(exports::files_of(&world.files, &world.bolt.id).await.unwrap().len(), 1);
    assert_eq!(exports::remove_files_of(&world.files, &world.acme.id).await.unwrap(), 0);
}

/// What comes out of one database goes into another, and comes out of that one as it was.
#[tokio::test]
async fn an_organisation_moves_to_another_database_as_it_is() {
    let world = lived_in().await;
    let procedure = world.procedure("ada", &world.acme, "every day").await;
    world.schedule("ada", &world.acme, procedure, "{date}").await;
    // With somebody in it who was forgotten: what is left of their entries is vouched for by another one.
    let admin = world.database.client("postgres").await;
    let gone = "update tenantry.users set deleted_at = now() where id = 'user_rita';
                update tenantry.memberships set removed_at = now() where user_id = 'user_rita'";
    let promoted = "update tenantry.memberships set role = 'admin' where user_id = 'user_rita'";
    admin.batch_execute(promoted).await.unwrap();
    world.own_role("rita", &world.acme, &[domain::Permission::RunsWork]).await;
    admin.batch_execute(gone).await.unwrap();
    world.made_export("ada", &world.acme).await;
    world.made_export("olga", &world.bolt).await;
    domain::forgetting::forget(&world.database.worker().await, &testkit::user("rita")).await.unwrap();
    // Their files are over, and nobody else's.
    let sql = "select string_agg(organisation_id || ' ' || state, ', ' order by organisation_id) from tenantry.exports";
    let states: String = admin.query_one(sql, &[]).await.unwrap().get(0);
    assert_eq!(states, "org_acme expired, org_bolt ready");
    let first = archive_of(&world.database.worker().await, &world.acme).await;
    let elsewhere = TestDatabase::create().await;
    let there = elsewhere.worker().await;
    let digest = "a".repeat(64);
    let imported = imports::import(&there, &mut opened(&first), &digest, "opal").await.unwrap();
    assert_eq!(imported.organisation, world.acme.id);
    let second = archive_of(&there, &world.acme).await;
    let (mut before, mut after) = (rows(&mut opened(&first)), rows(&mut opened(&second)));
    // The log goes on with what the operator did; each entry of before is there as it was.
    let (log, longer) = (before.remove("audit_log").unwrap(), after.remove("audit_log").unwrap());
    assert_eq!(longer[..log.len()], log);
    let added: Vec<Value> = longer[log.len()..].iter().map(|row| serde_json::from_str(row).unwrap()).collect();
    let added: Vec<(&str, &str, &str)> = added
        .iter()
        .map(|row| {
            let text = |name: &str| row[name].as_str().unwrap();
            (text("action"), text("actor_kind"), text("actor_name"))
        })
        .collect();
    assert_eq!(added, [("organisation.imported", "operator", "opal"), ("export.downloaded", "operator", "opal")]);
    for changed in ["audit_heads", "exports"] {
        before.remove(changed);
        after.remove(changed);
    }
    assert_eq!(before, after);
    assert_eq!(domain::audit_log::verify(&there, &world.acme.id).await.unwrap(), None);
    // Everybody is in, with their rights.
    let app = elsewhere.app().await;
    let (access, _) =
        Org::new(&app, world.acme.id.clone(), testkit::user("ada"), "acme").read(exports::list()).await.unwrap();
    assert!(access.may(domain::Permission::DataExport));
    // Its schedules are found there.
    let found = "select due_at is not null from tenantry.next_starts where organisation_id = 'org_acme'";
    let found = elsewhere.client("postgres").await.query_one(found, &[]).await.unwrap();
    assert!(found.get::<_, bool>(0));
    // Never over one that is here.
    let again = imports::import(&there, &mut opened(&first), &digest, "opal").await.unwrap_err();
    assert!(again.to_string().contains("is here already"), "{again}");
    // Once it is in, its log is as closed as any: nothing is written into the past.
    let forged = "insert into tenantry.audit_log (organisation_id, sequence, happened_at, actor_kind, actor_id, actor_name, action, outcome, hash)
                  values ('org_acme', 1, now() - interval '1 year', 'member', 'user_ada', 'ada', 'role.created', 'done', 'x') returning sequence, happened_at > now() - interval '1 minute'";
    let client = elsewhere.client("tenantry_worker").await;
    let settings = elsewhere.settings("org_acme", "user_ada").await;
    client.batch_execute(&format!("begin; {settings}")).await.unwrap();
    let row = client.query_one(forged, &[]).await.unwrap();
    assert!(row.get::<_, i64>(0) > i64::try_from(log.len()).unwrap() && row.get::<_, bool>(1));
}
