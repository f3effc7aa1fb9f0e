//! `tenantry org`, as an operator runs it.

use testkit::{TestDatabase, World};

use crate::program::{Run, run};

fn org(database: &TestDatabase, arguments: &[&str]) -> Run {
    let url = database.url("tenantry_worker");
    let environment = [("WORKER_DATABASE_URL", url.as_str()), ("OPERATOR_NAME", "opal"), ("RUST_LOG", "error")];
    run(&[&["org"], arguments].concat(), &environment)
}

#[tokio::test]
async fn an_organisation_is_listed_taken_out_and_brought_in_elsewhere() {
    let world = World::create().await;
    world.procedure("ada", &world.acme, "ours").await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("acme.zip");
    let archive = path.to_str().unwrap();

    let listed = org(&world.database, &["list"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    let lines: Vec<Vec<&str>> = listed.out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0][..4], ["org_acme", "acme", "business", "active"]);
    assert_eq!(lines[1][..4], ["org_bolt", "bolt", "business", "active"]);
    let shown = org(&world.database, &["show", "acme"]);
    assert!(shown.out.contains("1 rows in procedures\n") && shown.out.contains("members  4\n"), "{shown:?}");

    let exported = org(&world.database, &["export", "acme", "--to", archive]);
    assert_eq!(exported.code, Some(0), "{exported:?}");
    assert!(exported.out.contains(" rows, ") && exported.out.contains(", sha256 "), "{exported:?}");
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["acme.zip"]);
    let again = org(&world.database, &["export", "org_acme", "--to", archive]);
    assert_eq!((again.code, again.err.contains("is there already")), (Some(1), true), "{again:?}");
    let nobody = org(&world.database, &["export", "nobody"]);
    assert_eq!((nobody.code, nobody.err.contains("there is no organisation")), (Some(1), true), "{nobody:?}");

    let elsewhere = TestDatabase::create().await;
    let damaged = folder.path().join("damaged.zip");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&damaged, &bytes[..bytes.len() - 10]).unwrap();
    let refused = org(&elsewhere, &["import", damaged.to_str().unwrap()]);
    assert_eq!((refused.code, refused.err.lines().count()), (Some(1), 1), "{refused:?}");
    assert!(refused.err.contains("was not imported: this is no whole ZIP file"), "{refused:?}");
    let link = folder.path().join("link.zip");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let refused = org(&elsewhere, &["import", link.to_str().unwrap()]);
    assert!(refused.err.contains("is no plain file"), "{refused:?}");
    assert_eq!(org(&elsewhere, &["list"]).out, "");

    let imported = org(&elsewhere, &["import", archive]);
    assert_eq!(imported.code, Some(0), "{imported:?}");
    assert!(imported.out.starts_with("org_acme at acme: "), "{imported:?}");
    let twice = org(&elsewhere, &["import", archive]);
    assert_eq!((twice.code, twice.err.lines().count()), (Some(1), 1), "{twice:?}");
    assert!(twice.err.contains("the organisation org_acme is here already"), "{twice:?}");
    let admin = elsewhere.client("postgres").await;
    let log = "select actor_kind || ' ' || actor_name || ' ' || action from tenantry.audit_log order by sequence desc limit 1";
    assert_eq!(admin.query_one(log, &[]).await.unwrap().get::<_, String>(0), "operator opal organisation.imported");
}

#[test]
fn without_a_database_it_says_what_is_missing() {
    let refused = run(&["org", "list"], &[]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.err.contains("WORKER_DATABASE_URL is missing"), "{refused:?}");
}
