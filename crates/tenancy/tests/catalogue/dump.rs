//! A61 and A62: dumps and replication, which read whole tables.

use std::process::Command;

use crate::shapes::{Tenantry, Undefended};

/// What pg_dump writes, or says.
fn pg_dump(url: &str, arguments: &[&str], context: &str) -> Result<String, String> {
    let program = pg_local::Installation::newest().unwrap().bin.join("pg_dump");
    let mut command = Command::new(program);
    command.arg("--data-only").args(arguments).arg(url).env_remove("PGOPTIONS");
    if !context.is_empty() {
        command.env("PGOPTIONS", format!("-c app.current_org_id={context}"));
    }
    let done = command.output().unwrap();
    if done.status.success() {
        Ok(String::from_utf8(done.stdout).unwrap())
    } else {
        Err(String::from_utf8(done.stderr).unwrap())
    }
}

/// Which of these stand in a dump.
fn found<'a>(dump: &str, secrets: &[&'a str]) -> Vec<&'a str> {
    secrets.iter().copied().filter(|secret| dump.contains(secret)).collect()
}

#[tokio::test]
async fn a61_a_dump_is_whole_or_refused_by_who_makes_it() {
    const SECRETS: &[&str] = &["secret-a1", "secret-a2", "secret-b3", "secret-b4"];
    let affected = "query would be affected by row-level security";
    let u = Undefended::create().await;
    u.boss.run("create role @backup login bypassrls; grant select on notes, forced to @backup").await;
    let dump = |role, arguments: &[&str], context| pg_dump(&u.url(role), arguments, context);
    assert!(dump("@app", &["-t", "notes"], "").unwrap_err().contains(affected));
    let own = dump("@app", &["-t", "notes", "--enable-row-security"], "A").unwrap();
    assert_eq!(found(&own, SECRETS), ["secret-a1", "secret-a2"]);
    assert!(dump("@owner", &["-t", "forced"], "").unwrap_err().contains(affected));
    assert_eq!(found(&dump("@owner", &["-t", "notes"], "").unwrap(), SECRETS), SECRETS);
    assert_eq!(found(&dump("@backup", &["-t", "forced"], "").unwrap(), SECRETS), SECRETS);

    const OURS: &[&str] = &["secret-a1", "secret-a2", "secret-b1", "secret-b2"];
    let t = Tenantry::create().await;
    let dump = |role, arguments: &[&str], context| pg_dump(&t.database.url(role), arguments, context);
    for arguments in [&["-n", "tenantry"][..], &["-n", "tenantry", "--enable-row-security"]] {
        for role in ["tenantry_app", "tenantry_owner"] {
            let refused = dump(role, arguments, "org_acme").unwrap_err();
            assert!(refused.contains("permission denied for function set_config"), "{role}: {refused}");
        }
    }
    assert_eq!(found(&dump("tenantry_backup", &["-n", "tenantry"], "").unwrap(), OURS), OURS);
}

#[tokio::test]
async fn a62_replication_reads_every_tenant_without_a_grant() {
    let u = Undefended::create().await;
    u.boss.run("create role @replica login replication").await;
    let replica = u.open("@replica").await;
    assert_eq!(replica.refused_within("B", "select * from forced").await, "42501");
    let slot = u.role("slot");
    replica.run(&format!("select pg_create_logical_replication_slot('{slot}', 'test_decoding')")).await;
    u.app.within("B", "set local synchronous_commit = on; insert into forced values (9, 'B', 'secret-b9')").await;
    let changes = replica.run(&format!("select data from pg_logical_slot_peek_changes('{slot}', null, null)")).await;
    replica.run(&format!("select pg_drop_replication_slot('{slot}')")).await;
    assert!(changes.iter().any(|change| change.contains("secret-b9")), "{changes:?}");

    let t = Tenantry::create().await;
    t.rule("select rolname from pg_roles where rolname in ('tenantry_app', 'tenantry_worker', 'tenantry_owner', 'tenantry_backup') and rolreplication", "alter role tenantry_app replication").await;
    t.rule("select pubname from pg_publication", "create publication planted for all tables").await;
    for role in ["tenantry_app", "tenantry_worker", "tenantry_owner", "tenantry_backup"] {
        let session = t.open(role).await;
        let create = "select pg_create_logical_replication_slot('stolen', 'test_decoding')";
        assert_eq!(session.refused(create).await, "42501", "{role}");
    }
}
