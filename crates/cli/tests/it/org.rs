//! `tenantry org`, as an operator runs it.

use domain::lifecycle::closing;
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

/// What the worker does where nothing is paid.
async fn comes_to_its_end(world: &World) {
    let (worker, acme) = (world.database.worker().await, &world.acme.id);
    closing::ending(&worker, acme).await.unwrap();
    closing::ended(&worker, acme, None).await.unwrap();
    closing::delete(&worker, acme, 30).await.unwrap();
}

#[tokio::test]
async fn an_organisation_is_closed_and_restored_under_the_operators_name() {
    let world = World::create().await;
    let admin = world.database.client("postgres").await;
    let state = || {
        let listed = org(&world.database, &["list"]);
        listed.out.lines().next().unwrap().split_whitespace().nth(3).unwrap().to_owned()
    };
    let name = "The acme company";
    let unnamed = org(&world.database, &["close", "acme"]);
    assert_eq!((unnamed.code, unnamed.err.contains("--name")), (Some(2), true), "{unnamed:?}");
    let another = org(&world.database, &["close", "acme", "--name", "The bolt company"]);
    assert_eq!((another.code, another.err.lines().count()), (Some(1), 1), "{another:?}");
    assert!(another.err.contains("org_acme was not closed: it is called \"The acme company\""), "{another:?}");
    assert_eq!(state(), "active");
    // Asked twice it is one end.
    for _ in 0..2 {
        let closed = org(&world.database, &["close", "acme", "--name", name]);
        assert_eq!((closed.code, closed.out.contains("org_acme is closing")), (Some(0), true), "{closed:?}");
    }
    assert_eq!(state(), "closing");
    let jobs = "select count(*) from tenantry.jobs where kind = 'close_organisation' and organisation_id = 'org_acme'";
    assert_eq!(admin.query_one(jobs, &[]).await.unwrap().get::<_, i64>(0), 1);
    comes_to_its_end(&world).await;
    assert_eq!(state(), "deleted");
    let again = org(&world.database, &["close", "acme", "--name", name]);
    assert_eq!((again.code, again.err.contains("org_acme is deleted already")), (Some(1), true), "{again:?}");
    let shown = org(&world.database, &["show", "acme"]);
    assert!(shown.out.contains("\nerased   "), "{shown:?}");
    // What is left can still be taken out.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("acme.zip");
    let exported = org(&world.database, &["export", "acme", "--to", path.to_str().unwrap()]);
    assert_eq!((exported.code, path.exists()), (Some(0), true), "{exported:?}");
    for _ in 0..2 {
        let back = org(&world.database, &["restore", "acme"]);
        assert_eq!(
            (back.code, back.out.as_str()),
            (Some(0), "org_acme is at acme, without a plan that is paid for\n"),
            "{back:?}"
        );
    }
    assert_eq!(state(), "active");
    let log = "select string_agg(action || ' ' || actor_kind || ' ' || actor_name, ', ' order by sequence) from tenantry.audit_log
                where organisation_id = 'org_acme' and action like 'organisation.%'";
    let log: String = admin.query_one(log, &[]).await.unwrap().get(0);
    assert_eq!(
        log,
        "organisation.closing operator opal, organisation.deleted operator opal, organisation.restored operator opal"
    );
    // Everybody is told, and the mails name nobody.
    let told = "select string_agg(distinct notice ->> 'kind' || ' ' || coalesce(notice ->> 'by', 'nobody'), ', ' order by notice ->> 'kind' || ' ' || coalesce(notice ->> 'by', 'nobody')) from tenantry.mails";
    let told: String = admin.query_one(told, &[]).await.unwrap().get(0);
    assert_eq!(
        told,
        "organisation_deleted nobody, organisation_deleted_for_members nobody, organisation_restored nobody"
    );
    // Nothing brings back what its time is over for.
    let late =
        "update tenantry.organisations set deleted_at = now() - interval '31 days', erase_at = now() - interval '1 day'
                 where id = 'org_acme'";
    admin.execute(late, &[]).await.unwrap();
    let refused = org(&world.database, &["restore", "org_acme"]);
    assert_eq!((refused.code, refused.err.lines().count()), (Some(1), 1), "{refused:?}");
    assert!(
        refused.err.contains("org_acme was not restored: The time in which it could be restored is over"),
        "{refused:?}"
    );
    let nobody = org(&world.database, &["restore", "nobody"]);
    assert_eq!((nobody.code, nobody.err.contains("there is no organisation")), (Some(1), true), "{nobody:?}");
}

#[test]
fn without_a_database_it_says_what_is_missing() {
    let refused = run(&["org", "list"], &[]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.err.contains("WORKER_DATABASE_URL is missing"), "{refused:?}");
}
