//! A schema that others wrote and run: Logto's, from its npm package. Each of its tenants logs in as a role of its own,
//! and a RESTRICTIVE policy compares that role. What the audit says of it was checked by hand, and is true.

use std::path::{Path, PathBuf};

use audit::{Finding, Subject};

use crate::scratch::{Scratch, ids};

/// What its policies say, as Postgres prints it.
const POLICY: &str = "(({key})::text = (( SELECT tenants.id\n   FROM public.tenants\n  WHERE ((tenants.db_user)::text = CURRENT_USER)))::text)";

fn tables() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../node_modules/@logto/schemas/tables");
    assert!(folder.is_dir(), "node_modules is not there: run `npm ci` in the repository's root");
    folder
}

async fn installed() -> Scratch {
    let scratch = Scratch::empty().await;
    let read = |name: &str| std::fs::read_to_string(tables().join(name)).unwrap();
    // This table is described in its program and not in SQL.
    scratch
        .run(
            "create role APP login noinherit;
             create table tenants (id varchar(21) primary key, db_user varchar(128) unique, db_user_password varchar(128),
               name varchar(128) not null default 'My Project', tag varchar(64) not null default 'development',
               created_at timestamptz not null default now(), is_suspended boolean not null default false)",
        )
        .await;
    let mut files: Vec<String> = std::fs::read_dir(tables())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".sql") && (!name.starts_with('_') || name == "_functions.sql"))
        .collect();
    assert!(files.len() > 60);
    files.sort();
    let after_each = read("_after_each.sql");
    // Files refer to each other: what lacks something is tried again after the others.
    while !files.is_empty() {
        let (before, mut later) = (files.len(), Vec::new());
        for name in files {
            let (table, sql) = (name.trim_end_matches(".sql"), read(&name));
            let and_then =
                if sql.contains("no_after_each") { String::new() } else { after_each.replace("${name}", table) };
            if scratch.admin.batch_execute(&format!("begin; {sql};\n{and_then}; commit")).await.is_err() {
                scratch.admin.batch_execute("rollback").await.unwrap();
                later.push(name);
            }
        }
        assert!(later.len() < before, "these cannot be installed: {later:?}");
        files = later;
    }
    scratch.run(&read("_after_all.sql").replace("logto_tenant_${database}", "APP")).await;
    scratch
}

fn of<'a>(findings: &'a [Finding], lint: &str) -> Vec<&'a str> {
    findings.iter().filter(|finding| finding.lint == lint).map(|finding| finding.object.as_str()).collect()
}

#[tokio::test]
async fn what_is_said_of_a_schema_that_others_wrote_is_true() {
    let scratch = installed().await;
    let subject =
        Subject { keys: vec!["tenant_id".to_owned()], policies: vec![POLICY.to_owned()], ..scratch.subject() };
    let report = audit::examine(&scratch.admin, subject).await.unwrap().on_an_old_server();
    let found = &report.findings;
    assert!(report.tables > 50, "{}", report.tables);
    // Every table is enabled and none is forced: whoever logs in as the owner, or inherits it, sees all tenants.
    assert!(of(found, "L04").contains(&"public.users") && of(found, "L04").len() > 50);
    // `id` alone is the key: one tenant learns by the refusal which ids another one has...
    assert!(of(found, "L10").contains(&"public.hooks"));
    // ... and `users (id)` is what others refer to, without the tenant.
    assert!(of(found, "L12").contains(&"public.users_roles"));
    // The one policy that is for everybody.
    assert_eq!(of(found, "L38"), ["public.tenants tenants_tenant_id"]);
    // Postgres' own defaults, which it leaves as they are.
    assert!(ids(found).contains(&"L20") && ids(found).contains(&"L22"));
    // What it does right is not complained about: policies say one thing, keys are required, no rights past policies.
    for right in ["L01", "L02", "L06", "L08", "L09", "L13", "L15", "L16", "L19", "L21", "L24", "L25"] {
        assert_eq!(of(found, right), Vec::<&str>::new(), "{right}");
    }
    assert_eq!(of(found, "L07"), Vec::<&str>::new(), "{}", audit::text(&report));
}
